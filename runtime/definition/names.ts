import { type DeclaredInputs, strayRead } from './declared-inputs.js';
import type { Flow } from './flow.js';
import { nameHint } from './habits.js';
import type { IssueList } from './issues.js';
import { didYouMean } from './nearest.js';

/** What there is under a name of the language's own. */
const MEMBERS: ReadonlyMap<string, readonly string[]> = /* @__PURE__ */ new Map([
  ['step', ['output', 'error', 'attempts']],
  ['loop', ['item', 'index', 'items', 'isLast', 'parent']],
  ['error', ['code', 'message', 'stepSlug', 'details', 'attempts']],
]);

/** Names that every expression can see (language.md §3). */
const ROOT_NAMES: ReadonlySet<string> = new Set([
  'input',
  'steps',
  'loop',
  'variables',
  'config',
  'secrets',
  'organizationId',
  'wfDefinitionId',
  'rootWfDefinitionId',
  'executionId',
  'threadId',
  'lastOutput',
  'error',
  'now',
  '$now',
  'nowMs',
]);

/** What a compiled expression or template reads. */
export interface Uses {
  readonly paths: readonly (readonly string[])[];
  /** Names read in a template's sections, where they may be an item's own. */
  readonly sectionNames?: ReadonlySet<string>;
}

/** Whether a secret may be read. */
export function readsSecrets(uses: Uses): boolean {
  for (const path of uses.paths) if (path[0] === 'secrets') return true;
  return uses.sectionNames?.has('secrets') === true;
}

/** From where something is read. */
export interface Viewpoint {
  /** Index of the step; undefined for what belongs to the workflow. */
  readonly step?: number | undefined;
  /** Loops whose item is in sight, outermost first. */
  readonly loops: readonly number[];
  readonly secretsAllowed: boolean;
  /** Names that are only in sight here. */
  readonly also?: readonly string[] | undefined;
  /** Whether it is read when the step itself, or one round of it, is done. */
  readonly afterItself?: boolean | undefined;
  /** Whether it is read before there is an execution. */
  readonly beforeAll?: boolean | undefined;
}

export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** What of a definition names refer to. */
export interface Known {
  /** Index by slug. */
  readonly steps: ReadonlyMap<string, number>;
  readonly slugs: ReadonlySet<string>;
  readonly flow: Flow;
  readonly inputs: DeclaredInputs;
  /** `config.variables` and inputs: readable without a prefix. */
  readonly given: ReadonlySet<string>;
  /** Slugs of the steps that set variables. */
  readonly setters: ReadonlySet<string>;
  /** The variables that they set, readable alike, and whether each is set as secure only. */
  readonly assigned: ReadonlyMap<string, boolean>;
  /** All of these, as `variables` has them. */
  readonly variables: readonly string[];
  readonly secrets: ReadonlySet<string>;
  /** The `itemVariable` of a loop, by the index of the loop. */
  readonly itemVariables: ReadonlyMap<number, string>;
  readonly issues: IssueList;
}

/** Finds names that mean nothing, before anything runs. */
export function nameProblems(known: Known, uses: Uses, from: Viewpoint): readonly Problem[] {
  let found: Problem[] | undefined;
  if (!from.secretsAllowed && readsSecrets(uses)) found = [SECRET_NOT_ALLOWED];
  for (const path of uses.paths) {
    found = added(found, rootProblem(known, path[0] ?? '', from));
    found = added(found, maskProblem(known, path, from));
    found = added(found, pathProblem(known, path, from));
  }
  return found ?? NO_PROBLEMS;
}

function rootProblem(known: Known, name: string, from: Viewpoint): Problem | undefined {
  if (from.beforeAll && (NOT_YET.has(name) || (isSetLater(known, name) && !known.given.has(name)))) {
    const message = `\`${name}\` is nothing yet before the first step, when this is read.`;
    return { severity: 'warning', code: 'NOT_YET_KNOWN', message, hint: 'There are `input` and `config`.' };
  }
  if (name === 'loop') return from.loops.length === 0 ? NOT_IN_A_LOOP : undefined;
  return ROOT_NAMES.has(name) || isInSight(known, name, from) ? undefined : unknownName(known, name, from);
}

function isInSight(known: Known, name: string, from: Viewpoint): boolean {
  return (
    known.given.has(name) || known.assigned.has(name) || from.also?.includes(name) === true || isItem(known, name, from)
  );
}

function isSetLater({ assigned }: Known, name: string): boolean {
  return assigned.has(name) || name === 'threadId';
}

function isItem(known: Known, name: string, { loops }: Viewpoint): boolean {
  for (const loop of loops) if (known.itemVariables.get(loop) === name) return true;
  return false;
}

/**
 * What is secure is made anew for the effects that may read secrets; anything else is given what stands for it, and so is
 * who reads the result of the step that set it.
 */
function maskProblem(known: Known, path: readonly string[], from: Viewpoint): Problem | undefined {
  if (known.assigned.size === 0) return undefined;
  const [root = '', key = '', field, member] = path;
  const ofStep = root === 'steps' && field === 'output' && known.setters.has(key);
  const name = ofStep ? (member ?? '') : root === 'variables' ? key : root;
  if (known.assigned.get(name) !== true) return undefined;
  const isHidden = name === root && (ROOT_NAMES.has(root) || isItem(known, root, from));
  if (isHidden || (from.secretsAllowed && !ofStep)) return undefined;
  return {
    severity: 'warning',
    code: 'SECRET_MASKED',
    message: `\`${name}\` is secure: what is read here is its mask, not its value.`,
    hint: `Its value is \`secrets.${name}\`, in the parameters of an action and in what an \`llm\` step sends.`,
  };
}

