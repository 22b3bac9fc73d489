/**
 * The language in its normal form: one source for the types, the structural check (`structure.ts`) and the published
 * JSON Schema (`published-schema.ts`). What other spellings authors may use, and what they become, is `dialects.ts`.
 * Described here are the fields that an author must give, as the check says what is missing, and how those are written that
 * are often given in another shape; all others in `descriptions.ts`, which only the published schema loads.
 */
import {
  anyJson,
  anyObject,
  choice,
  computedNumber,
  flag,
  KEY_PATTERN,
  list,
  must,
  NAME_PATTERN,
  number,
  object,
  record,
  type Schema,
  type Static,
  text,
} from './schema-builder.js';

// --- Failure and time ------------------------------------------------------------------------------------------------

export const retryPolicy = object({
  maxAttempts: must(number({ type: 'integer', minimum: 1, maximum: 1000 })),
  initialDelay: must(number({ minimum: 0 })),
  multiplier: must(number({ minimum: 1 })),
  maxDelay: must(number({ minimum: 0 })),
  jitter: must(number({ minimum: 0, maximum: 1 })),
  retryOn: list(text()),
  nonRetryable: list(text()),
});

const timeout = number({ minimum: 1 });

// --- Parameters ------------------------------------------------------------------------------------------------------

export const PARAMETER_TYPES = [
  'string',
  'text',
  'textarea',
  'email',
  'url',
  'password',
  'secret',
  'date',
  'datetime',
  'time',
  'number',
  'integer',
  'int',
  'float',
  'boolean',
  'bool',
  'checkbox',
  'select',
  'enum',
  'multiselect',
  'array',
  'list',
  'object',
  'json',
  'file',
] as const;

const validation = object({
  pattern: text(),
  minLength: number({ type: 'integer', minimum: 0 }),
  maxLength: number({ type: 'integer', minimum: 0 }),
  min: number(),
  max: number(),
  minItems: number({ type: 'integer', minimum: 0 }),
  maxItems: number({ type: 'integer', minimum: 0 }),
  enum: list(anyJson()),
});

const dataProvider = object({
  name: must(text('Name of the data provider.', { minLength: 1 })),
  inputs: anyObject(),
});

export const parameterShape = object({
  name: must(text('The key in `input`.', { minLength: 1, maxLength: 128, pattern: KEY_PATTERN })),
  type: must(choice('What kind of value it is, and which form field shows it.', PARAMETER_TYPES)),
  label: text(),
  required: flag(),
  default: anyJson(),
  help: text(),
  placeholder: text(),
  validation,
  options: list(anyJson()),
  dataProvider,
});

// --- Steps -----------------------------------------------------------------------------------------------------------

const name = text();
const description = text();

const resultKey = text({
  minLength: 1,
  pattern: KEY_PATTERN,
});

/** The config of each type of step. */
export const stepConfigs = {
  trigger: object({
    name,
    description,
    type: choice(['manual', 'schedule', 'webhook', 'event']),
    path: text(),
    eventType: text(),
    filter: text(),
    context: anyObject(),
  }),
  action: object({
    name,
    description,
    type: must(text('The type of the action, such as email_send.', { minLength: 1 })),
    parameters: anyObject(),
    timeout,
    totalTimeout: timeout,
    retry: retryPolicy,
    idempotent: flag(),
    compensate: object({
      type: must(text('The type of the action, such as payment_refund.', { minLength: 1 })),
      parameters: anyObject(),
    }),
    resultKey,
  }),
  llm: object({
    name,
    description,
    systemPrompt: must(text('The role of the model.')),
    userPrompt: text(),
    model: text(),
    temperature: computedNumber({ minimum: 0, maximum: 2 }),
    maxTokens: computedNumber({ minimum: 1 }),
    outputFormat: choice(['text', 'json']),
    outputSchema: anyJson({ type: ['object', 'boolean'] }),
    tools: list(text({ minLength: 1 })),
    maxToolRounds: number({
      type: 'integer',
      minimum: 1,
      maximum: 100,
    }),
    maxRepairs: number({
      type: 'integer',
      minimum: 0,
      maximum: 10,
    }),
    resultKey,
    timeout,
    totalTimeout: timeout,
    retry: retryPolicy,
    idempotent: flag(),
  }),
  condition: object({
    name,
    description,
    expression: must(text('Goes to `true` when it holds, else to `false`.', { minLength: 1 })),
  }),
  switch: object({
    name,
    description,
    cases: list(
      object({
        when: must(text('An expression.', { minLength: 1 })),
        port: must(text('The port taken when it holds.', { minLength: 1 })),
        description,
      }),
    ),
    value: anyJson({ type: ['string', 'number', 'boolean'] }),
  }),
  loop: object({
    name,
    description,
    items: anyJson({ type: ['string', 'array'] }),
    while: text({ minLength: 1 }),
    itemVariable: text({ pattern: NAME_PATTERN }),
    concurrency: number({ type: 'integer', minimum: 1 }),
    maxIterations: number({ type: 'integer', minimum: 1 }),
    continueOnError: flag(),
    collect: anyJson(),
  }),
  parallel: object({
    name,
    description,
    branches: must(list('The ports that begin the branches.', text({ minLength: 1 }))),
    join: anyJson({ type: ['string', 'integer'] }),
    onBranchError: choice(['fail', 'continue']),
  }),
  wait: object({
    name,
    description,
    for: anyJson({ type: ['number', 'string'] }),
    until: anyJson({ type: ['number', 'string'] }),
  }),
  wait_for_event: object({
    name,
    description,
    event: must(text('The name of the event; a template is allowed.', { minLength: 1 })),
    match: text({ minLength: 1 }),
    timeout,
  }),
  approval: object({
    name,
    description: text(),
    title: text(),
    fields: list('Such as `[{"name": "city", "type": "text"}]`.', parameterShape),
    approvers: anyJson({ type: ['string', 'array'] }),
    timeout,
  }),
  workflow: object({
    name,
    description,
    workflow: must(text('The slug of the workflow; a template is allowed.', { minLength: 1 })),
    version: text({ minLength: 1 }),
    input: anyObject(),
    mode: choice(['wait', 'detach']),
    timeout,
    retry: retryPolicy,
  }),
  output: object({
    name,
    description,
    mapping: must(anyJson('A template of any shape.')),
  }),
  fail: object({
    name,
    description,
    code: text(),
    message: text(),
  }),
} as const satisfies Readonly<Record<string, Schema<unknown>>>;

