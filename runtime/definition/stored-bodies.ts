import { MAX_LOOPS } from './flow.js';
import type { Plan, PlanStep } from './plan.js';
import type { Reading } from './reading.js';

/**
 * Checks where the ports of a plan lead, and in whose bodies it says that its steps stand: a body is entered by the
 * ports of the step that owns it alone, so what stands in one is never come to from outside.
 */
export function checkBodies(plan: Plan, reading: Reading): void {
  const { entry, config, order, steps } = plan;
  const reached = new Set<PlanStep>();
  const pending: PlanStep[] = [];
  const come = (slug: string, around: readonly string[]): void => {
    const step = steps.get(slug) ?? reading.fail(`There is no step ${JSON.stringify(slug)} to go to.`);
    const { enclosing } = step;
    if (
      enclosing.length > Math.min(around.length, MAX_LOOPS) ||
      enclosing.some((owner, depth) => owner !== around[depth])
    ) {
      reading.fail(`Step ${JSON.stringify(slug)} does not stand in those bodies alone.`);
    }
    if (reached.has(step)) return;
    reached.add(step);
    pending.push(step);
  };
  for (const root of [entry, config.onError ?? entry]) come(root, []);
  for (let step = pending.pop(); step !== undefined; step = pending.pop()) {
    const inside = [...step.enclosing, step.slug];
    const bodies = new Set(bodyPorts(step));
    for (const [port, target] of step.ports) {
      if (target.kind === 'step') come(target.slug, bodies.has(port) ? inside : step.enclosing);
    }
  }
  const stray = order.find((step) => !reached.has(step) && step.enclosing.length > 0);
  if (stray !== undefined) reading.fail(`No way leads to step ${JSON.stringify(stray.slug)}.`);
}

/** The ports by which a step begins what it then waits for. */
function bodyPorts(step: PlanStep): readonly string[] {
  if (step.type === 'loop') return LOOP_BODY;
  return step.type === 'parallel' ? step.branches : NO_BODIES;
}

const LOOP_BODY: readonly string[] = ['next'];
const NO_BODIES: readonly string[] = [];
