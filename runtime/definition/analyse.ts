import type { Issue } from '../errors.js';
import type { ExpressionOptions } from '../expression/compile.js';
import type { JsonObject } from '../json.js';
import type { CompiledTemplate } from '../template/compile.js';
import { checkWorkflow } from './check-workflow.js';
import { normalise } from './dialects.js';
import {
  checkBroken,
  type FoundStep,
  type FoundSteps,
  findPorts,
  findSteps,
  flowSteps,
  resolveTarget,
} from './find-steps.js';
import { analyseFlow, type Flow } from './flow.js';
import { sortIssues } from './issue-order.js';
import { below, child, IssueList } from './issues.js';
import { copyJson, freeze, isList, isObject, NotJson, shieldLike } from './json-copy.js';
import { knownNames } from './known-names.js';
import { nameProblems } from './names.js';
import { findPlainSecrets } from './plain-secrets.js';
import type { PlanStep, Target } from './plan.js';
import { reportFlow } from './report-flow.js';
import type { WorkflowFields } from './schema.js';
import { buildStep } from './steps.js';
import { describe } from './structure.js';
import { Texts } from './texts.js';

export interface ValidateOptions extends ExpressionOptions {
  /** What the host can do; a type of action that it does not know becomes a warning. */
  readonly actions?: { find(type: string): unknown };
}

/** Everything a plan is made of, where nothing is wrong. */
export interface Parts {
  readonly definition: JsonObject;
  readonly fields: WorkflowFields;
  readonly entry: string;
  readonly order: readonly PlanStep[];
  readonly onError: string | undefined;
  readonly output: CompiledTemplate | undefined;
  readonly concurrencyKey: CompiledTemplate | undefined;
}

export interface Analysis {
  /** In the order of the document. */
  readonly issues: readonly Issue[];
  /** Undefined where there is an error; said then too: a page may have put the name on all objects. */
  readonly parts: Parts | undefined;
}

/** Finds all that is wrong with a document, and compiles it on the way: each text once. Never throws on a value. */
export function analyse(document: unknown, options: ValidateOptions = {}): Analysis {
  const read = readDocument(document);
  if (read instanceof IssueList) return { issues: read.all, parts: undefined };
  const { definition, origin, overruled } = normalise(read);
  const issues = new IssueList(origin);
  const parts = partsOf(definition, overruled, options, issues);
  return { issues: sortIssues(issues.all, read), parts };
}

function partsOf(
  definition: JsonObject,
  overruled: readonly string[],
  options: ValidateOptions,
  issues: IssueList,
): Parts | undefined {
  for (const field of overruled) {
    const message = `\`${field}\` stands beside \`workflowConfig\` too, where it says nothing: this one counts.`;
    issues.warning('NO_EFFECT', child('', field), message);
  }
  const fields = checkWorkflow(definition, issues);
  const found = findSteps(definition, issues);
  const ports = found.steps.map((step) => findPorts(step, found, issues));
  checkBroken(found, issues);
  const onError = findOnError(definition, found, issues);
  const entry = Math.max(
    0,
    found.steps.findIndex((step) => step.type === 'trigger'),
  );
  const steps = flowSteps(found, ports);
  const flow = analyseFlow(
    steps,
    [entry, ...onError.roots].filter((index) => index < found.steps.length),
  );
  reportFlow(found, ports, steps, flow, issues);
  const known = knownNames(definition, found, flow, issues);
  const texts = new Texts(issues, (uses, place) => nameProblems(known, uses, place), options);
  const order = buildSteps(definition, found, ports, flow, texts, issues);
  const output = buildOutput(definition, texts);
  checkHostTexts(definition, texts);
  const concurrencyKey = buildConcurrencyKey(definition, texts);
  reportUnknownActions(found, options, issues);
  reportPlainSecrets(definition, found, issues);
  const first = found.steps[entry];
  if (issues.failed || fields === undefined || first === undefined) return undefined;
  freeze(definition);
  const built = { order, output, concurrencyKey };
  return { definition, fields, entry: first.slug, onError: onError.slug, ...built };
}

function readDocument(document: unknown): JsonObject | IssueList {
  const issues = new IssueList();
  const copy = copyJson(document);
  if (copy instanceof NotJson) issues.error(copy.code, copy.pointer, copy.message);
  else if (isObject(copy)) return copy;
  else issues.error('NOT_AN_OBJECT', '', `A workflow is an object, not ${describe(copy)}.`);
  return issues;
}

