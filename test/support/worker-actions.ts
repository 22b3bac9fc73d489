import { ActionError, defineAction } from '../../runtime/index.js';
import type { Action } from '../../runtime/ports.js';

/** How often each effect was performed, by its idempotency key. */
export type Performances = Map<string, number>;

/** Actions for tests of hosts: what they do is seen from outside. */
export function testActions(performed: Performances): Action[] {
  const count = (key: string): number => {
    const times = (performed.get(key) ?? 0) + 1;
    performed.set(key, times);
    return times;
  };
  return [
    defineAction({
      type: 'echo',
      run(parameters, { idempotencyKey }) {
        count(idempotencyKey);
        return parameters;
      },
    }),
    defineAction({
      type: 'fill',
      description: 'A result of so many MiB.',
      run: ({ size }) => ({ text: 'a🦎é'.repeat((Number(size) * 1024 * 1024) / 4) }),
    }),
    defineAction({
      type: 'hang_first',
      description: 'Never answers the first time, so that only a new driver gets on.',
      run(parameters, { idempotencyKey }) {
        if (count(idempotencyKey) > 1) return parameters;
        return new Promise(() => undefined);
      },
    }),
    defineAction({
      type: 'hang_once',
      idempotent: false,
      run(parameters, { idempotencyKey }) {
        if (count(idempotencyKey) > 1) return parameters;
        return new Promise(() => undefined);
      },
    }),
    defineAction({
      type: 'emit',
      async run({ name, data }, context) {
        count(context.idempotencyKey);
        await context.emit(String(name), data ?? null);
        return null;
      },
    }),
    defineAction({
      type: 'fetch_status',
      run: async ({ url }, context) => (await context.fetch(String(url))).status,
    }),
    defineAction({
      type: 'down',
      description: 'Asks for something that is down.',
      breaker: { failureThreshold: 2, openMs: 60_000 },
      run(_, { idempotencyKey }) {
        count(idempotencyKey);
        throw new ActionError('It is down.', { code: 'DOWN' });
      },
    }),
    defineAction({
      type: 'fail_first',
      run(parameters, { idempotencyKey }) {
        if (count(idempotencyKey) > 1) return parameters;
        throw new ActionError('Not yet.', { code: 'NOT_YET' });
      },
    }),
  ];
}
