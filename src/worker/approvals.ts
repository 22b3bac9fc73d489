import { ConflictError, type Decision, type Parameter, type Plan, TransferredError } from '../../runtime/index.js';
import type { ExecutionState, Json } from '../../runtime/ports.js';
import { type Role, roles } from './directory/keys.js';

/** An approval that waits, as the API shows it. */
export interface PendingApproval {
  /** `<execution>~<activation>` */
  readonly id: string;
  readonly executionId: string;
  readonly activation: number;
  readonly workflow: string;
  readonly step: string;
  readonly title: string;
  readonly description?: string;
  readonly approvers?: readonly string[];
  /** What whoever approves has to fill in, as the definition declares it. */
  readonly fields: readonly Parameter[];
  readonly requestedAt: number;
  /** When it times out; null when it does not. */
  readonly dueAt: number | null;
}

/** Who decides: the holder of a key, or of a link. */
export interface Decider {
  readonly name: string;
  /** Absent for a link, which was made by someone who may. */
  readonly role?: Role;
}

/** What the Worker asks an execution to decide: the body of `POST /internal/decide`. */
export interface DecideCommand {
  readonly activation: number;
  /** Of the decision: the same one counts once. */
  readonly id: string;
  readonly decision: Decision['decision'];
  readonly fields?: { readonly [name: string]: Json };
  readonly comment?: string;
  readonly decider: Decider;
}

/** The approvals of an execution that wait for a decision. */
export function pendingApprovals(plan: Plan, state: ExecutionState): PendingApproval[] {
  const found: PendingApproval[] = [];
  for (const { id, slug, approval, startedAt, dueAt } of state.activations) {
    const step = plan.steps.get(slug);
    if (approval === null || step?.type !== 'approval') continue;
    found.push({
      id: `${state.executionId}~${id}`,
      executionId: state.executionId,
      activation: id,
      workflow: plan.slug,
      step: slug,
      ...approval,
      fields: step.fields,
      requestedAt: startedAt,
      dueAt,
    });
  }
  return found;
}

/** @throws ConflictError `NOT_WAITING`, or TransferredError where it is waited for elsewhere by now */
export function requirePending(plan: Plan, state: ExecutionState, activation: number): PendingApproval {
  if (state.status === 'transferred') {
    throw new TransferredError('The execution was carried to another host; decide there.');
  }
  const found = pendingApprovals(plan, state).find((approval) => approval.activation === activation);
  if (found) return found;
  const message = 'This approval is not waiting: it was decided, or its time ran out, or it never was.';
  throw new ConflictError(message, { code: 'NOT_WAITING' });
}

/**
 * Where a step names approvers, a decision is for keys of that name, for keys whose role reaches one named as
 * `role:<role>`, and for admins, who could make themselves such a key. Where it names none, for every operator.
 */
export function mayDecide(approvers: readonly string[] | undefined, decider: Decider): boolean {
  const { name, role } = decider;
  if (approvers === undefined || role === undefined || role === 'admin') return true;
  return approvers.some((approver) => {
    const wanted = roles.find((known) => approver === `role:${known}`);
    return approver === name || (wanted !== undefined && roles.indexOf(role) >= roles.indexOf(wanted));
  });
}
