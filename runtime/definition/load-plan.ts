import { type Issue, ValidationError } from '../errors.js';
import type { ExpressionOptions } from '../expression/compile.js';
import type { FunctionRegistry } from '../expression/functions.js';
import { limitsOf } from '../expression/limits.js';
import type { BuiltinFunction } from '../expression/registry.js';
import type { Json } from '../json.js';
import type { SecretReference } from '../ports.js';
import { isList, isObject, shieldLike } from './json-copy.js';
import { readsSecrets } from './names.js';
import type { Compensation, Plan, PlanConfig, PlanStep, RetryPolicy, Target } from './plan.js';
import { PLAN_FORMAT, PLAN_VERSION } from './plan-format.js';
import {
  checked,
  flag,
  json,
  jsonObject,
  key,
  list,
  maybe,
  number,
  object,
  oneOf,
  type Read,
  Reading,
  record,
  text,
  type Variants,
  variant,
  whole,
} from './reading.js';
import type { Parameter } from './schema.js';
import { RESERVED_PORTS, SLUG } from './slug.js';
import { checkBodies } from './stored-bodies.js';
import { StoredTexts } from './stored-texts.js';

/**
 * Makes a plan that `storePlan` has stored ready to run, without the compiler: what it does, and how it fails, is what
 * the plan does that was stored. The functions of the language are loaded where it calls one.
 *
 * Whoever made it, it can do no more than a definition could. That it does what the definition in it says, only who
 * compiles that can tell: where that matters, load plans only from where you store them.
 * @param options the functions that the host has, and the limits that hold here, as for `compile`
 * @throws ValidationError `PLAN_INVALID` with a JSON pointer to what is wrong, `PLAN_VERSION` for another version of the
 * form, or `FUNCTION_NOT_FOUND` where it calls functions that are not among these: `details.functions` names them
 */
export async function loadPlan(stored: unknown, options?: ExpressionOptions): Promise<Plan> {
  const reading = new Reading();
  const given = reading.object(stored);
  reading.field(given, 'format', oneOf(PLAN_FORMAT));
  requireVersion(reading.field(given, 'version', whole(1)));
  const called = reading.field(given, 'functions', list(key));
  const texts = new StoredTexts(limitsOf(options), await functionsOf(called, options));
  texts.read(given, reading);
  const plan = readPlan(given, reading, texts);
  await checkPatternsOf(plan, reading);
  return plan;
}

function requireVersion(version: number): void {
  if (version === PLAN_VERSION) return;
  const newer = version > PLAN_VERSION ? 'update this runtime, or ' : '';
  const path = '/version';
  const message = `The plan is stored in version ${version} of its form, and this runtime reads version ${PLAN_VERSION}: ${newer}store it again.`;
  const issue: Issue = { code: 'PLAN_VERSION', severity: 'error', path, field: 'version', message };
  throw new ValidationError(message, [issue], { code: 'PLAN_VERSION', field: path, details: { version } });
}

/** Those that are called. Mostly none is, and then none is loaded. */
async function functionsOf(
  called: readonly string[],
  options: ExpressionOptions | undefined,
): Promise<ReadonlyMap<string, BuiltinFunction>> {
  const own: FunctionRegistry = (options && Object.hasOwn(options, 'functions') && options.functions) || new Map();
  const builtin: FunctionRegistry = called.every((name) => own.has(name))
    ? own
    : (await import('../expression/functions.js')).builtinFunctions;
  const functions = new Map<string, BuiltinFunction>();
  for (const name of called) {
    const definition = own.get(name) ?? builtin.get(name);
    if (definition !== undefined) functions.set(name, definition);
  }
  const missing = called.filter((name) => !functions.has(name));
  if (missing.length > 0) throw (await import('./missing-functions.js')).missingFromPlan(missing);
  return functions;
}

function readPlan(given: object, reading: Reading, texts: StoredTexts): Plan {
  const definition = reading.field(given, 'definition', jsonObject);
  const { slug, name, version } = reading.at('definition', definition, head);
  const order = reading.field(given, 'steps', list(stepReader(texts)));
  const steps = new Map(order.map((step) => [step.slug, step]));
  const known = checked(text, (one) => (steps.has(one) ? undefined : 'There is no such step.'));
  const config = reading.field(given, 'config', configReader(texts, known));
  const plan: Plan = {
    hash: reading.field(given, 'hash', checked(text, isNoHash)),
    definition,
    slug,
    name,
    version,
    entry: reading.field(given, 'entry', known),
    steps,
    order: Object.freeze(order.map((step) => Object.freeze(shieldLike(step, definition)))),
    config: Object.freeze(shieldLike(config, definition)),
  };
  reading.at('steps', plan, () => checkBodies(plan, reading));
  return Object.freeze(plan);
}

