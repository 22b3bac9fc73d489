import {
  ConflictError,
  checkFields,
  type Decision,
  type Parameter,
  type Plan,
  ValidationError,
} from '../runtime/index.js';
import type { ErrorRecord } from '../runtime/ports.js';
import { errorRecord } from './definition-loader.js';
import { type FormHost, FormState } from './form-state.js';
import { RemoteError } from './remote-error.js';
import type { RunModel } from './run-model.js';
import type { RunHandle } from './run-source.js';
import type { Question, Visit } from './visit.js';

/** An approval that waits for a decision. */
export interface ApprovalView extends Question {
  readonly activation: number;
  readonly step: string;
  /** What whoever decides is asked to fill in. */
  readonly fields: readonly Parameter[];
  /** When the wait for it ends, in milliseconds since the epoch; null when it does not. */
  readonly dueAt: number | null;
}

/** An approval, and what was filled in for it so far. */
export interface PendingApproval {
  readonly view: ApprovalView;
  readonly form: FormState;
  comment: string;
  /** The decision that is on its way. */
  sending: Decision['decision'] | null;
  /** Why the decision was not taken, where no field is to blame. */
  error: ErrorRecord | null;
  /** False where the page asks in its own way. */
  shown: boolean;
}

/** The approvals of the run shown that wait. Each keeps its form for as long as it does. */
export class Approvals {
  readonly #host: FormHost;
  #pending: readonly PendingApproval[] = [];

  constructor(host: FormHost) {
    this.#host = host;
  }

  get pending(): readonly PendingApproval[] {
    return this.#pending;
  }

  /** Takes over what waits now. @returns those that are new */
  follow(model: RunModel, plan: Plan): readonly PendingApproval[] {
    const fresh: PendingApproval[] = [];
    const before = this.#pending;
    this.#pending = model.questions.flatMap((visit) => {
      const known = before.find(({ view }) => view.activation === visit.activation);
      if (known !== undefined) return [known];
      const made = this.#ask(visit, plan);
      if (made !== undefined) fresh.push(made);
      return made ?? [];
    });
    for (const one of before) if (!this.#pending.includes(one)) one.form.close();
    return fresh;
  }

  clear(): void {
    for (const { form } of this.#pending) form.close();
    this.#pending = [];
  }

  /**
   * The activation that a page means by it: a number as it is, a slug by what waits at that step.
   * @throws ConflictError `NOT_WAITING`, or `AMBIGUOUS_STEP` where several visits of the step wait
   */
  activationOf(named: number | string): number {
    if (typeof named === 'number') return named;
    const [one, other] = this.#pending.filter(({ view }) => view.step === named);
    if (one === undefined) {
      throw new ConflictError(`No approval waits at the step “${named}”.`, { code: 'NOT_WAITING', step: named });
    }
    if (other !== undefined) {
      const message = `Several approvals wait at the step “${named}”. Name one by its activation.`;
      throw new ConflictError(message, { code: 'AMBIGUOUS_STEP', step: named });
    }
    return one.view.activation;
  }

  /** What a person decided. Whoever rejects need not fill in what whoever approves must. */
  async decide(
    approval: PendingApproval,
    { decision, by }: Pick<Decision, 'decision' | 'by'>,
    handle: RunHandle,
  ): Promise<void> {
    if (approval.sending !== null) return;
    approval.error = null;
    if (decision === 'approved' && !approval.form.submit()) return;
    approval.sending = decision;
    this.#host.changed();
    try {
      const comment = approval.comment.trim();
      const fields = approval.form.input;
      await handle.decide(approval.view.activation, {
        ...{ decision, fields },
        ...(comment === '' ? {} : { comment }),
        ...(by === undefined ? {} : { by }),
      });
    } catch (error) {
      if (error instanceof ValidationError || error instanceof RemoteError) approval.form.mark(error.issues);
      if (!approval.form.summary) approval.error = errorRecord(error);
    } finally {
      approval.sending = null;
      this.#host.changed();
    }
  }

  #ask({ question, activation, slug: step, dueAt }: Visit, plan: Plan): PendingApproval | undefined {
    const declared = plan.steps.get(step);
    if (question === null || declared?.type !== 'approval') return undefined;
    const { fields } = declared;
    const form = new FormState({ parameters: fields, check: (given) => checkFields(fields, given) }, this.#host);
    const view = { ...question, activation, step, fields, dueAt };
    return { view, form, comment: '', sending: null, error: null, shown: true };
  }
}
