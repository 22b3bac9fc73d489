import type { ApprovalStep } from '../../definition/plan.js';
import { ActionError } from '../../errors.js';
import { readOwn, toText } from '../../expression/values.js';
import type { Json } from '../../json.js';
import { asJson } from '../../to-json.js';
import { evaluated, succeed } from '../flow.js';
import type { ApprovalRequest, Signal } from '../state.js';
import type { Work } from '../work.js';
import { activationOf, type Enter, recordStart, type Visit } from './visit.js';

/** Names of the signals by which decisions come in; nobody else may send one of that name. */
export const APPROVAL_SIGNAL = 'approval:';

export const enterApproval: Enter<ApprovalStep> = (work, visit, step) => {
  recordStart(work, visit);
  const request = evaluated(work, visit, step, () => requestOf(work, visit, step));
  if (request === undefined) return;
  const dueAt = step.timeout === undefined ? null : work.at + step.timeout;
  work.put({ ...activationOf(work, visit, 'waiting'), approval: request.value, dueAt });
  work.recordAt(visit, { type: 'approval_requested', ...request.value });
  if (dueAt !== null) work.recordAt(visit, { type: 'timer_set', timer: 'approval_timeout', dueAt });
};

function requestOf(work: Work, visit: Visit, step: ApprovalStep): ApprovalRequest {
  const asked = asJson(work.render(step.request, visit));
  const description = readOwn(asked, 'description');
  const approvers = readOwn(asked, 'approvers');
  return {
    title: toText(readOwn(asked, 'title')),
    ...(description === undefined ? {} : { description: toText(description) }),
    ...(approvers === undefined ? {} : { approvers: namesOf(approvers, step) }),
  };
}

function namesOf(value: unknown, step: ApprovalStep): readonly string[] {
  const names = typeof value === 'string' ? [value] : value;
  if (Array.isArray(names) && names.length > 0 && names.every((name) => typeof name === 'string')) return names;
  throw new ActionError(`The approvers of '${step.slug}' must be names: a text, or a list of texts`, {
    code: 'APPROVERS_INVALID',
    retryable: false,
    step: step.slug,
    field: 'approvers',
  });
}

/** The activation that a decision is about, or undefined where the signal is none. */
export function decidedBy(signal: Signal): number | undefined {
  if (!signal.name.startsWith(APPROVAL_SIGNAL)) return undefined;
  return Number(signal.name.slice(APPROVAL_SIGNAL.length));
}

/** Hands a decision to the approval that waits for it. Its fields were checked before it was accepted. */
export function decide(work: Work, id: number, decision: Json): void {
  const activation = work.activation(id);
  const step = activation && work.plan.steps.get(activation.slug);
  if (activation === undefined || step?.type !== 'approval') return;
  const port = readOwn(decision, 'decision') === 'approved' ? 'approved' : 'rejected';
  succeed(work, activation, step, { port, output: decision, carries: true });
}
