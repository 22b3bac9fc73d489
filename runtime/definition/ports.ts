import { isList, isObject } from './json-copy.js';
import type { StepType } from './schema.js';

const PORTS: Readonly<Record<StepType, readonly string[]>> = {
  trigger: ['success'],
  action: ['success', 'error'],
  llm: ['success', 'error'],
  condition: ['true', 'false', 'error'],
  switch: ['error'],
  loop: ['next', 'done', 'error'],
  parallel: ['done', 'error'],
  wait: ['success'],
  wait_for_event: ['success', 'timeout'],
  approval: ['approved', 'rejected', 'timeout'],
  workflow: ['success', 'error'],
  output: [],
  fail: [],
};

export interface PortRules {
  /** Ports the step certainly has. */
  readonly named: readonly string[];
  /** Whether any other name is a port too: a `switch` with a `value` has one for each text. */
  readonly open: boolean;
}

/** The ports of a step; `default` catches any of them that is not mapped. */
export function portsOf(type: StepType, config: unknown): PortRules {
  const named = PORTS[type];
  if (type === 'parallel') return { named: [...branchesOf(config), ...named], open: false };
  if (type !== 'switch' || !isObject(config)) return { named, open: false };
  const cases = isList(config.cases) ? config.cases : [];
  const ports = cases.flatMap((one) => (isObject(one) && typeof one.port === 'string' ? [one.port] : []));
  return { named: [...ports, ...named], open: config.value !== undefined };
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
