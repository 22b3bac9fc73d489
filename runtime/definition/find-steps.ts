import { owns } from '../expression/values.js';
import type { Json, JsonObject } from '../json.js';
import { END_WORDS } from './dialects.js';
import type { FlowStep } from './flow.js';
import { wordMeant } from './habits.js';
import { child, type IssueList } from './issues.js';
import { isList, isObject } from './json-copy.js';
import { didYouMean } from './nearest.js';
import type { Target } from './plan.js';
import { branchesOf, isTerminal, portsOf } from './ports.js';
import { isStepType, type StepType, stepConfigs, stepShape } from './schema.js';
import type { Schema } from './schema-builder.js';
import { SLUG } from './slug.js';
import { conforms, quote } from './structure.js';

/** A step that can be told from the others; its config is not checked yet. */
export interface FoundStep {
  readonly slug: string;
  readonly name: string;
  readonly type: StepType;
  readonly config: Json;
  readonly nextSteps: Json | undefined;
  readonly pointer: string;
  /** What leads to it. */
  readonly target: Target;
}

/** A step of an unknown type, or under a name that is taken: it cannot be run, yet the rest of it can be checked. */
export interface BrokenStep {
  readonly slug: string;
  readonly type: StepType | undefined;
  readonly config: Json;
  readonly nextSteps: Json | undefined;
  readonly pointer: string;
}

export interface FoundSteps {
  readonly steps: readonly FoundStep[];
  readonly broken: readonly BrokenStep[];
  /** Index into {@link steps} by slug. */
  readonly bySlug: ReadonlyMap<string, number>;
  /** Every slug, of steps of unknown types and ill-formed ones too: a reference to one is no second mistake. */
  readonly slugs: ReadonlySet<string>;
}

export function findSteps(definition: JsonObject, issues: IssueList): FoundSteps {
  const { steps: given } = definition;
  const steps: FoundStep[] = [];
  const broken: BrokenStep[] = [];
  const bySlug = new Map<string, number>();
  const slugs = new Set<string>();
  if (!isList(given)) return { steps, broken, bySlug, slugs };
  if (given.length === 0) {
    issues.error('NO_STEPS', '/steps', 'There are no steps.');
  } else {
    given.forEach((step, index) => {
      const found = findStep(step, `/steps/${index}`, slugs, broken, issues);
      if (found === undefined) return;
      bySlug.set(found.slug, steps.length);
      steps.push(found);
    });
    if (![...slugs].some(isSlug))
      issues.error('NO_ENTRY', '/steps', 'No step can be the first: none has a usable `stepSlug`.');
  }
  return { steps, broken, bySlug, slugs };
}

function findStep(
  step: Json,
  pointer: string,
  slugs: Set<string>,
  broken: BrokenStep[],
  issues: IssueList,
): FoundStep | undefined {
  const slug = isObject(step) && typeof step.stepSlug === 'string' ? step.stepSlug : undefined;
  conforms(stepShape, step, pointer, { issues, step: slug });
  if (!isObject(step) || slug === undefined) return undefined;
  const { stepType, name, config = {}, nextSteps } = step;
  const isNew = isNewSlug(slug, pointer, slugs, issues);
  const type = typeof stepType === 'string' && isStepType(stepType) ? stepType : undefined;
  if (type === undefined && typeof stepType === 'string') reportType(stepType, `${pointer}/stepType`, slug, issues);
  if (isNew && type !== undefined) {
    const target: Target = { kind: 'step', slug };
    return { slug, name: typeof name === 'string' ? name : slug, type, config, nextSteps, pointer, target };
  }
  broken.push({ slug, type, config, nextSteps, pointer });
  return undefined;
}

/** What more is wrong with the steps that cannot be run: all of it is to be told at once. */
export function checkBroken(found: FoundSteps, issues: IssueList): void {
  for (const { slug, type, config, nextSteps, pointer } of found.broken) {
    const shape: Schema<unknown> | undefined = type && stepConfigs[type];
    if (shape !== undefined) conforms(shape, config, `${pointer}/config`, { issues, step: slug });
    for (const [port, target] of isObject(nextSteps) ? Object.entries(nextSteps) : [])
      resolveTarget(target, () => portPointer(pointer, port), slug, found, issues);
  }
}

function isNewSlug(slug: string, pointer: string, slugs: Set<string>, issues: IssueList): boolean {
  const at = () => `${pointer}/stepSlug`;
  const isNew = !slugs.has(slug);
  slugs.add(slug);
  if (!isSlug(slug)) {
    const hint = 'Use letters, digits, _ and -, at most 128 of them.';
    issues.error('BAD_SLUG', at(), `${quote(slug)} cannot name a step.`, { step: slug, hint });
    return false;
  }
  if (!isNew) issues.error('DUPLICATE_SLUG', at(), `Another step is called \`${slug}\` already.`, { step: slug });
  return isNew;
}

function isSlug(text: string): boolean {
  return SLUG.test(text) && text !== '__proto__';
}

