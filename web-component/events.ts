import type { Issue } from '../runtime/index.js';
import { ActionError, ConflictError } from '../runtime/index.js';
import type { TransferReceipt } from '../runtime/operations.js';
import type { ActionContext, Awaitable, ErrorRecord, Json, JsonObject, LogLevel } from '../runtime/ports.js';
import type { ApprovalView } from './approvals.js';
import type { RunDriver } from './run-source.js';

/** What each event of the element carries in `detail`. All bubble and cross shadow roots; names are lowercase. */
export interface RunnerEventDetails {
  /** A definition is loaded and can run. `warnings` do not hinder it. */
  workflowload: { readonly name: string; readonly slug: string; readonly warnings: readonly Issue[] };
  /** The definition cannot be loaded or is wrong. */
  workflowinvalid: { readonly issues: readonly Issue[]; readonly error?: ErrorRecord };
  /** Cancelable: `preventDefault()` keeps the run from starting. */
  beforerun: { readonly input: unknown };
  /** `resumed`: the run began before, in an earlier page or another tab. */
  runstart: { readonly id: string; readonly input: Json; readonly resumed: boolean };
  /** Nothing happens before `until` (milliseconds since the epoch), or before a signal where it is null. */
  runwait: { readonly id: string; readonly until: number | null; readonly steps: readonly string[] };
  runfinish: { readonly id: string; readonly output: Json };
  runfail: { readonly id: string; readonly error: ErrorRecord };
  runpause: { readonly id: string; readonly reason?: string };
  runresume: { readonly id: string };
  /** The run was given away: it never goes on here. */
  runtransfer: { readonly id: string };
  /** The receipt for a run that was given away here was taken: it has arrived, and its bundle is not kept any longer. */
  transferconfirm: { readonly id: string; readonly receipt: TransferReceipt };
  runcancel: { readonly id: string; readonly reason: string };
  /**
   * An approval waits for a decision, also one that a resumed run was found waiting at. Cancelable: `preventDefault()`
   * keeps the element from asking, for a page that does so itself and calls `decide()`.
   */
  approvalrequest: ApprovalView & { readonly id: string };
  /** Another run is about to be shown in place of `from`. Cancelable. */
  runopen: { readonly id: string; readonly from: string };
  stepstart: StepDetail & { readonly attempt: number };
  stepfinish: StepDetail & { readonly port: string; readonly output: Json };
  /** `retryAt`, where another attempt follows: milliseconds since the epoch. */
  stepfail: StepDetail & { readonly attempt: number; readonly error: ErrorRecord; readonly retryAt?: number };
  runlog: StepDetail & { readonly level: LogLevel; readonly message: string; readonly data?: Json };
  storechange: { readonly place: string; readonly storage: string; readonly reason?: string };
  leaderchange: { readonly id: string; readonly driver: RunDriver };
}

interface StepDetail {
  readonly id: string;
  readonly step: string;
  /** Counts visits to steps, from 1. */
  readonly activation: number;
  /** The activation that this one undoes; absent but for a compensation. */
  readonly compensates?: number;
}

export type RunnerEventName = keyof RunnerEventDetails;
export type RunnerEvent<N extends RunnerEventName> = CustomEvent<RunnerEventDetails[N]>;

/** @returns false when a listener called `preventDefault()`. */
export function emit<N extends RunnerEventName>(target: EventTarget, name: N, detail: RunnerEventDetails[N]): boolean {
  const cancelable = name === 'beforerun' || name === 'approvalrequest' || name === 'runopen';
  return target.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable }));
}

/**
 * A step asks for an action that nobody registered. A listener answers with {@link respondWith}, while the event is
 * being dispatched; the step then succeeds with what the promise gives, or fails with what it throws.
 */
export class ActionRequestEvent extends Event {
  /** The type of the action, such as `customer_get`. */
  readonly action: string;
  readonly parameters: JsonObject;
  readonly context: ActionContext;
  #answer: Promise<unknown> | undefined;

  constructor(action: string, parameters: JsonObject, context: ActionContext) {
    super('actionrequest', { bubbles: true, composed: true });
    this.action = action;
    this.parameters = parameters;
    this.context = context;
  }

  /** @throws ConflictError `ACTION_ANSWERED` when another listener has answered already. */
  respondWith(answer: Awaitable<unknown>): void {
    if (this.#answer !== undefined) {
      throw new ConflictError(`Another listener answers the action "${this.action}" already.`, {
        code: 'ACTION_ANSWERED',
        step: this.context.step,
      });
    }
    this.#answer = Promise.resolve(answer);
    // The driver awaits it at once; this keeps a rejection before that from counting as unhandled.
    this.#answer.catch(() => undefined);
  }

  /** @internal */
  get answer(): Promise<unknown> | undefined {
    return this.#answer;
  }
}

/**
 * Asks the page to perform an action.
 * @throws ActionError `ACTION_NOT_FOUND`, not retryable, when nobody answers.
 */
export function requestAction(
  target: EventTarget,
  action: string,
  parameters: JsonObject,
  context: ActionContext,
): Promise<unknown> {
  const event = new ActionRequestEvent(action, parameters, context);
  target.dispatchEvent(event);
  if (event.answer !== undefined) return event.answer;
  throw new ActionError(`Nothing performs the action "${action}".`, {
    code: 'ACTION_NOT_FOUND',
    step: context.step,
    retryable: false,
  });
}
