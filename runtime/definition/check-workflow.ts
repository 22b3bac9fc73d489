import type { Json, JsonObject } from '../json.js';
import { cronProblem } from './cron.js';
import { checkSchema } from './input-schema.js';
import { child, type IssueList } from './issues.js';
import { isList, isObject } from './json-copy.js';
import { parameterProblems } from './parameter-check.js';
import { Matching } from './pattern-cost.js';
import { type Parameter, parameterShape, type WorkflowFields, workflowShape } from './schema.js';
import { SLUG } from './slug.js';
import { conforms, isOf, quote, type Target } from './structure.js';
import { isTimeZone } from './time-zone.js';

/** Checks all of a definition but what stands in its steps. Undefined where the structure is wrong. */
export function checkWorkflow(definition: JsonObject, issues: IssueList): WorkflowFields | undefined {
  const { slug, config, parameters, inputSchema } = definition;
  const fields = conforms(workflowShape, definition, '', { issues }) ? definition : undefined;
  checkSlug(slug, issues);
  if (isObject(config)) {
    if (isObject(config.schedule)) checkSchedule(config.schedule, issues);
    if (isObject(config.secrets)) checkSecrets(config.secrets, issues);
  }
  checkParameters(parameters, '/parameters', { issues });
  if (inputSchema !== undefined) checkSchema(inputSchema, '/inputSchema', { issues });
  return fields;
}

function checkSlug(slug: unknown, issues: IssueList): void {
  if (typeof slug !== 'string' || SLUG.test(slug)) return;
  const hint = 'Use letters, digits, _ and -, at most 128 of them.';
  issues.error('BAD_SLUG', '/slug', `${quote(slug)} cannot name a workflow.`, { hint });
}

function checkSchedule(schedule: JsonObject, issues: IssueList): void {
  const { cron, timezone } = schedule;
  const problem = typeof cron === 'string' ? cronProblem(cron) : undefined;
  if (problem !== undefined) {
    const hint = 'Minute, hour, day of month, month, day of week: "0 9 * * 1" is Mondays at nine.';
    issues.error('BAD_CRON', '/config/schedule/cron', `${quote(String(cron))} is no cron expression: ${problem}`, {
      hint,
    });
  }
  if (typeof timezone === 'string' && !isTimeZone(timezone)) {
    const hint = 'Use a name of the IANA database, such as Europe/Berlin or UTC.';
    issues.error('BAD_TIME_ZONE', '/config/schedule/timezone', `${quote(timezone)} is no time zone.`, { hint });
  }
}

function checkSecrets(secrets: JsonObject, issues: IssueList): void {
  for (const [name, secret] of Object.entries(secrets)) {
    if (!isObject(secret) || secret.kind !== 'inlineEncrypted' || secret.cipherText !== undefined) continue;
    const pointer = child('/config/secrets', name);
    issues.error('MISSING_FIELD', pointer, `\`cipherText\` is missing in secret \`${name}\`.`, { field: 'cipherText' });
  }
}

/** What the schema does not say about a list of parameters, be it the workflow's or an approval's. */
export function checkParameters(parameters: Json | undefined, pointer: string, { issues, step }: Target): void {
  const seen = new Set<string>();
  const matching = new Matching();
  for (const [index, one] of isList(parameters) ? parameters.entries() : []) {
    if (!isOf(parameterShape, one)) continue;
    const at = child(pointer, index);
    if (seen.has(one.name)) {
      const message = `Another parameter is called \`${one.name}\` already.`;
      issues.error('DUPLICATE_PARAMETER', `${at}/name`, message, { step });
    }
    seen.add(one.name);
    checkParameter(one, at, { issues, step }, matching);
  }
}

function checkParameter(parameter: Parameter, pointer: string, { issues, step }: Target, matching: Matching): void {
  const pattern = parameter.validation?.pattern;
  const fault = pattern === undefined ? undefined : issues.patterns.faultOf(pattern);
  if (pattern !== undefined && fault !== undefined) {
    const { code, text, hint } = fault;
    issues.error(code, `${pointer}/validation/pattern`, `${quote(pattern)} ${text}.`, { hint, step });
    return;
  }
  for (const { message } of parameterProblems(parameter, parameter.default ?? null, matching)) {
    issues.error('BAD_DEFAULT', `${pointer}/default`, `The default is not allowed: ${message}`, { step });
  }
}
