import { describe, expect, it } from 'vitest';
import { compile, Driver, type Json, readHistory } from '../../runtime/index.js';
import { hostOf } from '../support/hand-driven.js';

const plan = (config: Record<string, Json> = {}) =>
  compile({
    name: 'Ask',
    steps: [
      {
        stepSlug: 'ask',
        stepType: 'approval',
        config: { title: 'Go?', fields: [{ name: 'reason', type: 'string', required: true }], ...config },
        nextSteps: { approved: 'end', rejected: 'end' },
      },
    ],
  });

describe('an approval', () => {
  it('refuses a decision whose fields are not valid, says all that is wrong, and goes on waiting', async () => {
    const { ports, store } = hostOf([]);
    const driver = await Driver.start(ports, plan(), { executionId: 'x' });
    await expect(driver.decide(1, { decision: 'approved', fields: { reason: 7 } })).rejects.toMatchObject({
      code: 'INVALID_FIELDS',
      step: 'ask',
      issues: [{ path: '/reason' }],
    });
    expect(driver.state.status).toBe('waiting');
    expect((await readHistory(store, 'x')).some(({ type }) => type === 'signal_received')).toBe(false);
    await driver.decide(1, { decision: 'approved', fields: { reason: 'fine' }, by: 'ada' });
    expect((await driver.settled()).output).toEqual({ decision: 'approved', fields: { reason: 'fine' }, by: 'ada' });
  });

  it('is decided once: another decision is refused, the same one again is known', async () => {
    const { ports } = hostOf([]);
    const twice = compile({
      name: 'Ask twice',
      steps: [
        { stepSlug: 'first', stepType: 'approval', config: { title: '1' }, nextSteps: { approved: 'second' } },
        { stepSlug: 'second', stepType: 'approval', config: { title: '2' }, nextSteps: { approved: 'end' } },
      ],
    });
    const driver = await Driver.start(ports, twice, { executionId: 'x' });
    expect(await driver.decide(1, { decision: 'approved' }, 'd1')).toEqual({ duplicate: false });
    expect(await driver.decide(1, { decision: 'rejected' }, 'd1')).toEqual({ duplicate: true });
    await expect(driver.decide(1, { decision: 'rejected' }, 'd2')).rejects.toMatchObject({ code: 'NOT_WAITING' });
    expect(driver.state.activations).toMatchObject([{ slug: 'second', status: 'waiting' }]);
  });

  it('takes one of two decisions that come at once', async () => {
    const { ports } = hostOf([]);
    const driver = await Driver.start(ports, plan(), { executionId: 'x' });
    const fields = { reason: 'fine' };
    const both = await Promise.allSettled([
      driver.decide(1, { decision: 'approved', fields, by: 'ada' }),
      driver.decide(1, { decision: 'rejected', by: 'bo' }),
    ]);
    const { output, status } = await driver.settled();
    expect(status).toBe('completed');
    expect(['ada', 'bo']).toContain(Reflect.get(Object(output), 'by'));
    expect(both.filter(({ status: how }) => how === 'fulfilled')).toHaveLength(1);
    const decided = (await readHistory(ports.store, 'x')).filter(({ type }) => type === 'step_succeeded');
    expect(decided).toHaveLength(1);
  });

  it('says of the later of two decisions that come at once that it was not taken, also where the execution goes on', async () => {
    const { ports, store } = hostOf([]);
    const further = compile({
      name: 'Ask, then wait',
      steps: [
        { stepSlug: 'ask', stepType: 'approval', config: { title: 'Go?' }, nextSteps: { default: 'rest' } },
        { stepSlug: 'rest', stepType: 'wait', config: { for: '1h' } },
      ],
    });
    const driver = await Driver.start(ports, further, { executionId: 'x' });
    const both = await Promise.allSettled([
      driver.decide(1, { decision: 'rejected', by: 'ada' }, 'd1'),
      driver.decide(1, { decision: 'rejected', by: 'bo' }, 'd2'),
    ]);
    expect(both).toMatchObject([{ value: { duplicate: false } }, { reason: { code: 'NOT_WAITING' } }]);
    expect((await readHistory(store, 'x')).filter(({ type }) => type === 'signal_received')).toHaveLength(1);
  });

  it('cannot be decided by a signal, which nobody has checked', async () => {
    const { ports } = hostOf([]);
    const driver = await Driver.start(ports, plan(), { executionId: 'x' });
    const forged = { name: 'approval:1', data: { decision: 'approved' } };
    await expect(driver.signal(forged)).rejects.toMatchObject({ code: 'RESERVED_SIGNAL' });
    expect(driver.state.status).toBe('waiting');
  });

  it('goes on waiting under another driver, and is refused after the end', async () => {
    const { ports } = hostOf([]);
    (await Driver.start(ports, plan(), { executionId: 'x' })).stop();
    const driver = await Driver.open(ports, 'x');
    expect(driver?.summary.currentSteps).toEqual(['ask']);
    await driver?.decide(1, { decision: 'rejected', comment: 'no' });
    await expect(driver?.decide(1, { decision: 'approved' })).rejects.toMatchObject({ code: 'EXECUTION_FINISHED' });
  });

  it('whose decision ended the execution knows it when it is sent again, also after a restart', async () => {
    const { ports } = hostOf([]);
    const driver = await Driver.start(ports, plan(), { executionId: 'x' });
    const decide = (by: Driver) => by.decide(1, { decision: 'rejected' }, 'd1');
    expect(await decide(driver)).toEqual({ duplicate: false });
    expect((await driver.settled()).status).toBe('completed');
    expect(await decide(driver)).toEqual({ duplicate: true });
    expect(await decide((await Driver.open(ports, 'x')) ?? expect.unreachable())).toEqual({ duplicate: true });
  });
});
