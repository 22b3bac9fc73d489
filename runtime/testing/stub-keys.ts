import { didYouMean } from '../definition/nearest.js';
import type { Plan, PlanStep } from '../definition/plan.js';
import { isJsonObject, type Json, type JsonObject } from '../json.js';

/** A key of stubs that no step of a workflow asks for. */
export interface UnknownStub {
  readonly key: string;
  /** What may have been meant. */
  readonly hint?: string;
  /** Whether the step that may have been meant is answered by no other key. */
  readonly missed?: true;
}

/** The keys of stubs that answer nothing, whatever way a workflow takes, those that it starts included. */
export function unknownStubs(stubs: JsonObject, plans: readonly Plan[]): readonly UnknownStub[] {
  const steps = plans.flatMap((plan) => plan.order.map((step) => keysOf(plan, step)));
  const known = new Set(steps.flat());
  const unanswered = steps.filter((keys) => !keys.some((key) => Object.hasOwn(stubs, key))).flat();
  const isKnown = (key: string): boolean => known.has(key) || known.has(key.replace(/\.[^.]*$/, '.*'));
  return Object.keys(stubs)
    .filter((key) => key !== '$schema' && !known.has('*') && !isKnown(key))
    .map((key) => {
      const missed = didYouMean(key, unanswered);
      const hint = missed ?? didYouMean(key, known);
      return { key, ...(hint === undefined ? {} : { hint }), ...(missed === undefined ? {} : { missed: true }) };
    });
}

/** `*` for what only a run can tell. */
function keysOf(plan: Plan, step: PlanStep): readonly string[] {
  const { slug } = step;
  if (step.type === 'llm')
    return [slug, 'llm', ...step.tools.flatMap((tool) => [`${slug}.${tool}`, ...calls(tool, '*')])];
  const config = configOf(plan, step);
  if (step.type === 'workflow') return [slug, literal(config.workflow)];
  if (step.type !== 'action') return [];
  const { operation } = isJsonObject(config.parameters) ? config.parameters : {};
  const undone = step.compensate === undefined ? [] : [`${slug}.compensate`, ...calls(step.compensate.action, '*')];
  return [slug, ...calls(step.action, literal(operation)), ...undone];
}

const calls = (type: string, operation: string): string[] => [type, `${type}.${operation}`];
const literal = (value: Json | undefined): string => (typeof value === 'string' && !value.includes('{{') ? value : '*');

function configOf({ definition }: Plan, { index }: PlanStep): JsonObject {
  const step: Json = (Array.isArray(definition.steps) ? definition.steps[index] : undefined) ?? null;
  return isJsonObject(step) && isJsonObject(step.config) ? step.config : {};
}
