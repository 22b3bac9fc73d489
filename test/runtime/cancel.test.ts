/** Cancelling an execution that has something to undo, at each moment of its undoing. */
import { describe, expect, it } from 'vitest';
import { ActionError, compile, Driver, type Plan, readHistory, replay } from '../../runtime/index.js';
import { HandDriven, hostOf } from '../support/hand-driven.js';

const plan: Plan = compile({
  name: 'Two bookings',
  steps: [
    {
      stepSlug: 'hotel',
      stepType: 'action',
      config: { type: 'book', compensate: { type: 'undo', parameters: { of: 'hotel' } } },
      nextSteps: { success: 'flight' },
    },
    {
      stepSlug: 'flight',
      stepType: 'action',
      config: { type: 'book', compensate: { type: 'undo', parameters: { of: 'flight' } } },
      nextSteps: { success: 'pay' },
    },
    { stepSlug: 'pay', stepType: 'action', config: { type: 'pay' }, nextSteps: { success: 'end' } },
  ],
});

/** Both are booked, and the payment is under way. */
async function booked() {
  const pay = new HandDriven('pay');
  const undo = new HandDriven('undo');
  const { ports, store } = hostOf([{ type: 'book', run: () => 'booked' }, pay.action, undo.action]);
  const driver = await Driver.start(ports, plan, { executionId: 'x' });
  const payment = await pay.call(1);
  const count = async (type: string): Promise<number> =>
    (await readHistory(store, 'x')).filter((event) => event.type === type).length;
  return { driver, payment, undo, ports, store, count };
}

describe('a cancellation', () => {
  it('that comes while a failure is being undone has no effect, and says so', async () => {
    const { driver, payment, undo, store, count } = await booked();
    payment.fail(new ActionError('Declined', { code: 'DECLINED', retryable: false }));
    const first = await undo.call(1);
    expect(await driver.cancel('too late')).toBe(false);
    expect(first.context.signal.aborted).toBe(false);
    first.answer(null);
    const second = await undo.call(2);
    expect(await driver.cancel('too late again')).toBe(false);
    second.answer(null);
    expect(await driver.settled()).toMatchObject({
      status: 'failed',
      error: { code: 'DECLINED', message: 'Declined' },
    });
    expect(undo.calls.map(({ parameters }) => parameters)).toEqual([{ of: 'flight' }, { of: 'hotel' }]);
    expect(await Promise.all(['cancellation_requested', 'execution_cancelled'].map(count))).toEqual([0, 0]);
    expect(replay(plan, await readHistory(store, 'x'))).toMatchObject({ ok: true, state: { status: 'failed' } });
    await expect(driver.cancel()).rejects.toMatchObject({ code: 'EXECUTION_FINISHED' });
  });

  it('has none either where what undoes a step has logged something already', async () => {
    const { driver, payment, undo } = await booked();
    payment.fail(new ActionError('Declined', { code: 'DECLINED', retryable: false }));
    const { context, answer } = await undo.call(1);
    context.log('info', 'Half-way');
    expect(await driver.cancel()).toBe(false);
    answer(null);
    (await undo.call(2)).answer(null);
    expect(await driver.settled()).toMatchObject({ status: 'failed' });
  });

  it('begins the undoing where nothing has failed; again it is the same, and what is undone is undone once', async () => {
    const { driver, payment, undo, count } = await booked();
    expect(await driver.cancel('not wanted')).toBe(true);
    expect(payment.context.signal.aborted).toBe(true);
    const first = await undo.call(1);
    expect(await driver.cancel('really not')).toBe(true);
    first.answer(null);
    (await undo.call(2)).answer(null);
    expect(await driver.settled()).toMatchObject({ status: 'cancelled', error: { message: 'not wanted' } });
    expect(undo.calls).toHaveLength(2);
    expect(await count('cancellation_requested')).toBe(1);
  });

  it('and a failure at once: what was committed first decides, whoever takes over', async () => {
    const { driver, payment, undo, ports } = await booked();
    payment.fail(new ActionError('Declined', { code: 'DECLINED', retryable: false }));
    await undo.call(1);
    driver.stop();
    const next = (await Driver.open(ports, 'x')) ?? expect.unreachable();
    expect(await next.cancel()).toBe(false);
    (await undo.call(2)).answer(null);
    (await undo.call(3)).answer(null);
    expect(await next.settled()).toMatchObject({ status: 'failed', error: { code: 'DECLINED' } });
  });
});
