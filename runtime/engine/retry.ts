import type { RetryPolicy } from '../definition/plan.js';
import type { ErrorRecord } from '../errors.js';
import { seededRandom } from './random.js';

/**
 * Milliseconds until the next attempt, or undefined when there is none.
 * @param failures attempts that failed, this one included
 */
export function retryDelay(
  policy: RetryPolicy | undefined,
  error: ErrorRecord,
  failures: number,
  chance: { readonly seed: number; readonly activation: number },
): number | undefined {
  if (policy === undefined || failures >= policy.maxAttempts || !mayRetry(policy, error)) return undefined;
  let delay = policy.initialDelay;
  // Multiplied step by step: unlike Math.pow, the same to the last bit on every host.
  for (let round = 1; round < failures && delay < policy.maxDelay; round += 1) delay *= policy.multiplier;
  delay = Math.min(delay, policy.maxDelay);
  if (policy.jitter > 0) delay *= 1 - policy.jitter * seededRandom(chance.seed, chance.activation, failures)();
  return Math.max(Math.round(delay), error.retryAfter ?? 0);
}

function mayRetry(policy: RetryPolicy, error: ErrorRecord): boolean {
  if (error.retryable !== true || policy.nonRetryable?.includes(error.code)) return false;
  return policy.retryOn === undefined || policy.retryOn.includes(error.code);
}
