import type { Awaitable, ChildOutcome, ChildWorkflows, RuntimePorts } from '../ports.js';
import { messageOf } from './failure.js';
import { parentOf } from './parents.js';
import type { ExecutionState } from './state.js';

/** How an execution ended, for who waits for it. Undefined while it has not. */
export function outcomeOf({ executionId, status, output, error }: ExecutionState): ChildOutcome | undefined {
  if (status === 'completed') return { executionId, status, output };
  const isOver = status === 'failed' || status === 'cancelled';
  return isOver && error !== null ? { executionId, status, error } : undefined;
}

interface WaitingDriver {
  readonly id: string;
  childEnded(activation: number, outcome: ChildOutcome): Promise<void>;
}

/**
 * The executions that one has started and waits for, and the one that waits for it. They are told once and asked again
 * whenever an execution is taken over, so that a message that was lost with its host is lost for no one.
 */
export class Relatives {
  readonly #ports: RuntimePorts;
  readonly #driver: WaitingDriver;
  readonly #quiet: () => void;
  #asking = 0;

  /** @param quiet called when a child has been asked */
  constructor(ports: RuntimePorts, driver: WaitingDriver, quiet: () => void) {
    this.#ports = ports;
    this.#driver = driver;
    this.#quiet = quiet;
  }

  /** Children that are being asked how they stand. */
  get asking(): number {
    return this.#asking;
  }

  /** A child may have ended while nobody could tell this execution. */
  async ask(executionId: string, activation: number): Promise<void> {
    this.#asking += 1;
    await this.#tell(`Asking after ${executionId}`, async (workflows) => {
      const outcome = await workflows.outcome(executionId);
      if (outcome !== undefined) await this.#driver.childEnded(activation, outcome);
    });
    this.#asking -= 1;
    this.#quiet();
  }

  /** A child that has ended already is no error; one that cannot be told goes on, which the operator must know. */
  cancel(executionId: string, reason: string): void {
    void this.#tell(`Cancelling ${executionId}`, (workflows) => workflows.cancel(executionId, reason));
  }

  /** Tells whoever waits for the end of this execution, once it has come to that. */
  report(state: ExecutionState): void {
    const outcome = outcomeOf(state);
    const parent = outcome && parentOf(state.trigger);
    if (outcome === undefined || parent === undefined) return;
    void this.#tell(`Telling ${parent.executionId} of the end`, (workflows) => workflows.report(parent, outcome));
  }

  async #tell(what: string, tell: (workflows: ChildWorkflows) => Awaitable<void>): Promise<void> {
    const { workflows, logger } = this.#ports;
    if (workflows === undefined) return;
    try {
      await tell(workflows);
    } catch (error) {
      logger?.log('error', `${what} failed, in execution ${this.#driver.id}: ${messageOf(error)}`);
    }
  }
}
