import { compile } from '../../runtime/index.js';
import { loadPlan, type Plan } from '../../runtime/plan.js';
import type { Json } from '../../runtime/ports.js';
import { storePlan } from '../../runtime/tooling.js';

/** The plan of a definition as a host has it that was given it as a text. */
export function storedPlanOf(definition: Json): Promise<Plan> {
  return loadPlan(asText(compile(definition)));
}

/** What is read of a plan that was written as a text. */
export function asText(plan: Plan): Json {
  return JSON.parse(JSON.stringify(storePlan(plan)));
}