function unknownName(known: Known, name: string, from: Viewpoint): Problem {
  const meant = (): string | undefined => {
    const items = from.loops.flatMap((loop) => known.itemVariables.get(loop) ?? []);
    const candidates = [...ROOT_NAMES, ...(from.also ?? []), ...items, ...known.variables];
    return didYouMean(name, candidates);
  };
  const hint = known.steps.has(name)
    ? `A step is read as \`steps.${name}.output\`.`
    : (known.issues.hint(meant) ??
      nameHint(name) ??
      'Values are read from `input`, `steps.<slug>.output`, `variables`, `loop.item` and the like; a text stands in quotes.');
  return { severity: 'error', code: 'UNKNOWN_NAME', message: `Nothing is called \`${name}\` here.`, hint };
}

function pathProblem(known: Known, path: readonly string[], from: Viewpoint): Problem | undefined {
  const name = path[1];
  if (name === undefined) return undefined;
  if (path[0] === 'steps') return stepProblem(known, name, path[2], from);
  if (path[0] === 'input') return inputProblem(known, path);
  // Outside of every loop that is said of `loop` itself.
  if (path[0] === 'loop' && from.loops.length === 0) return undefined;
  return path[0] === 'secrets' ? secretProblem(known, name) : memberProblem(known, path[0] ?? '', name);
}

function stepProblem(known: Known, slug: string, field: string | undefined, from: Viewpoint): Problem | undefined {
  const index = known.steps.get(slug);
  if (index === undefined && known.slugs.has(slug)) return undefined;
  if (index === undefined) {
    const hint = known.issues.hint(() => {
      const dashed = field === undefined && [...known.slugs].find((one) => one.startsWith(`${slug}-`));
      return dashed ? `Write \`steps['${dashed}']\`.` : didYouMean(slug, known.slugs);
    });
    return { severity: 'error', code: 'UNKNOWN_STEP_REFERENCE', message: `There is no step \`${slug}\`.`, hint };
  }
  const hint = `Its result is \`steps.${slug}.output.${field}\`.`;
  return memberProblem(known, 'step', field, hint) ?? mayNotHaveRun(known, index, slug, from);
}

/** An error only of a step: what has no such member is nothing, and a definition that reads it may be at work. */
function memberProblem(known: Known, owner: string, name: string | undefined, hint?: string): Problem | undefined {
  if (name === undefined) return undefined;
  const members = owner === 'variables' ? known.variables : MEMBERS.get(owner);
  const isMember = owner === 'variables' ? known.given.has(name) || known.assigned.has(name) : members?.includes(name);
  if (members === undefined || isMember) return undefined;
  return {
    severity: hint === undefined ? 'warning' : 'error',
    code: 'UNKNOWN_NAME',
    message: `\`${owner}\` has ${members.slice(0, 9).join(', ')}, not \`${name}\`.`,
    hint: known.issues.hint(() => didYouMean(name, members)) ?? hint,
  };
}

function mayNotHaveRun({ flow }: Known, index: number, slug: string, from: Viewpoint): Problem | undefined {
  if (from.step === undefined || !flow.reachable(from.step)) return undefined;
  const isAround = flow.enclosing[from.step]?.includes(index) === true;
  if (!isAround && flow.precedes(index, from.step)) return undefined;
  if (from.afterItself === true && (index === from.step || flow.precedesReturn(index, from.step))) return undefined;
  const message = isAround
    ? `Step \`${slug}\` has no result yet where this is read, in its body.`
    : index === from.step
      ? `Step \`${slug}\` reads its own result, which is only there when it was visited before.`
      : `Step \`${slug}\` may not have run when this is read: not every way here passes it.`;
  return { severity: 'warning', code: 'STEP_MAY_NOT_HAVE_RUN', message };
}

function inputProblem({ inputs, issues }: Known, path: readonly string[]): Problem | undefined {
  const stray = strayRead(inputs, path, issues);
  if (stray === undefined) return undefined;
  return {
    severity: 'warning',
    code: 'UNKNOWN_INPUT',
    message: `Nothing declares \`${stray.path}\`.`,
    hint: stray.hint ?? 'Declare it as the other inputs are.',
  };
}

function secretProblem(known: Known, name: string): Problem | undefined {
  if (known.secrets.has(name)) return undefined;
  return {
    severity: 'warning',
    code: 'UNKNOWN_SECRET',
    message: `No secret \`${name}\` is declared.`,
    hint: known.issues.hint(() => didYouMean(name, known.secrets)) ?? `Declare it under \`config.secrets.${name}\`.`,
  };
}

/** Lists are made only where there is something to put in them: mostly there is nothing. What is known is said once. */
function added(list: Problem[] | undefined, problem: Problem | undefined): Problem[] | undefined {
  if (problem === undefined || list?.some(({ message }) => message === problem.message)) return list;
  if (list === undefined) return [problem];
  list.push(problem);
  return list;
}

/** What is read of an execution that has not begun. */
const NOT_YET: ReadonlySet<string> = new Set(['steps', 'loop', 'variables', 'lastOutput', 'error']);
const NO_PROBLEMS: readonly Problem[] = [];
const SECRET_NOT_ALLOWED: Problem = {
  severity: 'error',
  code: 'SECRET_NOT_ALLOWED',
  message: 'A secret may only be read in the parameters of an action, and in what an `llm` step sends.',
  hint: 'Hand it to the action that needs it; everything else is kept in the history.',
};
const NOT_IN_A_LOOP: Problem = {
  severity: 'warning',
  code: 'NOT_IN_A_LOOP',
  message: '`loop` is read outside the body of every loop, where it is undefined.',
};