function isNoHash(hash: string): string | undefined {
  return /^[0-9a-f]{64}$/.test(hash) ? undefined : 'There must be a SHA-256, in hex, here.';
}

/** What looks at patterns is loaded where there may be one. */
async function checkPatternsOf({ definition, order }: Plan, reading: Reading): Promise<void> {
  const { parameters, inputSchema } = definition;
  const asked = order.flatMap((step) => (step.type === 'approval' ? step.fields : []));
  const patterns = [...(isList(parameters) ? parameters : []), ...asked].flatMap(patternOf);
  const answers = order.map((step) => (step.type === 'llm' ? step.outputSchema : undefined));
  const schemas = [inputSchema, ...answers].filter((schema) => schema !== undefined);
  if (patterns.length + schemas.length === 0) return;
  await (await import('./stored-patterns.js')).checkPatterns(patterns, schemas, reading);
}

function patternOf(parameter: Json): string[] {
  const pattern = isObject(parameter) && isObject(parameter.validation) && parameter.validation.pattern;
  return typeof pattern === 'string' ? [pattern] : [];
}

const head: Read<Pick<Plan, 'slug' | 'name' | 'version'>> = (value, reading) => {
  const given = reading.object(value);
  const of = (field: string) => reading.field(given, field, text);
  return { slug: of('slug'), name: of('name'), version: of('version') };
};

// --- Config ----------------------------------------------------------------------------------------------------------

const milliseconds = number(1);

const retryPolicy: Read<RetryPolicy> = object<RetryPolicy>({
  maxAttempts: whole(1, 1000),
  initialDelay: number(0),
  multiplier: number(1),
  maxDelay: number(0),
  jitter: number(0, 1),
  retryOn: maybe(list(text)),
  nonRetryable: maybe(list(text)),
});

const secretReference: Read<SecretReference> = (value, reading) => {
  const kind = reading.field(reading.object(value), 'kind', oneOf('reference', 'inlineEncrypted'));
  return kind === 'reference'
    ? object<Extract<SecretReference, { kind: 'reference' }>>({ kind: oneOf(kind), name: text })(value, reading)
    : object<Extract<SecretReference, { kind: 'inlineEncrypted' }>>({ kind: oneOf(kind), cipherText: text })(
        value,
        reading,
      );
};

function configReader(texts: StoredTexts, known: Read<string>): Read<PlanConfig> {
  const template = withoutSecrets(texts.template);
  return object<PlanConfig>({
    timeout: maybe(milliseconds),
    retry: maybe(retryPolicy),
    variables: jsonObject,
    secrets: record(secretReference),
    onError: maybe(known),
    output: maybe(template),
    maxSteps: whole(1, 10_000_000),
    concurrency: maybe(
      object<NonNullable<PlanConfig['concurrency']>>({
        key: maybe(template),
        limit: whole(1),
        onLimit: oneOf('queue', 'refuse'),
      }),
    ),
  });
}

/** Whose values may be read in few places only: everything else is kept in the history. */
function withoutSecrets<T extends Parameters<typeof readsSecrets>[0]>(read: Read<T>): Read<T> {
  return checked(read, (made) => (readsSecrets(made) ? 'No secret may be read here.' : undefined));
}

// --- Steps -----------------------------------------------------------------------------------------------------------

type WithoutReads<S> = S extends PlanStep ? Omit<S, 'readsSecrets'> : never;
/** A step, what it reads apart: that is found out. */
type StoredStep = WithoutReads<PlanStep>;
type StepOf<T extends PlanStep['type']> = Extract<PlanStep, { readonly type: T }>;

function stepReader(texts: StoredTexts): Read<PlanStep> {
  const readStep = checked(variant<StoredStep>(fieldsOf(texts)), stepFault);
  const seen = new Set<string>();
  return (value, reading) => {
    const step = readStep(value, reading);
    if (step.index !== seen.size || seen.has(step.slug)) reading.fail('The steps are not in their order.');
    seen.add(step.slug);
    return withReads(step);
  };
}

