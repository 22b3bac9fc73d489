import { compile, type Plan, type ValidateOptions, validate } from '../../runtime/index.js';
import { PLAN_FORMAT } from '../../runtime/plan.js';
import type { Json, JsonObject } from '../../runtime/ports.js';
import type { Location } from '../../runtime/tooling.js';
import { isObject, readParsed } from './body.js';
import type { ScheduleSpec } from './directory/due-times.js';
import { HttpProblem, type LocatedIssue, locatedIssue } from './problem.js';

export type Checked =
  | { readonly ok: true; readonly plan: Plan; readonly issues: readonly LocatedIssue[] }
  | { readonly ok: false; readonly issues: readonly LocatedIssue[] };

/**
 * Reads and validates a definition as it was sent. `slug` names a document that has none; one that has another is wrong.
 * @throws HttpProblem 400 when the text is not JSON
 */
export function checkDocument(text: string, options: ValidateOptions, slug?: string): Checked {
  const parsed = readParsed(text);
  const { document } = parsed;
  if (isObject(document) && document.format === PLAN_FORMAT) return { ok: false, issues: [STORED_PLAN] };
  const result = validate(document, options);
  const issues = [...parsed.issues, ...result.issues].map((issue) => locatedIssue(issue, parsed.locate(issue.path)));
  if (!result.ok) return { ok: false, issues };
  if (slug === undefined || result.definition.slug === slug)
    return { ok: true, plan: compile(result.definition, options), issues };
  const written = writtenSlug(document);
  if (written !== undefined) return { ok: false, issues: [otherSlug(written, slug, parsed.locate(written.path))] };
  const renamed = validate({ ...result.definition, slug }, options);
  return renamed.ok
    ? { ok: true, plan: compile(renamed.definition, options), issues }
    : { ok: false, issues: renamed.issues };
}

/** Nothing in a plan stands where a definition has it: a list of what is not ours would help nobody. */
const STORED_PLAN: LocatedIssue = {
  code: 'STORED_PLAN',
  severity: 'error',
  path: '/format',
  message: 'This is a stored plan, not a definition.',
  hint: 'Send the definition that it was made of: the Worker compiles it itself.',
};

/** @throws HttpProblem 422 with every issue */
export function requireValid(checked: Checked): { plan: Plan; issues: readonly LocatedIssue[] } {
  if (checked.ok) return checked;
  const errors = checked.issues.filter((issue) => issue.severity === 'error');
  const count = errors.length === 1 ? 'one problem' : `${errors.length} problems`;
  throw new HttpProblem(422, 'INVALID_DEFINITION', `The definition has ${count}; nothing was stored.`, {
    issues: checked.issues,
  });
}

/** When a definition starts by itself, if it does. */
export function scheduleIn(definition: JsonObject): ScheduleSpec | undefined {
  const config = definition.config;
  const schedule = isObject(config) ? config.schedule : undefined;
  if (!isObject(schedule) || typeof schedule.cron !== 'string') return undefined;
  const { cron, timezone, overlap, catchUp } = schedule;
  return {
    cron,
    timezone: typeof timezone === 'string' ? timezone : 'UTC',
    overlap: overlap === 'allow' || overlap === 'queue' ? overlap : 'skip',
    catchUp: catchUp === 'none' || catchUp === 'all' ? catchUp : 'one',
  };
}

interface WrittenSlug {
  readonly slug: string;
  readonly path: string;
}

/** The slug that a document gives itself, in either dialect. */
function writtenSlug(document: Json): WrittenSlug | undefined {
  if (!isObject(document)) return undefined;
  if (typeof document.slug === 'string') return { slug: document.slug, path: '/slug' };
  const config = document.workflowConfig;
  if (isObject(config) && typeof config.slug === 'string') return { slug: config.slug, path: '/workflowConfig/slug' };
  return undefined;
}

function otherSlug(written: WrittenSlug, slug: string, place: Location | undefined): LocatedIssue {
  return {
    code: 'SLUG_MISMATCH',
    severity: 'error',
    path: written.path,
    message: `The definition calls itself "${written.slug}", but it was sent to "${slug}".`,
    hint: `Send it to /v1/workflows/${encodeURIComponent(written.slug)}, or leave the slug out.`,
    ...place,
  };
}
