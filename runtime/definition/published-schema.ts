/**
 * The published JSON Schema: what an editor completes and explains. Made from `schema.ts`, with the other spellings of
 * `dialects.ts` added, so that what validates here is what `validate` takes, as far as JSON Schema can tell.
 */
import type { Json, JsonObject } from '../json.js';
import { DESCRIPTIONS } from './descriptions.js';
import { isObject } from './json-copy.js';
import { LIMITS_OF_PARAMETERS, PARAMETER_FIELDS } from './parameter-spellings.js';
import { isTerminal, portsOf } from './ports.js';
import { COUNTS_REPETITIONS, IN_SECONDS, RETRY_SPELLINGS } from './retry-spellings.js';
import {
  isStepType,
  parameterShape,
  retryPolicy,
  type StepType,
  setVariablesParameters,
  stepConfigs,
  stepShape,
  workflowShape,
} from './schema.js';
import { NAME_PATTERN, type SchemaNode } from './schema-builder.js';

type Properties = Record<string, Json>;

function publish(): JsonObject {
  const open = openWorkflow();
  const { steps: _steps, $schema: _schema, ...meta } = open;
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'https://newtflow.dev/workflow.schema.json',
    title: 'Newtflow workflow',
    description: 'A workflow: its steps, and which follows which.',
    type: 'object',
    anyOf: [{ required: ['name', 'steps'] }, { required: ['workflowConfig', 'stepsConfig'] }],
    properties: {
      ...open,
      workflowConfig: {
        type: 'object',
        description: 'All but the steps, in the wrapped form.',
        required: ['name'],
        properties: meta,
        additionalProperties: false,
      },
      stepsConfig: { type: 'array', description: 'The steps, in the wrapped form.', items: { $ref: '#/$defs/step' } },
    },
    additionalProperties: false,
    $defs: { step: stepSchema(), retry: retrySchema(), parameter: parameterSchema() },
  };
}

function openWorkflow(): Properties {
  const properties = propertiesOf(workflow());
  const config = objectOf(properties.config);
  return {
    $schema: { type: 'string', description: 'The address of this schema.' },
    ...properties,
    version: { ...objectOf(properties.version), type: ['string', 'number'] },
    parameters: { ...objectOf(properties.parameters), items: { $ref: '#/$defs/parameter' } },
    config: {
      ...config,
      properties: {
        ...objectOf(config.properties),
        timeout: duration(objectOf(objectOf(config.properties).timeout)),
        retryPolicy: RETRY,
        retry: { ...RETRY, ...anotherWord('retryPolicy') },
      },
    },
    steps: {
      type: 'array',
      description: 'The steps. The first is the trigger, or else the first of the list.',
      minItems: 1,
      items: { $ref: '#/$defs/step' },
    },
  };
}

// --- Steps -----------------------------------------------------------------------------------------------------------

function stepSchema(): JsonObject {
  const types = Object.keys(stepConfigs).filter(isStepType);
  const { description = '', ...step } = described(stepShape.node, 'step');
  const properties = propertiesOf(step);
  return {
    type: 'object',
    description,
    required: ['stepSlug', 'stepType'],
    properties: {
      ...properties,
      // Not of JSON Schema, which passes over it: editors show it beside each value.
      stepType: {
        ...objectOf(properties.stepType),
        enum: [...types, 'start'],
        enumDescriptions: [...types, 'trigger'].map((type) => descriptionOf(`config.${type}`) ?? ''),
      },
      config: { ...objectOf(properties.config), type: ['object', 'null'] },
      nextSteps: {
        ...objectOf(properties.nextSteps),
        type: ['object', 'null'],
        additionalProperties: { type: ['string', 'null'], minLength: 1 },
      },
      order: { description: 'Ignored: steps follow one another by `nextSteps`.', doNotSuggest: true },
    },
    additionalProperties: false,
    allOf: types.map((type) => {
      const config = configSchema(type, described(stepConfigs[type].node, `config.${type}`));
      return where('stepType', type === 'trigger' ? ['trigger', 'start'] : [type], stepOf(config, portsSchema(type)));
    }),
  };
}

/** What more holds where a field has one of some values. */
function where(field: string, values: readonly string[], schema: JsonObject): JsonObject {
  const condition = { required: [field], properties: { [field]: { enum: values } } };
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  return { if: condition, then: schema };
}

/** The ports of a type of step. Those that a config names are words of its author, which a schema cannot know. */
function portsSchema(type: StepType): JsonObject {
  const named = [...portsOf(type, {}).named, ...(isTerminal(type) ? [] : ['default'])];
  const properties: Properties = {};
  for (const port of named) {
    const description = descriptionOf(`ports.${type}.${port}`) ?? descriptionOf(`ports.${port}`) ?? '';
    properties[port] = { type: ['string', 'null'], description };
    const word = type === 'switch' ? undefined : PORT_SPELLINGS[port];
    if (word !== undefined) properties[word] = anotherWord(port);
  }
  if (type === 'switch' || type === 'parallel') {
    return { description: `Its ports: those that its config names, ${named.join(', ')}.`, properties };
  }
  const description = named.length === 0 ? 'Nothing follows it.' : `Its ports: ${named.join(', ')}.`;
  return { description, properties, additionalProperties: false };
}

