import { isList, isObject } from './json-copy.js';
import type { StepType } from './schema.js';

const PORTS: Readonly<Record<StepType, readonly string[]>> = {
  trigger: ['success'],
  action: ['success', 'error'],
  llm: ['success', 'error'],
  condition: ['true', 'false', 'error'],
  switch: ['error'],
  loop: ['next', 'done', 'error'],
  wait: ['success'],
  wait_for_event: ['success', 'timeout'],
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
  if (type !== 'switch' || !isObject(config)) return { named, open: false };
  const cases = isList(config.cases) ? config.cases : [];
  const ports = cases.flatMap((one) => (isObject(one) && typeof one.port === 'string' ? [one.port] : []));
  return { named: [...ports, ...named], open: config.value !== undefined };
}

/** Whether nothing follows a step of this type. */
export function isTerminal(type: string): boolean {
  return type === 'output' || type === 'fail';
}
