import type { Trigger } from '../engine/journal.js';
import type { Json } from '../json.js';
import type { MemoryStore } from '../memory/memory-store.js';
import type { StubFallback, Stubs } from '../memory/stubs.js';
import type { VirtualClock } from '../memory/virtual-clock.js';
import type { ActionRegistry, LanguageModel, RuntimePorts, SecretStore } from '../ports.js';
import type { Gates } from './gates.js';

/** 2026-01-01T00:00:00Z: when a test begins that says nothing else. */
export const TEST_START = 1_767_225_600_000;

export interface TestSetting {
  readonly input?: Json;
  /** What actions and models answer; see `createStubs`. */
  readonly stubs?: Json;
  /** What answers where no stub does. */
  readonly actions?: ActionRegistry;
  readonly model?: LanguageModel;
  /** What the expressions call beside the language's own functions; see `functionRegistry`. */
  readonly functions?: RuntimePorts['functions'];
  /** When the test begins: an ISO 8601 time, or milliseconds since the epoch. */
  readonly now?: string | number;
  /** Root of every random value; 1 when absent. */
  readonly seed?: number;
  /** Values by name. */
  readonly secrets?: Readonly<Record<string, string>>;
  readonly organization?: string;
  readonly threadId?: string;
  /** `test` when absent. */
  readonly executionId?: string;
  /** What started it; somebody, by hand, when absent. */
  readonly trigger?: Trigger;
  /** The workflows that this one may start, by slug, where no stub stands for them. */
  readonly workflows?: Readonly<Record<string, Json>>;
  /** Whether every effect waits for {@link WorkflowTest.step}. */
  readonly stepwise?: boolean;
}

/** What stands behind the stubs. */
export function behind({ actions, model }: TestSetting): StubFallback {
  return { ...(actions === undefined ? {} : { actions }), ...(model === undefined ? {} : { model }) };
}

/** @throws TypeError for what is no time */
export function startOf(now: string | number = TEST_START): number {
  const time = typeof now === 'number' ? now : Date.parse(now);
  if (Number.isFinite(time)) return time;
  throw new TypeError(`${JSON.stringify(now)} is no time; use ISO 8601 or milliseconds since the epoch`);
}

export function portsOf(
  { seed = 1, secrets = {}, functions }: TestSetting,
  store: MemoryStore,
  clock: VirtualClock,
  stubs: Stubs,
  gates: Gates | undefined,
): Omit<RuntimePorts, 'workflows'> {
  let ids = 0;
  const known: SecretStore = {
    resolve: (reference) => {
      const name = reference.kind === 'reference' ? reference.name : reference.cipherText;
      return Object.hasOwn(secrets, name) ? secrets[name] : undefined;
    },
  };
  return {
    store,
    clock,
    random: {
      id: () => {
        ids += 1;
        return `test_${ids}`;
      },
      seed: () => seed,
    },
    actions: gates === undefined ? stubs.actions : gates.actions(stubs.actions),
    model: gates === undefined ? stubs.model : gates.model(stubs.model),
    secrets: known,
    functions,
  };
}
