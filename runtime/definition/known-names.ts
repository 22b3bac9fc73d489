import type { JsonObject } from '../json.js';
import { declaredInputs } from './declared-inputs.js';
import type { FoundSteps } from './find-steps.js';
import type { Flow } from './flow.js';
import type { IssueList } from './issues.js';
import { isList, isObject } from './json-copy.js';
import type { Known } from './names.js';

/** Gathers what names of a definition can refer to, from whatever of it is well-formed. */
export function knownNames(definition: JsonObject, found: FoundSteps, flow: Flow, issues: IssueList): Known {
  const config = isObject(definition.config) ? definition.config : undefined;
  const secrets = new Set(isObject(config?.secrets) ? Object.keys(config.secrets) : []);
  const inputs = declaredInputs(definition);
  const given = new Set([...(isObject(config?.variables) ? Object.keys(config.variables) : []), ...inputs.names]);
  const setters = new Set<string>();
  const assigned = new Map<string, boolean>();
  const itemVariables = new Map<number, string>();
  found.steps.forEach((step, index) => {
    if (!isObject(step.config)) return;
    if (step.type === 'loop' && typeof step.config.itemVariable === 'string') {
      itemVariables.set(index, step.config.itemVariable);
    }
    if (step.type === 'action' && step.config.type === 'set_variables') {
      setters.add(step.slug);
      addAssigned(step.config, assigned, secrets);
    }
  });
  return {
    steps: found.bySlug,
    slugs: found.slugs,
    flow,
    inputs,
    given,
    setters,
    assigned,
    variables: [...given, ...assigned.keys()],
    secrets,
    itemVariables,
    issues,
  };
}

function addAssigned(config: JsonObject, assigned: Map<string, boolean>, secrets: Set<string>): void {
  const variables = isObject(config.parameters) ? config.parameters.variables : undefined;
  for (const one of isList(variables) ? variables : []) {
    if (!isObject(one) || typeof one.name !== 'string') continue;
    const secure = one.secure === true;
    if (secure) secrets.add(one.name);
    assigned.set(one.name, secure && assigned.get(one.name) !== false);
  }
}
