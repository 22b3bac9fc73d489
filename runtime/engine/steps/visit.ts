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
export function activationOf(work: Work, visit: Visit, status: Activation['status'], attempt = 1): Activation {
  return {
    id: visit.id,
    slug: visit.slug,
    frame: visit.frame,
    status,
    attempt,
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
  };
}

/** Begins the journal of a visit that performs no effect. */
export function recordStart(work: Work, visit: Visit): void {
  work.recordAt(visit, { type: 'step_started', attempt: 1 });
}
