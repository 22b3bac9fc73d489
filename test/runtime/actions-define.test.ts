import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  ActionError,
  compile,
  createActionRegistry,
  Driver,
  defineAction,
  type Json,
  type LanguageModel,
  type StandardSchema,
} from '../../runtime/index.js';
import { HandDriven, hostOf } from '../support/hand-driven.js';

interface Order {
  readonly id: number;
  readonly due: Date;
}

/** A schema as libraries hand it out, asynchronous or not: it makes a date of a text. */
function orderSchema(later: boolean): StandardSchema<{ id: number; due: string }, Order> {
  const check = (value: unknown) => {
    const { id, due }: { id?: unknown; due?: unknown } = Object(value);
    const issues = [
      ...(typeof id === 'number' ? [] : [{ message: 'a number is wanted', path: ['id'] }]),
      ...(typeof due === 'string' ? [] : [{ message: 'a text is wanted', path: [{ key: 'due' }] }]),
    ];
    if (typeof id !== 'number' || typeof due !== 'string') return { issues };
    return { value: { id, due: new Date(due) } };
  };
  return {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) => (later ? Promise.resolve(check(value)) : check(value)),
    },
  };
}

async function perform(action: Parameters<typeof createActionRegistry>[0][number], parameters: Json) {
  const { ports } = hostOf([action]);
  const step = { stepSlug: 'do', stepType: 'action', config: { type: action.type, parameters } };
  return (await Driver.start(ports, compile({ name: 'Do', steps: [step] }), { executionId: 'x' })).settled();
}

describe('an action with schemas', () => {
  it.each([true, false])(
    'hands run what a standard schema makes of the parameters (asynchronous: %s)',
    async (later) => {
      const action = defineAction({
        type: 'order_plan',
        input: orderSchema(later),
        run: (order) => {
          expectTypeOf(order).toEqualTypeOf<Order>();
          return { year: order.due.getUTCFullYear() };
        },
      });
      expect((await perform(action, { id: 1, due: '2026-03-01' })).output).toEqual({ year: 2026 });
      expect((await perform(action, {})).error).toMatchObject({
        code: 'ACTION_INPUT_INVALID',
        details: [{ pointer: '/id' }, { pointer: '/due' }],
      });
    },
  );

  it('is held to its JSON Schemas, every problem told at once, and not tried again', async () => {
    const action = defineAction({
      type: 'pay',
      input: {
        type: 'object',
        required: ['amount'],
        properties: { amount: { type: 'number', minimum: 1 }, note: { type: 'string' } },
      },
      output: { type: 'object', required: ['receipt'] },
      retry: { maxAttempts: 3 },
      run: ({ note }) => (note === undefined ? {} : { receipt: note }),
    });
    const wrong = await perform(action, { amount: 0, note: 7 });
    expect(wrong.error).toMatchObject({ code: 'ACTION_INPUT_INVALID', attempts: 1 });
    expect(JSON.stringify(wrong.error?.details)).toContain('/amount');
    expect(JSON.stringify(wrong.error?.details)).toContain('/note');
    expect((await perform(action, { amount: 2 })).error).toMatchObject({ code: 'ACTION_OUTPUT_INVALID', attempts: 1 });
    expect((await perform(action, { amount: 2, note: 'n' })).output).toEqual({ receipt: 'n' });
  });

  it.each([
    ['the parameters of a step', { stepType: 'action', config: { type: 'slow', parameters: { within: 100 } } }, 100],
    ['nothing but the action', { stepType: 'action', config: { type: 'slow', parameters: {} } }, 9000],
    [
      'what a model asks of a tool',
      { stepType: 'llm', config: { systemPrompt: 'Be quick', userPrompt: 'Go', tools: ['slow'] } },
      100,
    ],
  ])('takes as long as %s grants', async (_who, step, limit) => {
    const started = new HandDriven('slow');
    const slow = defineAction({
      type: 'slow',
      timeout: 9000,
      timeoutOf: ({ within }) => (typeof within === 'number' ? within : undefined),
      run: (parameters, context) => started.action.run(parameters, context),
    });
    const model: LanguageModel = {
      complete: ({ messages }) => {
        const last = messages.at(-1);
        if (last?.role === 'tool') throw new ActionError(last.content, { retryable: false });
        return { text: '', toolCalls: [{ id: 'c1', name: 'slow', arguments: { within: 100 } }] };
      },
    };
    const { ports, clock } = hostOf([slow]);
    const plan = compile({ name: 'Do', steps: [{ stepSlug: 'do', ...step }] });
    const driver = await Driver.start({ ...ports, model }, plan, { executionId: 'x' });
    await started.call(1);
    clock.advanceTo(clock.now() + 9000);
    expect((await driver.settled()).error?.message).toContain(`no answer within ${limit} ms`);
  });

  it('shows them in the catalogue', () => {
    const input = { type: 'object', properties: { to: { type: 'string' } } };
    const action = defineAction({ type: 'mail', title: 'Mail', category: 'talk', input, run: () => null });
    expect(createActionRegistry([action]).list()).toMatchObject([
      { type: 'mail', title: 'Mail', category: 'talk', inputSchema: input },
    ]);
  });

  it('is refused with all that is wrong with it', () => {
    const bad = () =>
      defineAction({
        type: '7 mails',
        timeout: 0,
        retry: { maxAttempts: 0, jitter: 2 },
        breaker: { failureThreshold: 0, openMs: 0 },
        run: () => null,
      });
    expect(bad).toThrow(expect.objectContaining({ code: 'BAD_ACTION' }));
    try {
      bad();
    } catch (error) {
      const issues: unknown = Reflect.get(Object(error), 'issues');
      expect(issues).toHaveLength(6);
    }
  });

  // What JavaScript lets through that the types do not.
  it.each<[string, object, string]>([
    ['has no type', { run: () => null }, '/type'],
    ['does nothing', { type: 'a' }, '/run'],
    ['would be retried for ever', { type: 'a', run: () => null, retry: { maxRetries: 2 } }, '/retry/maxAttempts'],
    ['waits for ever', { type: 'a', run: () => null, timeout: Number.POSITIVE_INFINITY }, '/timeout'],
    [
      'has a breaker that never closes',
      { type: 'a', run: () => null, breaker: { failureThreshold: 2 } },
      '/breaker/openMs',
    ],
    ['has no schema', { type: 'a', run: () => null, input: 'object' }, '/input'],
    ['has a schema of no standard', { type: 'a', run: () => null, output: { parse: () => 1 } }, '/output'],
  ])('is refused where it %s', (_, definition, path) => {
    expect(() => Reflect.apply(defineAction, undefined, [definition])).toThrow(
      expect.objectContaining({ code: 'BAD_ACTION', issues: [expect.objectContaining({ path })] }),
    );
  });
});
