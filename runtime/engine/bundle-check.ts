/** Holds a bundle of the right shape to its own sums, its plan and its replay. */
import { canonicalJson } from '../canonical.js';
import { lacksFunctions } from '../definition/missing-functions.js';
import type { Plan } from '../definition/plan.js';
import { BundleError, NewtflowError, ValidationError } from '../errors.js';
import type { Json } from '../json.js';
import type { RuntimePorts } from '../ports.js';
import { checksumOf, deadlinesOf, type ExecutionBundle, shortLink } from './bundle.js';
import { messageOf } from './failure.js';
import { historyLinks } from './history.js';
import type { JournalEvent } from './journal.js';
import { type ReplayResult, replay } from './replay.js';
import type { ExecutionState } from './state.js';
import { compileStored } from './stored-plan.js';

export interface CheckedBundle {
  readonly plan: Plan;
  /** After the event by which it was given away. */
  readonly state: ExecutionState;
}

/**
 * The plan and the state that a bundle carries.
 * @throws BundleError `FUNCTION_NOT_FOUND` where this host lacks functions that it calls, `BUNDLE_DEFINITION`, `BUNDLE_PLAN`, `BUNDLE_JOURNAL` or `BUNDLE_ALTERED`
 */
export function checkBundle(bundle: ExecutionBundle, functions: RuntimePorts['functions']): CheckedBundle {
  const plan = planOf(bundle, functions);
  const links = historyLinks(bundle.journal);
  const changed = links.findIndex((link, index) => shortLink(link) !== bundle.links[index]);
  const replayed = replayOf(plan, bundle);
  if (!replayed.ok && (changed === -1 || replayed.seq <= changed + 1)) throw diverged(replayed);
  if (changed !== -1) {
    throw altered(`/journal/${changed}`, `event ${changed + 1} is not the one that was exported`);
  }
  if (bundle.links.length !== links.length) throw altered('/links', 'it has other events than were exported');
  if (bundle.digest !== links.at(-1)) throw altered('/digest', 'the digest is not that of the journal');
  if (!replayed.ok) throw diverged(replayed);
  const state = givenAway(bundle, replayed.state);
  same('/deadlines', bundle.deadlines, deadlinesOf(state));
  same('/secrets', bundle.secrets, Object.keys(plan.config.secrets).sort());
  const { checksum, ...content } = bundle;
  if (checksum !== checksumOf(content)) throw altered('/checksum', 'the checksum is not that of the bundle');
  return { plan, state };
}

function planOf({ definition, planHash, journal }: ExecutionBundle, functions: RuntimePorts['functions']): Plan {
  const plan = compiled(definition, functions);
  if (plan.hash !== planHash) {
    const message = `The definition makes plan ${plan.hash}, but the bundle names ${planHash}`;
    throw new BundleError(message, { code: 'BUNDLE_PLAN', field: '/planHash' });
  }
  const [first] = journal;
  if (first?.type !== 'execution_started')
    throw journalError(1, '/journal/0/type', 'it must begin with execution_started');
  if (first.workflow.hash !== planHash) {
    const message = `The journal is one of plan ${first.workflow.hash}, but the bundle names ${planHash}`;
    throw new BundleError(message, { code: 'BUNDLE_PLAN', field: '/journal/0/workflow/hash' });
  }
  return plan;
}

function compiled(definition: Json, functions: RuntimePorts['functions']): Plan {
  try {
    return compileStored(definition, functions);
  } catch (cause) {
    const issue = cause instanceof ValidationError ? cause.issues[0] : undefined;
    const lacking = cause instanceof ValidationError && lacksFunctions(cause);
    const why = lacking ? cause.message : (issue?.message ?? messageOf(cause));
    throw new BundleError(`The definition cannot be run: ${why}`, {
      code: lacking ? cause.code : 'BUNDLE_DEFINITION',
      ...(lacking && cause.details !== undefined ? { details: cause.details } : {}),
      field: `/definition${issue?.path ?? ''}`,
      cause,
    });
  }
}

function replayOf(plan: Plan, { journal }: ExecutionBundle): ReplayResult {
  try {
    return replay(plan, journal);
  } catch (cause) {
    if (cause instanceof NewtflowError) throw cause;
    // A journal that nothing wrote can bring the interpreter to states that it never makes itself.
    throw new BundleError(`The journal cannot be followed: ${messageOf(cause)}`, { code: 'BUNDLE_JOURNAL', cause });
  }
}

function givenAway(bundle: ExecutionBundle, state: ExecutionState | undefined): ExecutionState {
  const last = bundle.journal.length;
  if (state?.status !== 'transferred' || state.transfer?.id !== bundle.transferId) {
    throw journalError(last, `/journal/${last - 1}`, `its last event is not that of transfer ${bundle.transferId}`);
  }
  if (state.executionId !== bundle.executionId) {
    throw altered('/executionId', `the journal is that of execution ${state.executionId}`);
  }
  return state;
}

function same(field: string, found: Json, expected: Json): void {
  if (canonicalJson(found) !== canonicalJson(expected)) throw altered(field, 'it is not what the journal comes to');
}

function diverged(result: Extract<ReplayResult, { ok: false }>): BundleError {
  const { seq, expected, actual } = result;
  const field = expected && actual ? firstDifference(expected, actual) : undefined;
  const path = `/journal/${seq - 1}${field === undefined ? '' : `/${field}`}`;
  const what = field === undefined ? 'this event' : `its "${field}"`;
  return journalError(seq, path, `the plan does not come to ${what}`);
}

function firstDifference(expected: JournalEvent, actual: JournalEvent): string | undefined {
  const [made, found] = [
    new Map<string, Json>(Object.entries(expected)),
    new Map<string, Json>(Object.entries(actual)),
  ];
  return [...new Set([...made.keys(), ...found.keys()])]
    .sort()
    .find((key) => canonicalJson(made.get(key) ?? null) !== canonicalJson(found.get(key) ?? null));
}

function journalError(seq: number, field: string, why: string): BundleError {
  return new BundleError(`Event ${seq} of the journal does not fit: ${why}`, {
    code: 'BUNDLE_JOURNAL',
    field,
    details: { seq },
  });
}

function altered(field: string, why: string): BundleError {
  return new BundleError(`The bundle was altered: ${why}`, { code: 'BUNDLE_ALTERED', field });
}