function findOnError(
  definition: JsonObject,
  found: FoundSteps,
  issues: IssueList,
): { slug: string | undefined; roots: number[] } {
  const target = isObject(definition.config) ? definition.config.onError : undefined;
  const resolved = resolveTarget(target, () => '/config/onError', undefined, found, issues);
  if (resolved?.kind !== 'step') return { slug: undefined, roots: [] };
  return { slug: resolved.slug, roots: [found.bySlug.get(resolved.slug) ?? 0] };
}

function buildSteps(
  definition: JsonObject,
  found: FoundSteps,
  ports: readonly ReadonlyMap<string, Target>[],
  flow: Flow,
  texts: Texts,
  issues: IssueList,
): PlanStep[] {
  const order: PlanStep[] = [];
  found.steps.forEach(({ slug, name, type, config, pointer }, index) => {
    const around = flow.enclosing[index] ?? NO_LOOPS;
    const enclosing = around.length === 0 ? NO_SLUGS : around.map((owner) => found.steps[owner]?.slug ?? '');
    const loops = around.length === 0 ? around : around.filter((owner) => found.steps[owner]?.type === 'loop');
    const frame = { slug, name, index, ports: ports[index] ?? NO_PORTS, enclosing };
    const step = buildStep(type, config, { frame, texts, issues, pointer: `${pointer}/config`, loops });
    if (step !== undefined) order.push(Object.freeze(shieldLike(step, definition)));
  });
  return order;
}

const NO_LOOPS: readonly number[] = [];
const NO_SLUGS: readonly string[] = [];
const NO_PORTS: ReadonlyMap<string, Target> = new Map();

const OF_THE_WORKFLOW = { field: '', loops: [], secretsAllowed: false } as const;

function buildOutput(definition: JsonObject, texts: Texts): CompiledTemplate | undefined {
  const output = isObject(definition.config) ? definition.config.output : undefined;
  return output === undefined ? undefined : texts.template(output, { pointer: '/config/output', ...OF_THE_WORKFLOW });
}

/** Texts that hosts evaluate: checked here, compiled there. */
function checkHostTexts(definition: JsonObject, texts: Texts): void {
  for (const [index, parameter] of isList(definition.parameters) ? definition.parameters.entries() : []) {
    const provider = isObject(parameter) ? parameter.dataProvider : undefined;
    if (!isObject(provider) || provider.inputs === undefined) continue;
    texts.template(provider.inputs, { pointer: `/parameters/${index}/dataProvider/inputs`, ...OF_THE_WORKFLOW });
  }
}

function buildConcurrencyKey(definition: JsonObject, texts: Texts): CompiledTemplate | undefined {
  const concurrency = isObject(definition.config) ? definition.config.concurrency : undefined;
  if (!isObject(concurrency) || typeof concurrency.key !== 'string') return undefined;
  return texts.template(concurrency.key, { pointer: '/config/concurrency/key', ...OF_THE_WORKFLOW, beforeAll: true });
}

function reportUnknownActions(found: FoundSteps, options: ValidateOptions, issues: IssueList): void {
  const actions = Object.hasOwn(options, 'actions') ? options.actions : undefined;
  if (actions === undefined) return;
  for (const { type, config, pointer, slug } of found.steps) {
    if (!isObject(config)) continue;
    const report = (action: unknown, at: string): void => {
      if (typeof action !== 'string' || action === 'set_variables' || actions.find(action) !== undefined) return;
      issues.warning('UNKNOWN_ACTION', at, `No action \`${action}\` is known here.`, { step: slug });
    };
    if (type === 'action') report(config.type, `${pointer}/config/type`);
    const tools = type === 'llm' && isList(config.tools) ? config.tools : [];
    for (const [index, tool] of tools.entries()) report(tool, `${pointer}/config/tools/${index}`);
  }
}

function reportPlainSecrets(definition: JsonObject, found: FoundSteps, issues: IssueList): void {
  const report = (pointer: string, step?: FoundStep): void => {
    const hint = 'Keep it under `config.secrets` and read it as `{{secrets.name}}`.';
    issues.warning('PLAIN_TEXT_SECRET', pointer, 'This looks like a secret in plain text.', { step: step?.slug, hint });
  };
  for (const step of found.steps) {
    findPlainSecrets(step.config, (keys) => report(below(`${step.pointer}/config`, keys), step));
  }
  const variables = isObject(definition.config) ? definition.config.variables : undefined;
  findPlainSecrets(variables ?? null, (keys) => report(below('/config/variables', keys)));
}
