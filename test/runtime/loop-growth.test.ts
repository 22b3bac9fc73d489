import { describe, expect, it } from 'vitest';
import { compile, createActionRegistry, Driver, MemoryStore } from '../../runtime/index.js';
import { VirtualClock } from '../../runtime/testing.js';

const COUNT = 20_000;
const numbers = Array.from({ length: COUNT }, (_, index) => index);

describe('a long loop', () => {
  it('collects more than a call stack is deep, in the order of its items', async () => {
    const plan = compile({
      name: 'Double every number',
      config: { limits: { maxSteps: 3 * COUNT } },
      steps: [
        {
          stepSlug: 'each',
          stepType: 'loop',
          config: { items: '{{input.numbers}}', collect: '{{[steps.double.output]}}' },
          nextSteps: { next: 'double', done: 'end' },
        },
        {
          stepSlug: 'double',
          stepType: 'action',
          config: { type: 'double', parameters: { number: '{{loop.item}}' } },
          nextSteps: { success: 'each' },
        },
      ],
    });
    const actions = createActionRegistry([{ type: 'double', run: ({ number }) => Number(number) * 2 }]);
    const ports = {
      store: new MemoryStore(),
      clock: new VirtualClock(0),
      random: { id: () => 'exec_1', seed: () => 1 },
      actions,
    };
    const driver = await Driver.start(ports, plan, { input: { numbers } });
    expect((await driver.settled()).output).toStrictEqual(numbers.map((number) => [2 * number]));
  });

  it('refuses to collect more than a step may hand over, by its error port', async () => {
    const plan = compile({
      name: 'Collect too much',
      steps: [
        {
          stepSlug: 'each',
          stepType: 'loop',
          config: { items: '{{input.numbers}}', collect: '{{input.big}}' },
          nextSteps: { next: 'each', done: 'end', error: 'tell' },
        },
        {
          stepSlug: 'tell',
          stepType: 'output',
          config: { mapping: { code: '{{error.code}}', at: '{{error.stepSlug}}' } },
        },
      ],
    });
    const ports = {
      store: new MemoryStore(),
      clock: new VirtualClock(0),
      random: { id: () => 'exec_1', seed: () => 1 },
      actions: createActionRegistry([]),
    };
    const input = { numbers: [1, 2, 3, 4, 5], big: 'x'.repeat(4_000_000) };
    const { output } = await (await Driver.start(ports, plan, { input })).settled();
    expect(output).toEqual({ code: 'PAYLOAD_LIMIT', at: 'each' });
  });
});
