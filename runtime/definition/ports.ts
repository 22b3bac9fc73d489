import { isList, isObject } from './json-copy.js';
import type { StepType } from './schema.js';

/** Made once for each type: steps ask for them one after the other. */
function only(...named: string[]): PortRules {
  return { named, open: false };
}

const PORTS: Readonly<Record<StepType, PortRules>> = {
  trigger: only('success'),
  action: only('success', 'error'),
  llm: only('success', 'error'),
  condition: only('true', 'false', 'error'),
  switch: only('error'),
  loop: only('next', 'done', 'error'),
  parallel: only('done', 'error'),
  wait: only('success'),
  wait_for_event: only('success', 'timeout'),
  approval: only('approved', 'rejected', 'timeout'),
  workflow: only('success', 'error'),
  output: only(),
  fail: only(),
};

export interface PortRules {
  /** Ports the step certainly has. */
  readonly named: readonly string[];
  /** Whether any other name is a port too: a `switch` with a `value` has one for each text. */
  readonly open: boolean;
}

/** The ports of a step; `default` catches any of them that is not mapped. */
export function portsOf(type: StepType, config: unknown): PortRules {
  const rules = PORTS[type];
  if (type === 'parallel') return only(...branchesOf(config), ...rules.named);
  if (type !== 'switch' || !isObject(config)) return rules;
  const cases = isList(config.cases) ? config.cases : [];
  const ports = cases.flatMap((one) => (isObject(one) && typeof one.port === 'string' ? [one.port] : []));
  return { named: [...ports, ...rules.named], open: config.value !== undefined };
}

/** The ports that begin the branches of a `parallel`. */
export function branchesOf(config: unknown): readonly string[] {
  const branches = isObject(config) && isList(config.branches) ? config.branches : [];
  return branches.filter((branch) => typeof branch === 'string');
}

/** Whether nothing follows a step of this type. */
export function isTerminal(type: string): boolean {
  return type === 'output' || type === 'fail';
}