function reportType(type: string, pointer: string, step: string, issues: IssueList): void {
  const types = Object.keys(stepConfigs);
  const hint = wordMeant(type, types) ?? `There are ${types.join(', ')}.`;
  issues.error('UNKNOWN_STEP_TYPE', pointer, `There is no type of step called ${quote(type)}.`, { step, hint });
}

// --- Ports -----------------------------------------------------------------------------------------------------------

/** Where the ports of a step lead, what is wrong with them reported. */
export function findPorts(step: FoundStep, found: FoundSteps, issues: IssueList): ReadonlyMap<string, Target> {
  const ports = new Map<string, Target>();
  const { nextSteps } = step;
  if (!isObject(nextSteps)) return ports;
  const rules = portsOf(step.type, step.config);
  const named = new Set(rules.named);
  for (const port in nextSteps) {
    if (!owns(nextSteps, port)) continue;
    if (!rules.open && !named.has(port)) reportPort(port, step, rules.named, issues);
    const target = resolveTarget(nextSteps[port], () => portPointer(step.pointer, port), step.slug, found, issues);
    if (target !== undefined) ports.set(port, target);
  }
  return ports;
}

function portPointer(pointer: string, port: string): string {
  return child(`${pointer}/nextSteps`, port);
}

function reportPort(port: string, step: FoundStep, named: readonly string[], issues: IssueList): void {
  if (port === 'default' && !isTerminal(step.type)) return;
  const hint = issues.hint(() => wordMeant(port, named)) ?? portsHint(named);
  const message = `A step of type \`${step.type}\` has no port \`${port}\`.`;
  issues.error('UNKNOWN_PORT', portPointer(step.pointer, port), message, { step: step.slug, hint });
}

function portsHint(named: readonly string[]): string {
  return named.length === 0 ? 'Nothing follows it.' : `It has ${named.join(', ')}, and \`default\` for the rest.`;
}

/** Undefined where a target is neither a step nor an end word, which is reported. */
export function resolveTarget(
  target: Json | undefined,
  pointer: () => string,
  step: string | undefined,
  found: FoundSteps,
  issues: IssueList,
): Target | undefined {
  if (typeof target !== 'string' || target === '') return undefined;
  const index = found.bySlug.get(target);
  if (index !== undefined) return found.steps[index]?.target;
  if (found.slugs.has(target)) return undefined;
  if (END_WORDS.has(target)) return END;
  const hint = issues.hint(() => didYouMean(target, found.slugs)) ?? '`end` ends the execution.';
  issues.error('UNKNOWN_TARGET', pointer(), `There is no step \`${target}\` to go to.`, { step, hint });
  return undefined;
}

const END: Target = { kind: 'end' };

/** The steps as the analysis of the flow sees them. `default` stands for every port that is not mapped. */
export function flowSteps(found: FoundSteps, ports: readonly ReadonlyMap<string, Target>[]): FlowStep[] {
  // Whether ports lead nowhere is asked of branches alone, and mostly there are none.
  const branches = found.steps.some(({ type }) => type === 'parallel');
  return found.steps.map((step, index) => {
    const mapped = ports[index] ?? NO_PORTS;
    const bodies = new Set(bodyPorts(step));
    const next: number[] = [];
    const into: number[] = [];
    mapped.forEach((target, port) => {
      const to = target.kind === 'step' ? found.bySlug.get(target.slug) : undefined;
      if (to === undefined) return;
      (bodies.has(port) ? into : next).push(to);
      if (port !== 'default') return;
      for (const body of bodies) if (!mapped.has(body)) into.push(to);
    });
    const joins = step.type === 'parallel' && joinsAll(step.config);
    const handler = joins ? (mapped.get('error') ?? mapped.get('default')) : undefined;
    const failed = handler?.kind === 'step' ? found.bySlug.get(handler.slug) : undefined;
    return { type: step.type, next, into, joins, failed, ends: branches && leadsNowhere(step, mapped, bodies) };
  });
}

/** Whether one of its ports leads nowhere; without an `error` port it fails, and does not end. */
function leadsNowhere({ type, config }: FoundStep, mapped: FoundPorts, bodies: ReadonlySet<string>): boolean {
  if (mapped.has('default')) return false;
  const { named, open } = portsOf(type, config);
  return open || named.some((port) => port !== 'error' && !bodies.has(port) && !mapped.has(port));
}

/** Whether a `parallel` goes on by `done` only when all of its branches have ended well. */
function joinsAll(config: unknown): boolean {
  const { join = 'all', onBranchError = 'fail' } = isObject(config) ? config : {};
  return join === 'all' && onBranchError === 'fail';
}

type FoundPorts = ReadonlyMap<string, Target>;
const NO_PORTS: FoundPorts = new Map();

/** The ports by which a step begins what it then waits for. */
function bodyPorts(step: FoundStep): readonly string[] {
  if (step.type === 'loop') return LOOP_BODY;
  return step.type === 'parallel' ? branchesOf(step.config) : NO_BODIES;
}

const LOOP_BODY: readonly string[] = ['next'];
const NO_BODIES: readonly string[] = [];
