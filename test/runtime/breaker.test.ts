import { describe, expect, it } from 'vitest';
import { type Action, ActionError, compile, Driver, MemoryBreakers, type RuntimePorts } from '../../runtime/index.js';
import type { VirtualClock } from '../../runtime/testing.js';
import { HandDriven, hostOf } from '../support/hand-driven.js';

const plan = compile({
  name: 'Ask',
  steps: [
    {
      stepSlug: 'ask',
      stepType: 'action',
      config: { type: 'crm', parameters: { how: '{{input.how}}' } },
      nextSteps: { success: 'end', error: 'note' },
    },
    {
      stepSlug: 'note',
      stepType: 'output',
      config: { mapping: { code: '{{error.code}}', wait: '{{error.retryAfter}}' } },
    },
  ],
});
const breaker = { failureThreshold: 2, openMs: 10_000 };
const answers: Readonly<Record<string, () => unknown>> = {
  ok: () => 'fine',
  down: () => {
    throw new ActionError('down', { code: 'DOWN' });
  },
  wrong: () => {
    throw new ActionError('no such customer', { code: 'UNKNOWN', retryable: false });
  },
};
const crm: Action = { type: 'crm', breaker, run: ({ how }) => answers[String(how)]?.() };

function setting(actions: readonly Action[] = [crm]) {
  const host = hostOf(actions);
  const breakers = new MemoryBreakers();
  let runs = 0;
  /** Another execution, driven by itself, over the same breakers. */
  const start = (how: string): Promise<Driver> => {
    runs += 1;
    return Driver.start({ ...host.ports, breakers } satisfies RuntimePorts, plan, {
      executionId: `x${runs}`,
      input: { how },
    });
  };
  const outcome = async (how: string) => (await (await start(how)).settled()).output;
  return { ...host, breakers, start, outcome };
}

async function opened(how = setting()) {
  await how.outcome('down');
  await how.outcome('down');
  return how;
}

function pass(clock: VirtualClock, ms: number): void {
  clock.advanceTo(clock.now() + ms);
}

describe('a circuit breaker', () => {
  it('opens after so many failures in a row, and then fails attempts without asking', async () => {
    const { outcome, clock } = await opened();
    pass(clock, 4000);
    expect(await outcome('ok')).toEqual({ code: 'CIRCUIT_OPEN', wait: 6000 });
  });

  it('counts failures in a row only, and none that are the caller’s own', async () => {
    const { outcome } = setting();
    for (const how of ['down', 'ok', 'down', 'wrong', 'wrong', 'wrong', 'down']) await outcome(how);
    expect(await outcome('ok')).toBe('fine');
  });

  it('lets one probe pass when it is half open, across drivers, and closes when that succeeds', async () => {
    const work = new HandDriven('crm');
    const { start, outcome, clock, breakers } = setting([{ ...work.action, breaker }]);
    for (const number of [1, 2]) {
      const driver = await start('down');
      (await work.call(number)).fail(new ActionError('down'));
      await driver.settled();
    }
    pass(clock, 10_000);
    const probe = await start('ok');
    const call = await work.call(3);
    expect(await outcome('ok')).toMatchObject({ code: 'CIRCUIT_OPEN' });
    call.answer('back');
    expect((await probe.settled()).output).toBe('back');
    expect(breakers.read('crm')?.state).toMatchObject({ failures: 0, openUntil: null });
    expect(work.calls).toHaveLength(3);
  });

  it('opens again when the probe fails', async () => {
    const { outcome, clock } = await opened();
    pass(clock, 10_000);
    expect(await outcome('down')).toMatchObject({ code: 'DOWN' });
    expect(await outcome('ok')).toEqual({ code: 'CIRCUIT_OPEN', wait: 10_000 });
  });

  it('lets another probe pass when the host of the first has died', async () => {
    const work = new HandDriven('crm');
    const { start, clock, breakers } = setting([{ ...work.action, breaker }]);
    breakers.write(
      'crm',
      { failures: 2, openUntil: clock.now(), probes: [{ id: 'of-the-dead', until: clock.now() + 10_000 }] },
      0,
    );
    expect((await (await start('ok')).settled()).output).toMatchObject({ code: 'CIRCUIT_OPEN' });
    pass(clock, 10_000);
    const probe = await start('ok');
    (await work.call(1)).answer('back');
    expect((await probe.settled()).output).toBe('back');
  });

  it('is not moved by a probe that ends after its lease, when another has decided', async () => {
    const work = new HandDriven('crm');
    const { start, clock, breakers } = setting([{ ...work.action, breaker }]);
    breakers.write('crm', { failures: 2, openUntil: clock.now(), probes: [] }, 0);
    const slow = await start('ok');
    const late = await work.call(1);
    pass(clock, 10_000);
    const probe = await start('ok');
    (await work.call(2)).answer('back');
    await probe.settled();
    late.fail(new ActionError('too late', { code: 'DOWN' }));
    expect((await slow.settled()).output).toMatchObject({ code: 'DOWN' });
    expect(breakers.read('crm')?.state).toEqual({ failures: 0, openUntil: null, probes: [] });
  });

  it('is shared by the actions of one integration, and apart from others', async () => {
    const other: Action = { type: 'mail', run: () => 'sent' };
    const shared: Action = { ...crm, breaker: { ...breaker, key: 'vendor' } };
    const { outcome, breakers } = setting([shared, other]);
    await outcome('down');
    await outcome('down');
    expect(breakers.read('crm')).toBeUndefined();
    expect(breakers.read('vendor')?.state.openUntil).not.toBeNull();
  });

  it('lets attempts pass where its state cannot be kept, and says so', async () => {
    const { ports } = hostOf([crm]);
    const logged: string[] = [];
    const broken = { read: () => Promise.reject(new Error('disk full')), write: () => true };
    const driver = await Driver.start(
      { ...ports, breakers: broken, logger: { log: (_level, message) => logged.push(message) } },
      plan,
      { executionId: 'x', input: { how: 'ok' } },
    );
    expect((await driver.settled()).output).toBe('fine');
    expect(logged.join()).toContain('disk full');
  });

  it('waits for its retry as the policy of the step grants', async () => {
    const host = await opened();
    const retrying = compile({
      name: 'Ask again',
      steps: [
        {
          stepSlug: 'ask',
          stepType: 'action',
          config: { type: 'crm', parameters: { how: 'ok' }, retry: { maxAttempts: 2, initialDelay: 1 } },
        },
      ],
    });
    const driver = await Driver.start({ ...host.ports, breakers: host.breakers }, retrying, { executionId: 'y' });
    await driver.idle();
    expect(driver.state.status).toBe('waiting');
    pass(host.clock, 10_000);
    expect((await driver.settled()).output).toBe('fine');
  });
});
