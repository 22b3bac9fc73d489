import type { PlanStep } from '../../definition/plan.js';
import type { ErrorRecord } from '../../errors.js';
import type { Activation } from '../state.js';
import type { Place, Work } from '../work.js';

/** A visit that is beginning. */
export interface Visit extends Place {
  readonly cause: ErrorRecord | null;
}

/** How a type of step begins its visit: it succeeds, fails, starts an effect or waits. */
export type Enter<S extends PlanStep> = (work: Work, visit: Visit, step: S) => void;

/** The activation of a visit that does not end at once. */
export function activationOf(
  work: Work,
  visit: Visit,
  fields: Partial<Activation> & Pick<Activation, 'status'>,
): Activation {
  return {
    id: visit.id,
    slug: visit.slug,
    frame: visit.frame,
    attempt: 1,
    failures: 0,
    interruptions: 0,
    startedAt: work.at,
    dueAt: null,
    deadline: null,
    cause: visit.cause,
    loop: null,
    branches: null,
    event: null,
    approval: null,
    child: null,
    compensates: null,
    ...fields,
  };
}

/** Begins the journal of a visit that performs no effect. */
export function recordStart(work: Work, visit: Visit): void {
  work.record({ type: 'step_started', ...work.ref(visit), attempt: 1 });
}
