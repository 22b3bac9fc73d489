import { owns } from '../expression/values.js';
import type { Json, JsonObject } from '../json.js';
import { parseDuration } from './duration.js';
import { emptyLike } from './json-copy.js';

/** What a policy says where its author does not. */
export const RETRY_DEFAULTS = { maxAttempts: 3, initialDelay: 1000, multiplier: 2, maxDelay: 3_600_000, jitter: 0 };

/**
 * The spellings of a retry policy, per field, the normal one first. `maxRetries` and `max_retries` count repetitions,
 * without the first attempt. A number in `delay`, `max_delay`, `initial_delay` and `backoff_seconds` is seconds, as in
 * the Python code these words come from; in all others milliseconds. Texts such as "5s" mean what they say everywhere.
 */
export const RETRY_SPELLINGS: Readonly<Record<string, readonly string[]>> = {
  maxAttempts: ['maxAttempts', 'max_attempts', 'attempts', 'maxRetries', 'max_retries', 'retries'],
  initialDelay: ['initialDelay', 'initialDelayMs', 'delayMs', 'backoffMs', 'backoff_ms', 'initial_delay', 'delay'],
  multiplier: ['multiplier', 'backoffMultiplier', 'backoff_multiplier', 'backoffFactor', 'backoff_factor', 'backoff'],
  maxDelay: ['maxDelay', 'maxDelayMs', 'maxBackoffMs', 'max_delay'],
  jitter: ['jitter'],
  retryOn: ['retryOn', 'retry_on'],
  nonRetryable: ['nonRetryable', 'non_retryable', 'nonRetryableErrors'],
};
/** Spellings of `maxAttempts` that do not count the first one. */
export const COUNTS_REPETITIONS: ReadonlySet<string> = new Set(['maxRetries', 'max_retries', 'retries']);
/** Spellings whose numbers are seconds. */
export const IN_SECONDS: ReadonlySet<string> = new Set(['delay', 'max_delay', 'initial_delay']);

/**
 * A policy in its normal spelling, every number of it filled in: itself where it is normal already. What is not
 * understood stays as it is, for the check to find. `moved` is told which field came from which.
 */
export function normaliseRetry(policy: JsonObject, moved: (to: string, from: string) => void): JsonObject {
  if (isNormal(policy)) return policy;
  const normal = Object.assign(emptyLike(policy), RETRY_DEFAULTS);
  const read = new Set<string>();
  for (const [field, spellings] of Object.entries(RETRY_SPELLINGS)) {
    const spelling = spellings.find((word) => policy[word] !== undefined);
    const value = spelling === undefined ? undefined : policy[spelling];
    if (spelling === undefined || value === undefined) continue;
    read.add(spelling);
    if (spelling !== field) moved(field, spelling);
    normal[field] = converted(field, spelling, value);
  }
  for (const [key, value] of Object.entries(policy)) if (!read.has(key)) normal[key] = value;
  return normal;
}

/** Whether every number stands there as such, and no other word for one. */
function isNormal(policy: JsonObject): boolean {
  for (const field in RETRY_DEFAULTS) if (typeof policy[field] !== 'number') return false;
  for (const key in policy) if (owns(policy, key) && !owns(RETRY_SPELLINGS, key)) return false;
  return true;
}

function converted(field: string, spelling: string, value: Json): Json {
  switch (field) {
    case 'maxAttempts':
      return COUNTS_REPETITIONS.has(spelling) && typeof value === 'number' ? value + 1 : value;
    case 'initialDelay':
    case 'maxDelay':
      return IN_SECONDS.has(spelling) && typeof value === 'number' ? value * 1000 : milliseconds(value);
    case 'multiplier':
      return backoff(value);
    case 'jitter':
      return typeof value === 'boolean' ? Number(value) / 2 : value;
    default:
      return value;
  }
}

function backoff(value: Json): Json {
  if (value === 'exponential') return RETRY_DEFAULTS.multiplier;
  return value === 'fixed' || value === 'constant' ? 1 : value;
}

/** A duration as milliseconds; anything else, templates among them, as it is. */
export function milliseconds(value: Json): Json {
  return typeof value === 'string' ? (parseDuration(value) ?? value) : value;
}
