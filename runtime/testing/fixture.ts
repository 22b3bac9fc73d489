import { compile } from '../definition/compile.js';
import type { Plan } from '../definition/plan.js';
import type { Decision } from '../engine/driver.js';
import type { EventOf, JournalEvent, Trigger } from '../engine/journal.js';
import { APPROVAL_SIGNAL } from '../engine/steps/approval.js';
import { isJsonObject, type Json, type JsonObject, toObject } from '../json.js';
import type { RuntimePorts } from '../ports.js';
import { stubsFromHistory } from './recorded-answers.js';
import type { TestSetting } from './setting.js';
import { testWorkflow, type WorkflowTest } from './workflow-test.js';

/** A real run, as a test can make it again. */
export interface Fixture {
  readonly executionId: string;
  readonly trigger: Trigger;
  readonly input: Json;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly seed: number;
  /** What each step was answered, by slug, in the order in which it was asked, and how long it took. */
  readonly stubs: JsonObject;
  /** What was done from outside, in order, so many milliseconds after the start. */
  readonly signals: readonly FixtureSignal[];
  /** Milliseconds from the start to the last event. */
  readonly duration: number;
  readonly organization?: string;
  readonly threadId?: string;
}

/** An event, the decision of an approval, or something done to the run as a whole. */
export type FixtureSignal = { readonly at: number } & (
  | { readonly name: string; readonly data: Json; readonly id: string }
  | { readonly decide: Decision & { readonly step: string }; readonly id: string }
  | Control
);

interface Control {
  readonly do: 'pause' | 'resume' | 'cancel';
  readonly reason?: string;
}

/**
 * Makes a fixture of a run's journal: with it, {@link playFixture} comes to the same history again, failures, retries,
 * timeouts, the turns of models, other workflows and compensation included. Not in it are the values of secrets, what
 * actions logged, that the host was stopped or the execution carried in between, and what actions bring themselves, such as
 * retries, timeouts and schemas: hand those actions in beside it.
 * @param document the definition that the run was made under; needed only where `resultKey` puts a model's text under a key,
 *   as the engine dialect has it
 * @param functions those of the host that the definition calls
 * @throws TypeError when the events are not the beginning of a journal
 * @throws ValidationError when the document is not valid
 */
export function recordFixture(
  history: readonly JournalEvent[],
  document?: unknown,
  functions?: RuntimePorts['functions'],
): Fixture {
  const [first] = history;
  if (first?.type !== 'execution_started') throw new TypeError('A journal begins with execution_started');
  const { executionId, trigger, input, at: now, seed, organizationId, threadId } = first;
  return {
    ...{ executionId, trigger, input, now, seed },
    stubs: stubsFromHistory(history, document === undefined ? undefined : compile(document, { functions })),
    signals: history.flatMap((event): FixtureSignal[] => {
      const at = event.at - now;
      if (event.type === 'signal_received') return [signalOf(event, history, at)];
      const done = doneTo(event);
      return done === undefined || isSecond(event, history) ? [] : [{ at, ...done }];
    }),
    duration: (history.at(-1)?.at ?? now) - now,
    ...(organizationId === undefined ? {} : { organization: organizationId }),
    ...(threadId === undefined ? {} : { threadId }),
  };
}

/**
 * Makes a recorded run again, as far as its record goes.
 * @param setting what is not in the fixture: `actions`, `functions`, `model`, the values of `secrets` where they matter, and whatever is
 *   to be another way than it was. A secret that no value is given for has one made up.
 */
export async function playFixture(
  document: unknown,
  fixture: Fixture,
  setting: TestSetting = {},
): Promise<WorkflowTest> {
  const { signals, duration, ...recorded } = fixture;
  const secrets = { ...madeUpSecrets(compile(document, { functions: setting.functions })), ...setting.secrets };
  const run = await testWorkflow(document, { ...recorded, ...setting, secrets });
  const start = run.now;
  for (const signal of signals) {
    await run.advanceTo(start + signal.at);
    await take(run, signal);
  }
  await run.advanceTo(start + duration);
  return run;
}

async function take(run: WorkflowTest, signal: FixtureSignal): Promise<void> {
  if ('decide' in signal) {
    const { step, ...decision } = signal.decide;
    await run.decide(step, decision, signal.id);
  } else if ('name' in signal) {
    await run.signal(signal.name, signal.data, signal.id);
  } else {
    await run.control(signal.do, signal.reason);
  }
}

/** A value for each secret that a workflow names. */
export function madeUpSecrets({ config }: Plan): Record<string, string> {
  const references = Object.values(config.secrets);
  const names = references.map((reference) => (reference.kind === 'reference' ? reference.name : reference.cipherText));
  return Object.fromEntries(names.map((name) => [name, `test-secret:${name}`]));
}

function signalOf(event: EventOf<'signal_received'>, history: readonly JournalEvent[], at: number): FixtureSignal {
  const { name, data, id } = event;
  const asked = history.find(
    (one) => one.type === 'approval_requested' && name === `${APPROVAL_SIGNAL}${one.activation}`,
  );
  if (asked?.type !== 'approval_requested') return { at, name, data, id };
  const { decision, fields, by, comment } = toObject(data);
  return {
    ...{ at, id },
    decide: {
      step: asked.step,
      decision: decision === 'approved' ? 'approved' : 'rejected',
      ...(isJsonObject(fields) ? { fields } : {}),
      ...(typeof by === 'string' ? { by } : {}),
      ...(typeof comment === 'string' ? { comment } : {}),
    },
  };
}

function doneTo(event: JournalEvent): Control | undefined {
  switch (event.type) {
    case 'execution_paused':
      return { do: 'pause', ...(event.reason === undefined ? {} : { reason: event.reason }) };
    case 'execution_resumed':
      return { do: 'resume' };
    case 'cancellation_requested':
    case 'execution_cancelled':
      return { do: 'cancel', reason: event.reason };
    default:
      return undefined;
  }
}

/** A cancellation is asked for first, where something has to be undone, and then happens. */
function isSecond({ type, seq }: JournalEvent, history: readonly JournalEvent[]): boolean {
  return (
    type === 'execution_cancelled' && history.some((one) => one.type === 'cancellation_requested' && one.seq < seq)
  );
}
