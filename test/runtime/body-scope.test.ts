import { describe, expect, it } from 'vitest';
import { compile, Driver, type Json } from '../../runtime/index.js';
import { HandDriven, hostOf } from '../support/hand-driven.js';

/** What the `note` steps of a definition were given, in their order, and the output. */
async function notes(steps: readonly object[]) {
  const seen: Json[] = [];
  const note = {
    type: 'note',
    run: (parameters: { readonly [key: string]: Json }) => {
      seen.push(parameters);
      return parameters.n === undefined ? null : `r${parameters.n}`;
    },
  };
  const driver = await Driver.start(hostOf([note]).ports, compile({ name: 'Bodies', steps }));
  return { seen, output: (await driver.settled()).output };
}

const note = (stepSlug: string, parameters: object, next: string) => ({
  stepSlug,
  stepType: 'action',
  config: { type: 'note', parameters },
  nextSteps: { success: next },
});
const loop = (stepSlug: string, config: object, next: string, done: string) => ({
  stepSlug,
  stepType: 'loop',
  config,
  nextSteps: { next, done },
});

describe('inside a body', () => {
  it('a branch sees the round of the loop around it, and a loop in it that one as its parent', async () => {
    const { seen } = await notes([
      loop('each', { items: ['p', 'q'] }, 'fork', 'end'),
      {
        stepSlug: 'fork',
        stepType: 'parallel',
        config: { branches: ['a', 'b'] },
        nextSteps: { a: 'left', b: 'inner', done: 'each' },
      },
      note('left', { item: '{{loop.item}}', index: '{{loop.index}}', last: '{{loop.isLast}}' }, 'fork'),
      loop('inner', { items: ['x'] }, 'right', 'fork'),
      note('right', { item: '{{loop.item}}', outer: '{{loop.parent.item}}' }, 'inner'),
    ]);
    expect(seen).toEqual([
      { item: 'p', index: 0, last: false },
      { item: 'x', outer: 'p' },
      { item: 'q', index: 1, last: true },
      { item: 'x', outer: 'q' },
    ]);
  });

  it('a branch outside every loop sees none', async () => {
    const { seen } = await notes([
      {
        stepSlug: 'fork',
        stepType: 'parallel',
        config: { branches: ['a'] },
        nextSteps: { a: 'only', done: 'end' },
      },
      note('only', { index: '{{loop.index ?? "none"}}' }, 'fork'),
    ]);
    expect(seen).toEqual([{ index: 'none' }]);
  });

  it('the last round is the last that the step grants', async () => {
    const { seen } = await notes([
      loop('each', { items: [1, 2, 3], maxIterations: 2 }, 'only', 'end'),
      note('only', { item: '{{loop.item}}', last: '{{loop.isLast}}' }, 'each'),
    ]);
    expect(seen).toEqual([
      { item: 1, last: false },
      { item: 2, last: true },
    ]);
  });

  it.each([1, 2])('the last output is never that of another item, whether %s run at once', async (concurrency) => {
    const { seen, output } = await notes([
      note('before', { n: 0 }, 'each'),
      loop('each', { items: [1, 2, 3], concurrency, collect: '{{lastOutput}}' }, 'but_three', 'end'),
      {
        stepSlug: 'but_three',
        stepType: 'condition',
        config: { expression: 'loop.item != 3' },
        nextSteps: { true: 'take', false: 'each' },
      },
      note('take', { n: '{{loop.item}}', last: '{{lastOutput}}' }, 'each'),
    ]);
    expect(seen).toEqual([{ n: 0 }, { n: 1, last: 'r0' }, { n: 2, last: 'r0' }]);
    expect(output).toEqual(['r1', 'r2', 'r0']);
  });

  it('rounds that failed are told in the order of their items, whichever failed first', async () => {
    const work = new HandDriven('work');
    const { ports } = hostOf([work.action]);
    const plan = compile({
      name: 'Fails',
      steps: [
        loop('each', { items: [1, 2, 3], concurrency: 3, continueOnError: true }, 'work', 'end'),
        { stepSlug: 'work', stepType: 'action', config: { type: 'work' }, nextSteps: { success: 'each' } },
      ],
      config: { output: '{{steps.each.error.details.failures|map("index")}}' },
    });
    const driver = await Driver.start(ports, plan);
    for (const call of [3, 1, 2]) (await work.call(call)).fail(new Error('no'));
    expect((await driver.settled()).output).toEqual([0, 1, 2]);
  });

  it('a `while` goes on from the last output of its round before', async () => {
    const { seen } = await notes([
      note('before', { n: 0 }, 'again'),
      loop('again', { while: 'true', maxIterations: 2 }, 'take', 'end'),
      note('take', { n: '{{loop.index + 1}}', last: '{{lastOutput}}' }, 'again'),
    ]);
    expect(seen).toEqual([{ n: 0 }, { n: 1, last: 'r0' }, { n: 2, last: 'r1' }]);
  });
});
