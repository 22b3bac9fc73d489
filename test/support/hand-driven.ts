import {
  type Action,
  type ActionContext,
  createActionRegistry,
  type Json,
  MemoryStore,
  type RuntimePorts,
} from '../../runtime/index.js';
import { VirtualClock } from '../../runtime/testing.js';

/** 2026-01-01T00:00:00Z. */
export const START = 1_767_225_600_000;

/** An action whose calls are answered by hand. */
export class HandDriven {
  readonly calls: {
    parameters: Json;
    context: ActionContext;
    answer(value: Json): void;
    fail(error: unknown): void;
  }[] = [];
  readonly action: Action;
  #called: (() => void) | undefined;

  constructor(type: string, options: { idempotent?: boolean } = {}) {
    this.action = {
      type,
      ...options,
      run: (parameters, context) =>
        new Promise((answer, fail) => {
          this.calls.push({ parameters, context, answer, fail });
          this.#called?.();
        }),
    };
  }

  /** The call of this number, from 1, as soon as it has been made. */
  async call(number: number): Promise<HandDriven['calls'][number]> {
    for (;;) {
      const call = this.calls[number - 1];
      if (call !== undefined) return call;
      await new Promise<void>((resolve) => {
        this.#called = resolve;
      });
    }
  }
}

/** Ports over one store in memory, time standing still until it is moved. */
export function hostOf(actions: readonly Action[], store: MemoryStore = new MemoryStore()) {
  const clock = new VirtualClock(START);
  let ids = 0;
  const ports: RuntimePorts = {
    store,
    clock,
    random: {
      id: () => {
        ids += 1;
        return `id_${ids}`;
      },
      seed: () => 7,
    },
    actions: createActionRegistry(actions),
  };
  return { ports, clock, store };
}
