import { compile } from '../definition/compile.js';
import type { JournalEvent } from '../engine/journal.js';
import type { RuntimePorts } from '../ports.js';
import { visited } from './coverage.js';
import { type FixtureSignal, madeUpSecrets, recordFixture } from './fixture.js';
import type { TestCase } from './test-file.js';

/**
 * A recorded run as a case of a test file: what it was given and what answered it, and that it comes to the same end by
 * the same way. For people to read and to change; {@link recordFixture} is for the same history to the letter.
 * @param functions those of the host that the definition calls
 * @throws TypeError when the events are not the beginning of a journal
 */
export function recordCase(
  document: unknown,
  history: readonly JournalEvent[],
  functions?: RuntimePorts['functions'],
): TestCase {
  const fixture = recordFixture(history, document, functions);
  const { input, now, seed, stubs, signals, organization, threadId } = fixture;
  const secrets = madeUpSecrets(compile(document, { functions }));
  return {
    name: `comes to the same as execution ${fixture.executionId}`,
    input,
    now: new Date(now).toISOString(),
    seed,
    ...(organization === undefined ? {} : { organization }),
    ...(threadId === undefined ? {} : { threadId }),
    ...(Object.keys(secrets).length === 0 ? {} : { secrets }),
    stubs,
    ...(signals.length === 0 ? {} : { signals: signals.map(signalOf) }),
    expect: { ...endOf(history), path: [...visited(history)] },
  };
}

type CaseSignal = NonNullable<TestCase['signals']>[number];

function signalOf(signal: FixtureSignal): CaseSignal {
  const { at } = signal;
  if ('decide' in signal) return { at, decide: signal.decide };
  if ('name' in signal) return { at, name: signal.name, data: signal.data };
  return { at, do: signal.do, ...(signal.reason === undefined ? {} : { reason: signal.reason }) };
}

const ENDS: readonly JournalEvent['type'][] = ['execution_completed', 'execution_failed', 'execution_cancelled'];

function endOf(history: readonly JournalEvent[]): TestCase['expect'] {
  // What was still under way is cancelled after it.
  const end = history.findLast(({ type }) => ENDS.includes(type));
  if (end?.type === 'execution_completed') return { status: 'completed', output: end.output };
  if (end?.type === 'execution_failed') {
    const { code, message } = end.error;
    return { status: 'failed', error: { code, message } };
  }
  if (end?.type === 'execution_cancelled') return { status: 'cancelled' };
  const control = history.findLast(({ type }) => type === 'execution_paused' || type === 'execution_resumed');
  return { status: control?.type === 'execution_paused' ? 'paused' : 'waiting' };
}
