import { childPointer, didYouMean, type Issue, type Plan } from '../../runtime/index.js';
import type { Json } from '../../runtime/ports.js';
import { unknownStubs } from '../../runtime/testing.js';
import { isObject } from './decisions.js';
import type { SignalToSend } from './drive.js';

/**
 * Prepared answers under keys that look like slips of ones that are asked for, and not answered. Others are not told of:
 * one file may hold the answers for several workflows.
 */
export function unaskedStubs(stubs: Json, plans: readonly Plan[]): readonly Issue[] {
  if (!isObject(stubs)) return [];
  return unknownStubs(stubs, plans).flatMap(({ key, hint = '', missed }): Issue[] => {
    if (missed === undefined) return [];
    const path = childPointer('', key);
    return [{ code: 'UNASKED_STUB', severity: 'warning', path, message: `No step asks for the stub "${key}".`, hint }];
  });
}

/** Signals that no step waits for, as far as that can be told before anything runs. */
export function unaskedSignals(signals: readonly SignalToSend[], plans: readonly Plan[]): readonly Issue[] {
  const events = plans.flatMap(({ order }) =>
    order.flatMap((step) => (step.type === 'wait_for_event' ? [step.event] : [])),
  );
  if (events.some(({ constant }) => !constant)) return [];
  const known = events.map((event) => String(event.render({})));
  return signals
    .filter(({ name }) => !known.includes(name))
    .map(({ name }): Issue => {
      const listed = known.map((event) => `"${event}"`).join(', ');
      const hint =
        didYouMean(name, known) ?? (listed === '' ? 'Nothing is waited for.' : `It is ${listed} that is waited for.`);
      const message = `No step waits for the event "${name}".`;
      return { code: 'UNASKED_SIGNAL', severity: 'warning', path: '', message, hint };
    });
}
