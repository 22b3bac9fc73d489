/** What an execution travels as: one JSON document, made from the store alone, so that it can be made again. */
import { canonicalJson } from '../canonical.js';
import type { Plan } from '../definition/plan.js';
import { digestOf } from '../digest.js';
import type { Json, JsonObject } from '../json.js';
import { timerOf } from './advance.js';
import { historyLinks } from './history.js';
import type { JournalEvent, TimerKind } from './journal.js';
import type { ExecutionState } from './state.js';

export const BUNDLE_FORMAT = 'newtflow-execution';
/** Version of the bundle's form; that of the journal stands in its first event. */
export const BUNDLE_VERSION = 1;
/** The longest text of a bundle, in characters. */
export const MAX_BUNDLE = 64 * 1024 * 1024;
/** How deeply the values in a bundle are nested at most. */
export const MAX_BUNDLE_DEPTH = 1000;

/** A deadline that is still to come, or is overdue; in milliseconds since the epoch. */
export type BundleDeadline = {
  readonly dueAt: number;
  readonly timer: TimerKind;
  /** Absent for the timeout of the whole execution. */
  readonly activation?: number;
  readonly step?: string;
};

export type ExecutionBundle = {
  readonly format: typeof BUNDLE_FORMAT;
  readonly version: number;
  /** One for each time that an execution is given away. */
  readonly transferId: string;
  readonly executionId: string;
  readonly planHash: string;
  /** In its normal form. */
  readonly definition: JsonObject;
  readonly journal: readonly JournalEvent[];
  /** For each event the first 16 hex digits of its link in the chain that ends in `digest`. */
  readonly links: readonly string[];
  /** As of `historyDigest`. */
  readonly digest: string;
  readonly deadlines: readonly BundleDeadline[];
  /** Names of the secrets that the definition reads; their values never travel. */
  readonly secrets: readonly string[];
  /** SHA-256, in hex, of the canonical JSON of everything else. */
  readonly checksum: string;
};

/** What the target answers, so that the source may forget the bundle. */
export type TransferReceipt = {
  readonly transferId: string;
  readonly executionId: string;
  /** Of the history that arrived, as of the bundle. */
  readonly digest: string;
  /** Milliseconds since the epoch. */
  readonly importedAt: number;
};

/** @param state of an execution that was given away */
export function bundleOf(plan: Plan, state: ExecutionState, journal: readonly JournalEvent[]): ExecutionBundle {
  const links = historyLinks(journal);
  const content = {
    format: BUNDLE_FORMAT,
    version: BUNDLE_VERSION,
    transferId: state.transfer?.id ?? '',
    executionId: state.executionId,
    planHash: plan.hash,
    definition: plan.definition,
    journal,
    links: links.map(shortLink),
    digest: links.at(-1) ?? '',
    deadlines: deadlinesOf(state),
    secrets: Object.keys(plan.config.secrets).sort(),
  } as const;
  return { ...content, checksum: checksumOf(content) };
}

export const shortLink = (link: string): string => link.slice(0, 16);

export function checksumOf(content: JsonObject): string {
  return digestOf(canonicalJson(content));
}

export function deadlinesOf(state: ExecutionState): BundleDeadline[] {
  const whole: BundleDeadline[] =
    state.deadline === null ? [] : [{ dueAt: state.deadline, timer: 'execution_timeout' }];
  const steps = state.activations.flatMap((activation): BundleDeadline[] => {
    const { id, slug, dueAt } = activation;
    return dueAt === null ? [] : [{ dueAt, timer: timerOf(activation), activation: id, step: slug }];
  });
  return [...whole, ...steps];
}

/** Whether a value is nested more deeply than a bundle may be; walks with a list of its own, not the host's stack. */
export function isTooDeep(value: Json, most = MAX_BUNDLE_DEPTH): boolean {
  let level: Json[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > most) return true;
    const next: Json[] = [];
    for (const item of level) {
      if (typeof item !== 'object' || item === null) continue;
      for (const child of Object.values(item)) if (typeof child === 'object' && child !== null) next.push(child);
    }
    level = next;
  }
  return false;
}