const PORT_SPELLINGS: Partial<Record<string, string>> = { error: 'failure', next: 'loop' };

/** Fields of which there must be one, and no more. */
const ONE_OF: Partial<Record<string, readonly string[]>> = {
  switch: ['cases', 'value'],
  loop: ['items', 'while'],
  wait: ['for', 'until'],
};

/** A step with such a config and such ports; it must have a config where something in it must be there. */
function stepOf(config: JsonObject, nextSteps: JsonObject): JsonObject {
  const isNeeded = ['required', 'anyOf', 'oneOf'].some((keyword) => config[keyword] !== undefined);
  return isNeeded
    ? { properties: { config, nextSteps }, required: ['config'] }
    : { properties: { config: { ...config, type: ['object', 'null'] }, nextSteps } };
}

const RETRY: JsonObject = { $ref: '#/$defs/retry' };
/** As the other dialect calls it. Beside a `$ref` other words count, since 2019-09. */
const RETRY_POLICY: JsonObject = { ...RETRY, ...anotherWord('retry') };

/** The spellings that `dialects.ts` reads, beside the normal ones. */
const ALSO: Partial<Record<StepType, (properties: Properties, node: JsonObject) => JsonObject>> = {
  trigger: (properties) => ({
    type: { ...objectOf(properties.type), enum: ['manual', 'schedule', 'scheduled', 'webhook', 'event'] },
    schedule: {
      description: 'A cron expression; the same as `config.schedule` of the workflow.',
      type: ['string', 'object'],
    },
    cron: { ...anotherWord('schedule'), type: 'string' },
    timezone: { description: 'An IANA time zone for `schedule`.', type: 'string' },
  }),
  action: (properties) => ({
    retry: RETRY,
    retryPolicy: RETRY_POLICY,
    timeout: duration(objectOf(properties.timeout)),
    totalTimeout: duration(objectOf(properties.totalTimeout)),
    compensate: { ...objectOf(properties.compensate), type: ['object', 'string'] },
  }),
  llm: (properties, node) => ({
    retry: RETRY,
    retryPolicy: RETRY_POLICY,
    timeout: duration(objectOf(properties.timeout)),
    totalTimeout: duration(objectOf(properties.totalTimeout)),
    maxSteps: { ...anotherWord('maxToolRounds'), type: 'integer', minimum: 1 },
    llmNode: {
      type: 'object',
      description: 'All of this, wrapped once more.',
      doNotSuggest: true,
      properties: propertiesOf(node),
    },
  }),
  wait_for_event: (properties) => ({ timeout: duration(objectOf(properties.timeout)) }),
  approval: (properties) => ({
    timeout: duration(objectOf(properties.timeout)),
    fields: { ...objectOf(properties.fields), items: { $ref: '#/$defs/parameter' } },
  }),
  workflow: (properties) => ({
    retry: RETRY,
    retryPolicy: RETRY_POLICY,
    timeout: duration(objectOf(properties.timeout)),
  }),
};

function configSchema(type: string, node: JsonObject): JsonObject {
  const properties = propertiesOf(node);
  const also = Object.entries(ALSO).find(([key]) => key === type)?.[1];
  const schema: Properties = { ...node, properties: { ...properties, ...also?.(properties, node) } };
  const one = ONE_OF[type];
  if (one !== undefined) schema.oneOf = one.map((field) => ({ required: [field] }));
  if (type === 'llm') {
    delete schema.required;
    schema.anyOf = [{ required: ['systemPrompt'] }, { required: ['llmNode'] }];
  }
  if (type === 'action') {
    const assignments = described(setVariablesParameters.node, 'assignments');
    const parameters = {
      propertyNames: { pattern: NAME_PATTERN },
      description: `${assignments.description} Either \`{name: value}\`, or \`{variables: [{name, value}]}\`.`,
      properties: { variables: shown(objectOf(objectOf(assignments.properties).variables)) },
    };
    Object.assign(schema, where('type', ['set_variables'], { properties: { parameters } }));
  }
  return schema;
}

/** What an editor shows of a node, and nothing that could be wrong: a variable may be called as the list of them all is. */
function shown({ description, properties, items }: JsonObject): JsonObject {
  const members = Object.entries(objectOf(properties)).map(([name, member]) => [name, shown(objectOf(member))]);
  return {
    ...(description === undefined ? {} : { description }),
    ...(properties === undefined ? {} : { properties: Object.fromEntries(members) }),
    ...(items === undefined ? {} : { items: shown(objectOf(items)) }),
  };
}

