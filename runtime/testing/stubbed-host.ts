import { BoundedHost } from '../engine/bounded-host.js';
import type { DriverOptions } from '../engine/driver.js';
import { readExecution } from '../engine/driver-with-language.js';
import type { FindWorkflow } from '../engine/execution-host.js';
import { MemoryAdmissionStore } from '../memory/memory-admissions.js';
import type { Stubs } from '../memory/stubs.js';
import type { ChildOutcome, ChildRequest, RuntimePorts } from '../ports.js';

/** A {@link BoundedHost} in which stubs may stand for the workflows that others start. */
export class StubbedHost extends BoundedHost {
  readonly #stubs: Stubs;
  /** How those end that a stub stands for; undefined as long as they have not. */
  readonly #ends = new Map<string, ChildOutcome | undefined>();
  #coming = 0;

  constructor(ports: Omit<RuntimePorts, 'workflows'>, find: FindWorkflow, stubs: Stubs, options: DriverOptions = {}) {
    super(ports, find, new MemoryAdmissionStore(), options);
    this.#stubs = stubs;
  }

  /** How many of those end once the clock has moved. */
  get coming(): number {
    return this.#coming;
  }

  /** @param held resolves when one more effect is held back elsewhere, which `parked` counts then */
  override async idle(parked?: () => number, held?: () => Promise<void>): Promise<void> {
    // A tool is called within the turn of its model: a driver that looked before cannot see that it waits by now.
    for (let idle = false; !idle; ) {
      const more = [this.#stubs.parking(), ...(held === undefined ? [] : [held()])].map((one) => one.then(() => false));
      idle = await Promise.race([super.idle(parked).then(() => true), ...more]);
    }
  }

  override async start(request: ChildRequest): Promise<void> {
    const { executionId, workflow, input, trigger } = request;
    const parent = await this.#parentOf(request);
    const call = {
      step: parent.step,
      attempt: parent.attempt,
      idempotencyKey: `${trigger.executionId}/${trigger.activation}`,
      parameters: input,
    };
    const child = this.#stubs.child(workflow, call);
    if (child === undefined) return super.start(request);
    const { end, after } = child;
    this.#ends.set(executionId, undefined);
    if (end.status === 'never') return;
    const outcome: ChildOutcome = { ...end, executionId };
    const come = (): void => {
      this.#coming -= 1;
      // One that was cancelled in between has ended already.
      if (!this.#ends.has(executionId)) return;
      this.#ends.set(executionId, outcome);
      if (trigger.detached !== true) this.report(parent, outcome);
    };
    if (after === 0) {
      this.#ends.set(executionId, outcome);
    } else {
      this.#coming += 1;
      this.ports.clock.schedule(this.ports.clock.now() + after, come);
    }
  }

  override async cancel(executionId: string, reason: string): Promise<void> {
    if (!this.#ends.delete(executionId)) await super.cancel(executionId, reason);
  }

  override async outcome(executionId: string): Promise<ChildOutcome | undefined> {
    return this.#ends.has(executionId) ? this.#ends.get(executionId) : super.outcome(executionId);
  }

  /** The visit that asks: committed before it does, and this host may not know its driver yet. */
  async #parentOf({
    trigger,
  }: ChildRequest): Promise<{ executionId: string; activation: number; step: string; attempt: number }> {
    const executionId = String(trigger.executionId);
    const activation = Number(trigger.activation);
    const read = await readExecution(this.ports.store, executionId, this.ports.functions);
    const visit = read?.state.activations.find(({ id }) => id === activation);
    return { executionId, activation, step: visit?.slug ?? '', attempt: visit?.attempt ?? 1 };
  }
}
