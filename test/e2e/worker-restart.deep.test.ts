import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../runtime/ports.js';
import { MiniflareHost } from '../support/miniflare-host.js';

const EFFECTS = 6;

/** A list gone through with an effect, a retry and a wait in each round: every kind of place to be killed at. */
const rounds: JsonObject = {
  name: 'rounds',
  slug: 'rounds',
  config: { output: '{{steps.each.output}}' },
  steps: [
    {
      stepSlug: 'each',
      stepType: 'loop',
      config: { items: '{{range(0, 3)}}', itemVariable: 'item', collect: '{{steps.second.output.done}}' },
      nextSteps: { next: 'first', done: 'end' },
    },
    {
      stepSlug: 'first',
      stepType: 'action',
      config: { type: 'perform', parameters: {} },
      nextSteps: { success: 'rest' },
    },
    { stepSlug: 'rest', stepType: 'wait', config: { for: '50ms' }, nextSteps: { success: 'second' } },
    {
      stepSlug: 'second',
      stepType: 'action',
      config: { type: 'perform', parameters: {}, retry: { maxAttempts: 3, initialDelay: 50, jitter: 0 } },
      nextSteps: { success: 'each' },
    },
  ],
};

let host: MiniflareHost | undefined;
afterEach(async () => {
  await host?.dispose();
});

describe('a Worker killed at each effect in turn', () => {
  it.each(Array.from({ length: EFFECTS }, (_, index) => index + 1))('effect %i', async (fatal) => {
    let seen = 0;
    let struck = false;
    let strike = (): void => undefined;
    const killed = new Promise<void>((resolve) => {
      strike = resolve;
    });
    host = await MiniflareHost.start((step, _, times) => {
      if (times === 1) seen += 1;
      if (times === 1 && seen === fatal && !struck) {
        struck = true;
        strike();
        return undefined;
      }
      // Each second effect fails once before it works.
      if (step === 'second' && times === 1) return { status: 503, body: null };
      return { status: 200, body: { done: step } };
    });
    await host.call('PUT', '/v1/workflows/rounds', rounds);
    const { body } = await host.call('POST', '/v1/workflows/rounds/executions', {});
    await killed;
    await host.kill();
    await host.boot();
    const done = await host.call('GET', `/v1/executions/${body.id}?wait=60`);
    expect(done.body).toMatchObject({ status: 'completed', output: ['second', 'second', 'second'] });
    expect(host.performed.size).toBe(EFFECTS);
    for (const [effect, times] of host.performed) {
      const promised = effect.startsWith('second') ? 2 : 1;
      expect(times, effect).toBeLessThanOrEqual(promised + 1);
    }
    expect([...host.performed.values()].reduce((sum, times) => sum + times, 0)).toBeLessThanOrEqual(EFFECTS + 3 + 1);
  });
});