// --- Spellings -------------------------------------------------------------------------------------------------------

function retrySchema(): JsonObject {
  const shape = described(retryPolicy.node, 'retry');
  const normal = objectOf(shape.properties);
  const properties: Properties = {};
  for (const [field, spellings] of Object.entries(RETRY_SPELLINGS)) {
    for (const spelling of spellings) properties[spelling] = loosened(objectOf(normal[field]), spelling, field);
  }
  return { type: 'object', description: String(shape.description), properties, additionalProperties: false };
}

function loosened(node: JsonObject, spelling: string, field: string): JsonObject {
  const told = spelling === field ? node : { ...node, ...anotherWord(field) };
  switch (field) {
    case 'maxAttempts':
      return COUNTS_REPETITIONS.has(spelling)
        ? { ...told, minimum: 0, description: 'As `maxAttempts`, the first attempt not included.' }
        : told;
    case 'initialDelay':
    case 'maxDelay':
      return duration(IN_SECONDS.has(spelling) ? { ...told, description: `As \`${field}\`, in seconds.` } : told);
    case 'multiplier':
      return { ...told, type: ['number', 'string'], pattern: '^(exponential|fixed|constant)$' };
    case 'jitter':
      return { ...told, type: ['number', 'boolean'] };
    default:
      return told;
  }
}

function parameterSchema(): JsonObject {
  const items = described(parameterShape.node, 'parameter');
  const properties: Properties = { ...objectOf(items.properties) };
  const limits = objectOf(properties.validation);
  const limitProperties = withSpellings(objectOf(limits.properties), LIMITS_OF_PARAMETERS);
  properties.dataProvider = { ...objectOf(properties.dataProvider), type: ['object', 'string'] };
  return {
    ...items,
    properties: {
      ...withSpellings(properties, PARAMETER_FIELDS),
      ...Object.fromEntries(Object.keys(limitProperties).map((word) => [word, besides(word, limitProperties)])),
      validation: { ...limits, properties: limitProperties },
    },
  };
}

/** A limit that stands beside the parameter's other fields, not in its `validation`. */
function besides(word: string, limits: JsonObject): JsonObject {
  return { ...objectOf(limits[word]), doNotSuggest: true };
}

function withSpellings(properties: JsonObject, spellings: Readonly<Record<string, string>>): Properties {
  const all: Properties = { ...properties };
  for (const [word, field] of Object.entries(spellings)) {
    all[word] ??= { ...objectOf(properties[field]), ...anotherWord(field) };
  }
  return all;
}

/** What is said of another spelling. `doNotSuggest` is a word of editors: one spelling is enough to complete. */
function anotherWord(field: string): JsonObject {
  return { description: `Another word for \`${field}\`.`, doNotSuggest: true };
}

/** Milliseconds, or a text such as "30s". */
function duration(node: JsonObject): JsonObject {
  const description = `${node.description} A text such as "30s" is allowed.`;
  return { ...node, type: ['number', 'string'], pattern: '[0-9]', description };
}

// --- Nodes as JSON ---------------------------------------------------------------------------------------------------

const workflow = (): JsonObject => described(workflowShape.node, 'workflow');

/** A node, with what it and all in it is for. */
function described(node: SchemaNode, path: string): JsonObject {
  const { description: inShape, properties, items, additionalProperties, ...rest } = node;
  const members = Object.entries(properties ?? {}).map(([name, member]) => [name, below(member, `${path}.${name}`)]);
  const json: JsonObject = JSON.parse(
    JSON.stringify({
      ...rest,
      description: descriptionOf(path, inShape),
      properties: properties && Object.fromEntries(members),
      items: items && below(items, `${path}[]`),
      additionalProperties:
        typeof additionalProperties === 'object' ? below(additionalProperties, `${path}{}`) : additionalProperties,
    }),
  );
  return json;
}

/** What stands in several places is described once. */
function below(node: SchemaNode, path: string): JsonObject {
  if (node === retryPolicy.node) return described(node, 'retry');
  return described(node, node === parameterShape.node ? 'parameter' : path);
}

/** What it is for, and how it is written, where the one is said here and the other in its shape. */
function descriptionOf(path: string, inShape?: string): string | undefined {
  const name = path.slice(path.lastIndexOf('.') + 1);
  const told = [DESCRIPTIONS[path], inShape].filter((text) => text !== undefined);
  if (told.length > 0) return told.join(' ');
  return name === 'name' || name === 'description' ? DESCRIPTIONS[name] : undefined;
}

function propertiesOf(node: JsonObject): Properties {
  return objectOf(node.properties);
}

function objectOf(value: Json | undefined): Properties {
  return isObject(value) ? { ...value } : {};
}

/** JSON Schema (2020-12) of the workflow language. */
export const workflowSchema: JsonObject = /* @__PURE__ */ publish();
