import type { StoredBreaker } from './directory/breakers.js';
import type { Claim } from './directory/claims.js';
import type { NewVersion, StoredDefinition, Version, Workflow } from './directory/definitions.js';
import type { ScheduleSpec } from './directory/due-times.js';
import type { Page, StandingQuery } from './directory/execution-index.js';
import type { ApiKey } from './directory/keys.js';
import type { RunOutcome } from './directory/schedules.js';
import type { ApprovalQuery } from './directory/waiting.js';
import type { Standing } from './standing.js';

/** What a start needs to know first. */
export type Preparation =
  /** The key was used before, for this request: the same execution under the same version. */
  | { readonly kind: 'repeated'; readonly claim: Claim; readonly definition: string }
  | { readonly kind: 'new'; readonly found: StoredDefinition }
  | { readonly kind: 'reused' }
  | { readonly kind: 'no-workflow' }
  | { readonly kind: 'no-version' };

export type OptionsAnswer =
  /** JSON of the list of options. */
  { readonly items: string } | { readonly code: string; readonly message: string };

export type EnterAnswer =
  | { readonly status: 'admitted' | 'queued' }
  | { readonly status: 'refused'; readonly code: string; readonly message: string };

export interface ScheduleView {
  readonly workflow: string;
  readonly number: number;
  readonly cron: string;
  readonly timezone: string;
  readonly overlap: string;
  readonly catchUp: string;
  readonly nextRunAt: number | null;
  readonly lastRun: {
    readonly scheduledAt: number;
    readonly outcome: RunOutcome;
    readonly detail: string | null;
    readonly executionId: string | null;
    readonly status: Standing['status'] | null;
  } | null;
}

/**
 * What the Worker and executions ask a directory. Everything answers in plain values: errors lose their class between
 * objects.
 */
export interface Directory {
  /** Makes a version active, a new one unless it equals the one that is. */
  putDefinition(put: NewVersion, schedule: ScheduleSpec | undefined): { workflow: Workflow; created: boolean };
  /** Makes a version active that was put before; undefined where there is none. */
  activate(slug: string, number: number, schedule: ScheduleSpec | undefined): Workflow | undefined;
  /** Whether there was one. */
  removeDefinition(slug: string): boolean;
  /** The active version, or the one of that number. */
  definition(slug: string, number?: number): StoredDefinition | undefined;
  /** The active version, or the newest of that text, else of that number. */
  definitionOf(slug: string, version: string | undefined): StoredDefinition | undefined;
  definitions(): Workflow[];
  /** Newest first. */
  versions(slug: string): Version[] | undefined;
  prepare(slug: string, number: number | undefined, key: string | undefined, fingerprint: string): Preparation;
  /** Records what an idempotency key stands for; answers with what it stood for already, where it did. */
  claim(key: string, claim: Claim): Claim;
  /** Takes an execution's report of itself: the JSON of its summary, and of what waits in it ({@link Waiting}). */
  index(summary: string, waiting?: string): void;
  /** `problem` where the cursor is not one that a page returned. */
  list(query: StandingQuery): Page | { readonly problem: string };
  /** Approvals that wait. `problem` where the cursor is not one that a page returned. */
  approvals(query: ApprovalQuery): Page | { readonly problem: string };
  /** Asks for a place under a concurrency key: the JSON of `{bound, standing}`. The same execution again takes no second one. */
  enter(organization: string, entry: string): Promise<EnterAnswer>;
  /** Counts an execution that is under way: the JSON of `{bound, id}`. Beyond the limit too. */
  occupy(organization: string, entry: string): Promise<void>;
  /** Gives a place up that is not wanted any more: the JSON of how the execution stands. */
  leave(key: string, standing: string): Promise<void>;
  /** Takes an event, the JSON of a {@link PublishedEvent}; false where it was taken before. */
  publish(organization: string, event: string): boolean;
  /** The options of a form field, from a data provider: `inputs` is a JSON object. */
  options(organization: string, name: string, inputs: string): Promise<OptionsAnswer>;
  breaker(key: string): StoredBreaker | undefined;
  /** Whether the version was still that one, 0 for none; nothing is written otherwise. */
  writeBreaker(key: string, state: string, version: number): boolean;
  /** The key with this hash. */
  key(hash: string): Pick<ApiKey, 'name' | 'role'> | undefined;
  addKey(hash: string, key: ApiKey): void;
  keys(): ApiKey[];
  /** Whether there was one. */
  revokeKey(id: string): boolean;
  schedules(): ScheduleView[];
  /** Starts what the organisation's schedules have due by `now`. What cannot be started is tried at the next call. */
  runDue(organization: string, now: number): Promise<void>;
  registerOrganization(name: string): void;
  organizations(): string[];
}
