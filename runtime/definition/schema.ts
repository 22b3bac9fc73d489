/**
 * The language in its normal form: one source for the types, the structural check (`structure.ts`) and the published
 * JSON Schema (`published-schema.ts`). What other spellings authors may use, and what they become, is `dialects.ts`.
 */
import {
  any,
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

const retryPolicy = object('How failed attempts are repeated. Delays grow by `multiplier` up to `maxDelay`.', {
  maxAttempts: must(number('Attempts in all, the first one included.', { type: 'integer', minimum: 1, maximum: 1000 })),
  initialDelay: must(number('Milliseconds before the second attempt.', { minimum: 0 })),
  multiplier: must(number('What each delay is multiplied by to give the next.', { minimum: 1 })),
  maxDelay: must(number('The longest delay, in milliseconds.', { minimum: 0 })),
  jitter: must(number('The part of each delay that is drawn at random: 0 to 1.', { minimum: 0, maximum: 1 })),
  retryOn: list('Error codes to retry; all retryable ones when absent.', text('An error code.')),
  nonRetryable: list('Error codes never to retry.', text('An error code.')),
});

const timeout = (what: string) => number(`Milliseconds granted to ${what}.`, { minimum: 1 });

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

const validation = object('Limits on the value of a parameter.', {
  pattern: text('A regular expression that must match somewhere in the text; anchor it with ^ and $ for the whole.'),
  minLength: number('The fewest characters of a text.', { type: 'integer', minimum: 0 }),
  maxLength: number('The most characters of a text.', { type: 'integer', minimum: 0 }),
  min: number('The least value of a number.'),
  max: number('The greatest value of a number.'),
  minItems: number('The fewest entries of a list.', { type: 'integer', minimum: 0 }),
  maxItems: number('The most entries of a list.', { type: 'integer', minimum: 0 }),
  enum: list('The values allowed.', any('A value.')),
});

const dataProvider = object('Where the options of a form field come from.', {
  name: must(text('Name of the data provider.', { minLength: 1 })),
  inputs: anyObject('What the provider is asked with; templates allowed.'),
});

export const parameterShape = object('One value that the workflow is started with.', {
  name: must(text('The key in `input`.', { minLength: 1, maxLength: 128, pattern: KEY_PATTERN })),
  type: must(choice('What kind of value it is, and which form field shows it.', PARAMETER_TYPES)),
  label: text('Shown to people; the name when absent.'),
  required: flag('Whether a start without it is refused.'),
  default: any('Taken when the value is absent.'),
  help: text('Explains the field to people.'),
  placeholder: text('Shown in an empty field.'),
  validation,
  options: list('The choices of a `select` or `multiselect`: plain values, or `{value, label}`.', any('A choice.')),
  dataProvider,
});

// --- Steps -----------------------------------------------------------------------------------------------------------

const name = text('Shown to people.');
const description = text('Says what it is for.');

const resultKey = text('Puts an answer that has no such key of its own under this key of the output.', {
  minLength: 1,
  pattern: KEY_PATTERN,
});

/** The config of each type of step. */
export const stepConfigs = {
  trigger: object('How the workflow is started.', {
    name,
    description,
    type: choice('What starts it.', ['manual', 'schedule', 'webhook', 'event']),
    path: text('For a webhook: the path it answers.'),
    eventType: text('For an event: its name, such as customer.created.'),
    filter: text('For an event: an expression over `event` that must hold.'),
    context: anyObject('Free-form notes about the trigger.'),
  }),
  action: object('Does something in the world.', {
    name,
    description,
    type: must(text('The type of the action, such as email_send.', { minLength: 1 })),
    parameters: anyObject('What the action is given; templates in every text.'),
    timeout: timeout('each attempt'),
    totalTimeout: timeout('all attempts together, the waits between them included'),
    retry: retryPolicy,
    idempotent: flag('False: never performed again after a crash; the step fails with OUTCOME_UNKNOWN instead.'),
    compensate: object('The action that undoes this one when the execution fails or is cancelled later.', {
      type: must(text('The type of the action, such as payment_refund.', { minLength: 1 })),
      parameters: anyObject('What it is given; rendered when this step has succeeded, so its own output can be read.'),
    }),
    resultKey,
  }),
  llm: object('Asks a language model.', {
    name,
    description,
    systemPrompt: must(text('The role of the model.')),
    userPrompt: text('The task or the question.'),
    model: text('Which model; the host chooses when absent.'),
    temperature: computedNumber('0 (focused) to 2 (creative).', { minimum: 0, maximum: 2 }),
    maxTokens: computedNumber('The longest answer, in tokens.', { minimum: 1 }),
    outputFormat: choice('`json` parses the answer.', ['text', 'json']),
    outputSchema: any('A JSON Schema the answer must conform to.', { type: ['object', 'boolean'] }),
    tools: list('The actions the model may call, by type.', text('The type of an action.', { minLength: 1 })),
    maxToolRounds: number('How often the model may call tools; 8 when absent.', {
      type: 'integer',
      minimum: 1,
      maximum: 100,
    }),
    maxRepairs: number('How often a JSON answer that does not fit is sent back; 2 when absent.', {
      type: 'integer',
      minimum: 0,
      maximum: 10,
    }),
    resultKey,
    timeout: timeout('each attempt'),
    totalTimeout: timeout('all attempts together, the waits between them included'),
    retry: retryPolicy,
    idempotent: flag('False: never performed again after a crash; the step fails with OUTCOME_UNKNOWN instead.'),
  }),
  condition: object('Chooses between two ways.', {
    name,
    description,
    expression: must(text('Goes to `true` when it holds, else to `false`.', { minLength: 1 })),
  }),
  switch: object('Chooses one of several ways.', {
    name,
    description,
    cases: list(
      'The first case that holds gives the port.',
      object('A case.', {
        when: must(text('An expression.', { minLength: 1 })),
        port: must(text('The port taken when it holds.', { minLength: 1 })),
        description,
      }),
    ),
    value: any('A template: the text of its value names the port.', { type: ['string', 'number', 'boolean'] }),
  }),
  loop: object('Walks its body once for each item.', {
    name,
    description,
    items: any('A template that gives a list, or a list.', { type: ['string', 'array'] }),
    while: text('An expression; the body is walked as long as it holds.', { minLength: 1 }),
    itemVariable: text('A name for `loop.item` inside the body.', { pattern: NAME_PATTERN }),
    concurrency: number('How many iterations run at once.', { type: 'integer', minimum: 1 }),
    maxIterations: number('The most iterations allowed.', { type: 'integer', minimum: 1 }),
    continueOnError: flag('Whether a failed iteration lets the others go on.'),
    collect: any('An expression, or a template, per item; the results are the output of the loop, in item order.'),
  }),
  parallel: object('Walks several branches at once, and goes on when enough of them have ended.', {
    name,
    description,
    branches: must(list('The ports that begin the branches.', text('A port.', { minLength: 1 }))),
    join: any('How many branches must succeed: `all`, `any`, or a number.', { type: ['string', 'integer'] }),
    onBranchError: choice('`fail`: the first branch that fails, fails the step. `continue`: the others go on.', [
      'fail',
      'continue',
    ]),
  }),
  wait: object('Waits for a while, or until a time.', {
    name,
    description,
    for: any('Milliseconds, "90s", "1h 30m", "PT1H30M", or a template that gives one.', { type: ['number', 'string'] }),
    until: any('An ISO 8601 time, milliseconds since the epoch, or a template.', { type: ['number', 'string'] }),
  }),
  wait_for_event: object('Waits for an event from outside.', {
    name,
    description,
    event: must(text('The name of the event; a template is allowed.', { minLength: 1 })),
    match: text('An expression over `event`, its data, that must hold.', { minLength: 1 }),
    timeout: timeout('the wait'),
  }),
  approval: object('Waits until somebody approves or rejects.', {
    name,
    description: text('What is to be decided; templates allowed.'),
    title: text('The question, in a line; templates allowed.'),
    fields: list('What whoever decides is asked to fill in.', parameterShape),
    approvers: any('Who may decide: a list of names, or a template that gives one.', { type: ['string', 'array'] }),
    timeout: timeout('the decision'),
  }),
  workflow: object('Runs another workflow.', {
    name,
    description,
    workflow: must(text('The slug of the workflow; a template is allowed.', { minLength: 1 })),
    version: text('Its version; the active one when absent.', { minLength: 1 }),
    input: anyObject('Its input; templates in every text.'),
    mode: choice('`wait` for its end, or `detach`: go on at once with its id.', ['wait', 'detach']),
    timeout: timeout('the whole of it; it is cancelled then'),
    retry: retryPolicy,
  }),
  output: object('Ends the execution with this output.', {
    name,
    description,
    mapping: must(any('A template of any shape.')),
  }),
  fail: object('Ends the execution as failed.', {
    name,
    description,
    code: text('A code for programs.'),
    message: text('A message for people.'),
  }),
} as const satisfies Readonly<Record<string, Schema<unknown>>>;

export type StepType = keyof typeof stepConfigs;
export type StepConfig<T extends StepType> = Static<(typeof stepConfigs)[T]>;

export function isStepType(type: string): type is StepType {
  return Object.hasOwn(stepConfigs, type);
}

const setVariables = object('Sets variables, in order; later ones see earlier ones.', {
  variables: must(
    list(
      'The assignments.',
      object('An assignment.', {
        name: must(text('The name of the variable.', { pattern: NAME_PATTERN })),
        value: must(any('Its value; templates in every text.')),
        secure: flag('Keeps the value out of the journal: it is read as `secrets.<name>`.'),
      }),
    ),
  ),
});
/** The parameters of the action type `set_variables`. */
export const setVariablesParameters = setVariables;

/** A step, its config apart: that depends on its type. */
export const stepShape = object('One step of the workflow.', {
  stepSlug: must(text('Names the step in `nextSteps` and in `steps.<slug>`.')),
  name,
  description,
  stepType: must(text('What the step does.')),
  config: anyObject('What the step does it with; depends on `stepType`.'),
  nextSteps: record(
    'Where each port leads: the slug of a step, or `end`.',
    text('The slug of a step, or `end`.', { minLength: 1 }),
  ),
  metadata: anyObject('Free-form notes of editors; ignored by the runtime.'),
});

// --- The whole -------------------------------------------------------------------------------------------------------

const secret = object('A secret: never its value in plain text.', {
  kind: must(choice('By name, or as text that only the host can decrypt.', ['reference', 'inlineEncrypted'])),
  name: text('For `reference`: the name the host knows it by; the key when absent.', { pattern: KEY_PATTERN }),
  cipherText: text('For `inlineEncrypted`: the encrypted value.'),
});

const config = object('Settings of the whole workflow.', {
  timeout: timeout('the whole execution'),
  retryPolicy,
  variables: anyObject('Values that steps read by name and `set_variables` changes.'),
  secrets: record('Secrets by the name that steps read them under, as `secrets.<name>`.', secret),
  schedule: object('When the workflow starts by itself.', {
    cron: must(text('A cron expression of five to seven fields, or @daily and the like.', { minLength: 1 })),
    timezone: text('An IANA time zone; UTC when absent.', { minLength: 1 }),
    overlap: choice('What to do when the last run is not over.', ['skip', 'queue', 'allow']),
    catchUp: choice('What to do about runs that were missed.', ['none', 'one', 'all']),
  }),
  concurrency: object('How many executions with the same key may run at once.', {
    key: text('A template.'),
    limit: must(number('The most at once.', { type: 'integer', minimum: 1 })),
    onLimit: choice('What becomes of one more: it waits its turn, the default, or is refused.', ['queue', 'refuse']),
  }),
  limits: object('Bounds of one execution.', {
    maxSteps: number('The most visits to steps; STEP_LIMIT ends a runaway.', {
      type: 'integer',
      minimum: 1,
      maximum: 10_000_000,
    }),
  }),
  onError: text('The step that an unhandled failure goes to.', { minLength: 1 }),
  output: any('A template: the output of the execution.'),
});

export const workflowShape = object('A workflow.', {
  name: must(text('Shown to people.', { minLength: 1, maxLength: 200 })),
  slug: must(text('Names the workflow in addresses; derived from the name when absent.')),
  version: must(text('Free-form; 1.0.0 when absent.', { minLength: 1, maxLength: 64 })),
  description,
  category: text('Groups workflows in a list.'),
  tags: list('Words to find it by.', text('A tag.')),
  workflowType: text('Free-form; kept for those who sort by it.'),
  parameters: list('What a form, an API schema and a tool description are made from.', parameterShape),
  inputSchema: any('A JSON Schema (2020-12) of the input, in place of `parameters`.', { type: ['object', 'boolean'] }),
  config,
  metadata: anyObject('Free-form notes of editors; ignored by the runtime.'),
});

export type WorkflowFields = Static<typeof workflowShape>;
export type StepFields = Static<typeof stepShape>;
/** One declared parameter, as forms, API schemas and the check of the input see it. */
export type Parameter = Static<typeof parameterShape>;
/** The normal form of a whole definition. */
export type WorkflowDefinition = WorkflowFields & { readonly steps: readonly StepFields[] };