export type StepType = keyof typeof stepConfigs;
export type StepConfig<T extends StepType> = Static<(typeof stepConfigs)[T]>;

export function isStepType(type: string): type is StepType {
  return Object.hasOwn(stepConfigs, type);
}

const setVariables = object({
  variables: must(
    list(
      object({
        name: must(text('The name of the variable.', { pattern: NAME_PATTERN })),
        value: must(anyJson('Its value; templates in every text.')),
        secure: flag(),
      }),
    ),
  ),
});
/** The parameters of the action type `set_variables`. */
export const setVariablesParameters = setVariables;

/** A step, its config apart: that depends on its type. */
export const stepShape = object({
  stepSlug: must(text('Names the step in `nextSteps` and in `steps.<slug>`.')),
  name,
  description,
  stepType: must(text('What the step does.')),
  config: anyObject(),
  nextSteps: record(
    'For each port the step that it leads to, or `end`: `{"success": "next_step"}`.',
    text('One step: several begin at a `parallel`.', { minLength: 1 }),
  ),
  metadata: anyObject(),
});

// --- The whole -------------------------------------------------------------------------------------------------------

const secret = object('Such as `{"kind": "reference", "name": "API_KEY"}`.', {
  kind: must(choice('By name, or as text that only the host can decrypt.', ['reference', 'inlineEncrypted'])),
  name: text({ pattern: KEY_PATTERN }),
  cipherText: text(),
});

const config = object({
  timeout,
  retryPolicy,
  variables: anyObject(),
  secrets: record(secret),
  schedule: object('Such as `{"cron": "0 9 * * 1"}`.', {
    cron: must(text('A cron expression of five to seven fields, or @daily and the like.', { minLength: 1 })),
    timezone: text({ minLength: 1 }),
    overlap: choice(['skip', 'queue', 'allow']),
    catchUp: choice(['none', 'one', 'all']),
  }),
  concurrency: object({
    key: text(),
    limit: must(number('The most at once.', { type: 'integer', minimum: 1 })),
    onLimit: choice(['queue', 'refuse']),
  }),
  limits: object({
    maxSteps: number({
      type: 'integer',
      minimum: 1,
      maximum: 10_000_000,
    }),
  }),
  onError: text({ minLength: 1 }),
  output: anyJson(),
});

export const workflowShape = object({
  name: must(text('Shown to people.', { minLength: 1, maxLength: 200 })),
  slug: must(text()),
  version: must(text({ minLength: 1, maxLength: 64 })),
  description,
  category: text(),
  tags: list(text()),
  workflowType: text(),
  parameters: list('Such as `[{"name": "city", "type": "text"}]`; a JSON Schema is `inputSchema`.', parameterShape),
  inputSchema: anyJson({ type: ['object', 'boolean'] }),
  config,
  steps: must(list('A list of steps, each with a `stepSlug` and a `stepType`.', anyJson())),
  metadata: anyObject(),
});

export type WorkflowFields = Static<typeof workflowShape>;
export type StepFields = Static<typeof stepShape>;
/** One declared parameter, as forms, API schemas and the check of the input see it. */
export type Parameter = Static<typeof parameterShape>;
/** The normal form of a whole definition. */
export type WorkflowDefinition = WorkflowFields & { readonly steps: readonly StepFields[] };
