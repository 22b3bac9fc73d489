import type { JsonObject } from '../json.js';
import type { FoundSteps } from './find-steps.js';
import type { Flow } from './flow.js';
import { isList, isObject } from './json-copy.js';
import type { Known } from './names.js';

/** Gathers what names of a definition can refer to, from whatever of it is well-formed. */
export function knownNames(definition: JsonObject, found: FoundSteps, flow: Flow): Known {
  const config = isObject(definition.config) ? definition.config : undefined;
  const secrets = new Set(isObject(config?.secrets) ? Object.keys(config.secrets) : []);
  const bare = new Set(isObject(config?.variables) ? Object.keys(config.variables) : []);
  const itemVariables = new Map<number, string>();
  for (const name of inputNames(definition)) bare.add(name);
  found.steps.forEach((step, index) => {
    if (!isObject(step.config)) return;
    if (step.type === 'loop' && typeof step.config.itemVariable === 'string') {
      itemVariables.set(index, step.config.itemVariable);
    }
    if (step.type === 'action' && step.config.type === 'set_variables') addAssigned(step.config, bare, secrets);
  });
  return { steps: found.bySlug, slugs: found.slugs, flow, bare, secrets, itemVariables };
}

function* inputNames(definition: JsonObject): Generator<string> {
  const { parameters, inputSchema } = definition;
  for (const one of isList(parameters) ? parameters : []) {
    if (isObject(one) && typeof one.name === 'string') yield one.name;
  }
  if (isObject(inputSchema) && isObject(inputSchema.properties)) yield* Object.keys(inputSchema.properties);
}

function addAssigned(config: JsonObject, bare: Set<string>, secrets: Set<string>): void {
  const variables = isObject(config.parameters) ? config.parameters.variables : undefined;
  for (const one of isList(variables) ? variables : []) {
    if (!isObject(one) || typeof one.name !== 'string') continue;
    if (one.secure === true) secrets.add(one.name);
    bare.add(one.name);
  }
}
