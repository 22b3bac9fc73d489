import { ActionError, TimeoutError } from '../errors.js';
import type {
  ActionContext,
  Awaitable,
  BreakerPolicy,
  BreakerState,
  BreakerStore,
  CancellationSignal,
  Clock,
} from '../ports.js';
import { errorRecord, messageOf } from './failure.js';

/**
 * Closed: attempts pass, failures in a row are counted. Open: attempts fail at once, until `openUntil`. Half open, from
 * then on: as many probes as allowed pass, each under a lease, so that one whose host dies does not block the others;
 * the first to end decides.
 */
const CLOSED: BreakerState = { failures: 0, openUntil: null, probes: [] };

/** Rounds of reading and writing that one change takes at most, where others change the same breaker. */
const MOST_TRIES = 20;

interface Guard {
  readonly policy: BreakerPolicy;
  readonly type: string;
  readonly breakers: BreakerStore;
  readonly clock: Clock;
  readonly signal: CancellationSignal;
  /** Whose attempt it is. */
  readonly id: Pick<ActionContext, 'idempotencyKey' | 'attempt'>;
  warn(message: string): void;
}

type Outcome = 'success' | 'failure' | 'unknown';

/**
 * Performs an attempt behind its breaker, and tells the breaker how it ended.
 * @throws ActionError `CIRCUIT_OPEN`, retryable once the breaker lets a probe pass
 */
export async function guarded(run: () => Awaitable<unknown>, guard: Guard): Promise<unknown> {
  const probe = await admitted(guard);
  const { signal } = guard;
  let told: Promise<void> | undefined;
  const tell = (outcome: Outcome): Promise<void> => {
    told ??= changed(guard, (state) => after(outcome, state, probe, guard));
    return told;
  };
  // An attempt that is given up may never settle.
  const abort = (): void => {
    void tell(signal.reason instanceof TimeoutError ? 'failure' : 'unknown');
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    const result = await run();
    await tell('success');
    return result;
  } catch (error) {
    await tell(signal.aborted ? 'unknown' : errorRecord(error).retryable === true ? 'failure' : 'success');
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** The id of the probe that this attempt is, or undefined for an attempt under a closed breaker. */
async function admitted(guard: Guard): Promise<string | undefined> {
  const { policy, clock, id } = guard;
  const name = `${id.idempotencyKey}#${id.attempt}`;
  let refusal: ActionError | undefined;
  let probe: string | undefined;
  await changed(guard, (state) => {
    refusal = undefined;
    probe = undefined;
    const { openUntil } = state;
    if (openUntil === null) return undefined;
    const now = clock.now();
    const live = state.probes.filter(({ until }) => until > now);
    const full = live.length >= Math.max(1, policy.halfOpenMax ?? 1);
    if (openUntil > now || full) {
      const next = full ? Math.min(...live.map(({ until }) => until)) : openUntil;
      refusal = openError(guard, next - now);
      return undefined;
    }
    probe = name;
    return { ...state, probes: [...live, { id: name, until: now + policy.openMs }] };
  });
  if (refusal !== undefined) throw refusal;
  return probe;
}

function openError({ type, policy }: Guard, remaining: number): ActionError {
  const what = policy.key ?? type;
  return new ActionError(`The circuit breaker of '${what}' is open, as it failed ${policy.failureThreshold} times`, {
    code: 'CIRCUIT_OPEN',
    retryAfter: remaining,
    details: { breaker: what },
  });
}

/** What an attempt's end makes of a state; undefined where it changes nothing. */
function after(
  outcome: Outcome,
  state: BreakerState,
  probe: string | undefined,
  guard: Guard,
): BreakerState | undefined {
  const opened = (failures: number): BreakerState => ({
    failures,
    openUntil: guard.clock.now() + guard.policy.openMs,
    probes: [],
  });
  if (probe !== undefined) {
    // One whose lease was over, and whose place another has taken, decides nothing any more.
    if (!state.probes.some(({ id }) => id === probe)) return undefined;
    if (outcome === 'success') return CLOSED;
    if (outcome === 'failure') return opened(state.failures + 1);
    return { ...state, probes: state.probes.filter(({ id }) => id !== probe) };
  }
  if (state.openUntil !== null || outcome === 'unknown') return undefined;
  if (outcome === 'success') return state.failures === 0 ? undefined : CLOSED;
  const failures = state.failures + 1;
  return failures >= guard.policy.failureThreshold ? opened(failures) : { ...state, failures };
}

/**
 * Reads, changes and writes until nobody was in between. A breaker is there to spare the other side, so a store that
 * fails lets the attempt pass.
 */
async function changed(guard: Guard, change: (state: BreakerState) => BreakerState | undefined): Promise<void> {
  const { breakers, policy, type } = guard;
  const key = policy.key ?? type;
  try {
    for (let round = 0; round < MOST_TRIES; round += 1) {
      const { state, version } = (await breakers.read(key)) ?? { state: CLOSED, version: 0 };
      const next = change(state);
      if (next === undefined || (await breakers.write(key, next, version))) return;
    }
    guard.warn(`The state of the circuit breaker '${key}' could not be written: others were always first`);
  } catch (error) {
    guard.warn(`The state of the circuit breaker '${key}' cannot be kept: ${messageOf(error)}`);
  }
}
