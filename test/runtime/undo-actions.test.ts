import { describe, expect, it } from 'vitest';
import { compile, Driver, readHistory } from '../../runtime/index.js';
import { HandDriven, hostOf } from '../support/hand-driven.js';

const boom = {
  type: 'boom',
  run: () => {
    throw new Error('no');
  },
};
const plan = compile({
  name: 'Undone',
  steps: [
    {
      stepSlug: 'pay',
      stepType: 'action',
      config: { type: 'pay', compensate: { type: 'refund' } },
      nextSteps: { success: 'boom' },
    },
    { stepSlug: 'boom', stepType: 'action', config: { type: 'boom' } },
  ],
});

/** Cut off while the refund is under way, and taken over. */
async function cutOff(pay: { idempotent?: boolean }, refund: { idempotent?: boolean }) {
  const undo = new HandDriven('refund', refund);
  const { ports, store } = hostOf([{ type: 'pay', ...pay, run: () => 1 }, undo.action, boom]);
  const first = await Driver.start(ports, plan, { executionId: 'x' });
  await undo.call(1);
  first.stop();
  const second = await Driver.open(ports, 'x');
  if (second === undefined) throw new Error('is there');
  return { undo, second, history: () => readHistory(store, 'x') };
}

describe('what undoes a step', () => {
  it('is not performed again after a crash where its own action must not be (I6)', async () => {
    const { undo, second, history } = await cutOff({}, { idempotent: false });
    await second.settled();
    expect(undo.calls).toHaveLength(1);
    expect((await history()).findLast(({ type }) => type === 'step_failed')).toMatchObject({
      error: { code: 'OUTCOME_UNKNOWN' },
    });
  });

  it('is performed again after a crash where its own action may be, whatever the action says that it undoes', async () => {
    const { undo, second } = await cutOff({ idempotent: false }, {});
    (await undo.call(2)).answer(null);
    await second.settled();
    expect(undo.calls).toHaveLength(2);
  });

  it('is retried as its own action says, not as the action that it undoes', async () => {
    const retry = { maxAttempts: 3, initialDelay: 1, multiplier: 1, maxDelay: 1, jitter: 0 };
    let refunds = 0;
    const refund = {
      type: 'refund',
      run: () => {
        refunds += 1;
        throw new Error('no');
      },
    };
    const { ports, clock } = hostOf([{ type: 'pay', retry, run: () => 1 }, refund, boom]);
    const driver = await Driver.start(ports, plan, { executionId: 'x' });
    await driver.idle();
    while (clock.advanceToNext()) await driver.idle();
    expect(refunds).toBe(1);
  });
});