function withReads(step: StoredStep): PlanStep {
  switch (step.type) {
    case 'action':
      return { ...step, readsSecrets: readsSecrets(step.parameters) };
    case 'llm':
      return { ...step, readsSecrets: readsSecrets(step.request) };
    case 'workflow':
      return { ...step, readsSecrets: false };
    default:
      return step;
  }
}

/** What the fields do not say one by one. */
function stepFault(step: StoredStep): string | undefined {
  switch (step.type) {
    case 'loop': {
      const { items, while: holds, concurrency } = step;
      const both = (items === undefined) === (holds === undefined);
      return both || (holds && concurrency > 1) ? 'A loop goes over items, or on in rounds.' : undefined;
    }
    case 'parallel': {
      const { branches, join = 1 } = step;
      const enough = new Set(branches).size >= Math.max(branches.length, join);
      return enough && !branches.some((one) => RESERVED_PORTS.includes(one))
        ? undefined
        : 'Nobody can wait for these branches.';
    }
    case 'wait':
      return (step.for === undefined) === (step.until === undefined)
        ? 'A wait is for a time, or until one.'
        : undefined;
    default:
      return undefined;
  }
}

const slug = checked(text, (given) =>
  SLUG.test(given) && given !== '__proto__' ? undefined : 'This cannot name a step.',
);

const target: Read<Target> = (value, reading) =>
  value === null ? { kind: 'end' } : { kind: 'step', slug: slug(value, reading) };

const frame = {
  slug,
  name: text,
  index: whole(0),
  ports: (value: unknown, reading: Reading) => new Map(Object.entries(record(target)(value, reading))),
  enclosing: list(slug),
};

const effect = {
  retry: maybe(retryPolicy),
  timeout: maybe(milliseconds),
  totalTimeout: maybe(milliseconds),
  idempotent: maybe(flag),
  resultKey: maybe(key),
};

/** What more there is to a parameter is looked at by whoever checks what is filled in. */
const parameter: Read<Parameter> = (value, reading) => {
  const copy = reading.json(value);
  return isParameter(copy) ? copy : reading.fail('There must be a parameter with a name and a type here.');
};

function isParameter(value: unknown): value is Parameter {
  return isObject(value) && typeof value.name === 'string' && typeof value.type === 'string';
}

/** Every type of step with its fields, each with what may stand there. */
function fieldsOf({ template: anyTemplate, expression: anyExpression }: StoredTexts): Variants<StoredStep> {
  const template = withoutSecrets(anyTemplate);
  const expression = withoutSecrets(anyExpression);
  return {
    trigger: { ...frame, config: jsonObject },
    action: {
      ...frame,
      ...effect,
      action: text,
      parameters: anyTemplate,
      compensate: maybe(object<Compensation>({ action: text, parameters: template })),
    },
    set_variables: { ...frame, assignments: list(checked(assignment(anyTemplate), assignmentFault)) },
    llm: {
      ...frame,
      ...effect,
      request: anyTemplate,
      outputFormat: oneOf('text', 'json'),
      outputSchema: maybe(json),
      tools: list(text),
      maxToolRounds: maybe(whole(1, 100)),
      maxRepairs: maybe(whole(0, 10)),
    },
    condition: { ...frame, expression },
    switch: {
      ...frame,
      cases: list(object<StepOf<'switch'>['cases'][number]>({ when: expression, port: text })),
      value: maybe(template),
    },
    loop: {
      ...frame,
      items: maybe(template),
      while: maybe(expression),
      itemVariable: maybe(key),
      maxIterations: maybe(whole(1)),
      collect: maybe(template),
      concurrency: whole(1),
      continueOnError: flag,
    },
    parallel: { ...frame, branches: list(key), join: maybe(whole(1)), onBranchError: oneOf('fail', 'continue') },
    wait: { ...frame, for: maybe(template), until: maybe(template) },
    wait_for_event: { ...frame, event: template, match: maybe(expression), timeout: maybe(milliseconds) },
    approval: { ...frame, request: template, fields: list(parameter), timeout: maybe(milliseconds) },
    workflow: { ...frame, ...effect, request: template, mode: oneOf('wait', 'detach') },
    output: { ...frame, mapping: template },
    fail: { ...frame, code: template, message: template },
  };
}

type Assignment = StepOf<'set_variables'>['assignments'][number];

function assignment(value: Read<Assignment['value']>): Read<Assignment> {
  return object<Assignment>({ name: key, value, secure: maybe(flag) });
}

function assignmentFault({ value, secure }: Assignment): string | undefined {
  return secure !== true && readsSecrets(value) ? 'No secret may be read here.' : undefined;
}
