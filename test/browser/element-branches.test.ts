import { afterEach, describe, expect, it } from 'vitest';
import { ActionError } from '../../runtime/index.js';
import type { WorkflowRunner } from '../../web-component/index.js';
import { cleanPage, find, findAll, gate, next, painted, showRunner, textOf } from './element-page.js';

afterEach(cleanPage);

const action = (stepSlug: string, type: string, success: string, extra: object = {}): object => ({
  ...{ stepSlug, name: stepSlug, stepType: 'action', nextSteps: { success } },
  config: { type, parameters: {}, ...extra },
});
const fork = (config: object, nextSteps: object): object => ({
  ...{ stepSlug: 'fork', name: 'Fork', stepType: 'parallel', config, nextSteps },
});
/** Two branches of one effect each, and one after them. */
const twoBranches = (config: object = {}, extra: object = {}): object => ({
  name: 'Two branches',
  steps: [
    fork({ branches: ['left', 'right'], ...config }, { left: 'l', right: 'r', done: 'after' }),
    action('l', 'left', 'fork', extra),
    action('r', 'right', 'fork'),
    action('after', 'after', 'end'),
  ],
});

const click = async (element: WorkflowRunner, slug: string): Promise<void> => {
  find(element, `[data-step=${slug}]`).dispatchEvent(new MouseEvent('click', { bubbles: true }));
  await element.updateComplete;
};
const statusOf = (element: WorkflowRunner, slug: string): string =>
  /is-(\w+)/.exec(find(element, `[data-step=${slug}]`).getAttribute('class') ?? '')?.[1] ?? '';
const refuse = (code: string) => (): never => {
  throw new ActionError('It cannot be had.', { code, retryable: false });
};

describe('branches', () => {
  it('light up side by side, each with the edge that led to it, and meet', async () => {
    const [left, right] = [gate(), gate()];
    const element = await showRunner({
      workflow: twoBranches(),
      actions: { left: left.run, right: right.run, after: () => null },
    });
    await element.start();
    await Promise.all([left.called(), right.called()]);
    await painted(element);
    expect([statusOf(element, 'fork'), statusOf(element, 'l'), statusOf(element, 'r')]).toEqual([
      ...['branching', 'running', 'running'],
    ]);
    expect(findAll(element, '.edge.flowing')).toHaveLength(2);
    expect(textOf(element, '.port.taken')).toBe('left | right');
    expect(textOf(element, '[data-step=fork] .kind')).toBe('Parallel · 0 of 2');
    expect(find(element, '[data-step=fork]').getAttribute('aria-label')).toContain('branches running');
    left.open('from the left');
    await next(element, 'stepfinish');
    await painted(element);
    expect(textOf(element, '[data-step=fork] .kind')).toBe('Parallel · 1 of 2');
    expect(textOf(element, '.row-count')).toBe('1 of 2');
    expect(findAll(element, '.edge.flowing')).toHaveLength(1);
    expect(findAll(element, '.join.met')).toHaveLength(0);
    await click(element, 'fork');
    expect(textOf(element, '[part=inspector] .attempts li')).toBe('left: succeeded | right: running');
    const end = next(element, 'runfinish');
    right.open(null);
    await end;
    await painted(element);
    expect(findAll(element, '.join.met')).toHaveLength(1);
    expect(textOf(element, '.line-text')).toContain('Branch “left” succeeded');
    expect(textOf(element, '[part=inspector] .attempts li')).toBe('left: succeeded | right: succeeded');
  });

  it('that nobody waits for any longer are told as cancelled', async () => {
    const [left, right] = [gate(), gate()];
    const element = await showRunner({
      workflow: twoBranches({ join: 'any' }),
      actions: { left: left.run, right: right.run, after: () => null },
    });
    await element.start();
    await Promise.all([left.called(), right.called()]);
    const end = next(element, 'runfinish');
    left.open('first');
    await end;
    await painted(element);
    expect([statusOf(element, 'l'), statusOf(element, 'r')]).toEqual(['succeeded', 'cancelled']);
    await click(element, 'fork');
    expect(textOf(element, '[part=inspector] .attempts li')).toBe('left: succeeded | right: cancelled');
    expect(textOf(element, '.line-text')).toContain('Branch “right” cancelled');
  });

  it('name the place of a visit in the list of visits', async () => {
    const workflow = {
      name: 'Rounds in a branch',
      steps: [
        fork({ branches: ['loops', 'other'] }, { loops: 'each', other: 'o', done: 'end' }),
        {
          ...{ stepSlug: 'each', name: 'Each', stepType: 'loop', nextSteps: { next: 'w', done: 'fork' } },
          config: { items: [1, 2], itemVariable: 'n' },
        },
        action('w', 'work', 'each'),
        action('o', 'work', 'fork'),
      ],
    };
    const element = await showRunner({ workflow, actions: { work: () => null } });
    const end = next(element, 'runfinish');
    await element.start();
    await end;
    await painted(element);
    await click(element, 'w');
    const picker = find<HTMLSelectElement>(element, '[part=inspector] select');
    expect([...picker.options].map((option) => option.text.trim())).toEqual([
      '1: branch “loops” › round 1 of 2, succeeded',
      '2: branch “loops” › round 2 of 2, succeeded',
    ]);
  });
});

describe('rounds that run at once', () => {
  const workflow = {
    name: 'At once',
    steps: [
      {
        ...{ stepSlug: 'each', name: 'Each', stepType: 'loop', nextSteps: { next: 'w', done: 'end' } },
        config: { items: ['a', 'b', 'c'], itemVariable: 'n', concurrency: 2, continueOnError: true },
      },
      { ...action('w', 'work', 'each'), config: { type: 'work', parameters: { n: '{{n}}' } } },
    ],
  };

  it('are counted while they run, picked one by one, and the ones that failed are named', async () => {
    const work = gate();
    const run = async ({ n }: { readonly n?: unknown }): Promise<unknown> => {
      if ((await work.run()) === 'fail') throw new ActionError(`No ${n}`, { code: 'NONE', retryable: false });
      return n;
    };
    const element = await showRunner({ workflow, actions: { work: run } });
    await element.start();
    await work.called();
    await painted(element);
    expect(work.calls).toBe(2);
    expect(textOf(element, '[data-step=w] .kind')).toBe('work · ×2 · 2 at once');
    expect(textOf(element, '[data-step=each] .kind')).toBe('Loop · 2 of 3');
    // Each in a strip of the row that is its own.
    const strips = findAll(element, '.bar.run.live:not(.loop)').map((bar) => bar.style.getPropertyValue('inset-block'));
    expect(new Set(strips).size).toBe(2);
    const failed = next(element, 'stepfail');
    work.open('fail');
    await failed;
    const end = next(element, 'runfinish');
    work.open();
    await work.called();
    work.open();
    await end;
    await painted(element);
    expect(textOf(element, '[data-step=each] .kind')).toBe('Loop · 3 of 3 · 1 failed');
    await click(element, 'each');
    expect(textOf(element, '[part=inspector] .attempts li')).toBe('Round 1: No a');
    expect(textOf(element, '[part=inspector] .notice')).toBe('1 of 3 iterations failed');
    expect(textOf(element, '.line-text')).toContain('Done → done, but 1 of 3 iterations failed');
    await click(element, 'w');
    const picker = find<HTMLSelectElement>(element, '[part=inspector] select');
    expect([...picker.options].map((option) => option.text.trim())).toEqual([
      ...['1: round 1 of 3 (failed), failed', '2: round 2 of 3, succeeded', '3: round 3 of 3, succeeded'],
    ]);
    picker.selectedIndex = 0;
    picker.dispatchEvent(new Event('change'));
    await element.updateComplete;
    expect(textOf(element, '[part=inspector] [part=error]')).toContain('No a');
  });
});

describe('what is done and undone', () => {
  const booking = {
    name: 'Booking',
    steps: [
      action('flight', 'book', 'hotel', { compensate: { type: 'give_back', parameters: { what: 'flight' } } }),
      action('hotel', 'book', 'car', { compensate: { type: 'give_back', parameters: { what: 'hotel' } } }),
      action('car', 'hire', 'end'),
    ],
  };

  it('is told while it happens, in graph, timeline, log and outcome', async () => {
    const undo = gate();
    const told: unknown[] = [];
    const element = await showRunner({
      workflow: booking,
      actions: { book: () => 'booked', hire: refuse('SOLD_OUT'), give_back: undo.run },
    });
    element.addEventListener('stepstart', ({ detail }) => {
      if (detail.compensates !== undefined) told.push([detail.step, detail.compensates]);
    });
    await element.start();
    await undo.called();
    await painted(element);
    expect(element.status).toBe('running');
    expect([statusOf(element, 'flight'), statusOf(element, 'hotel'), statusOf(element, 'car')]).toEqual([
      ...['succeeded', 'undoing', 'failed'],
    ]);
    expect(textOf(element, '[data-step=hotel] .kind')).toBe('book · being undone');
    expect(textOf(element, '[part=undoing]')).toContain('is being undone');
    expect(findAll(element, '[part=cancel-button]')).toEqual([]);
    expect(await element.cancel()).toBe(false);
    expect(textOf(element, '[part=error]')).toContain('SOLD_OUT');
    expect(findAll(element, '.bar.undo.live')).toHaveLength(1);
    expect(textOf(element, '.legend')).toContain('undoing');
    undo.open();
    await next(element, 'stepfinish');
    const failed = next(element, 'runfail');
    await undo.called();
    undo.open();
    expect((await failed).error.code).toBe('SOLD_OUT');
    await painted(element);
    expect([statusOf(element, 'flight'), statusOf(element, 'hotel')]).toEqual(['undone', 'undone']);
    expect(find(element, '[data-step=hotel]').getAttribute('aria-label')).toContain('undone');
    expect(textOf(element, '[part=undone]')).toBe('Undone: hotel, flight.');
    expect(textOf(element, '.line-text')).toMatch(/Undoing what is done.*Undoing it.*Undone.*Undoing it.*Undone/);
    // What undoes a step takes no way of the graph again.
    expect(findAll(element, '.edge.taken')).toHaveLength(2);
    expect(told).toEqual([
      ['hotel', 2],
      ['flight', 1],
    ]);
    await click(element, 'hotel');
    const picker = find<HTMLSelectElement>(element, '[part=inspector] select');
    expect([...picker.options].map((option) => option.text.trim())).toEqual([
      ...['1 of 2, succeeded', '2: undoing, undone'],
    ]);
    picker.selectedIndex = 0;
    picker.dispatchEvent(new Event('change'));
    await element.updateComplete;
    expect(textOf(element, '[part=inspector] .facts .pill')).toBe('succeeded | undone');
  });

  it('is done once more by a retry, which goes back before all of it', async () => {
    const done: string[] = [];
    const actions = {
      book: () => done.push('booked'),
      give_back: () => done.push('given back'),
      hire: () => {
        if (done.length < 5) throw new ActionError('Not one is left.', { code: 'SOLD_OUT', retryable: false });
        return 'hired';
      },
    };
    const element = await showRunner({ workflow: booking, actions });
    const failed = next(element, 'runfail');
    await element.start();
    await failed;
    await painted(element);
    await expect(element.retry()).rejects.toMatchObject({ code: 'RESULTS_UNDONE' });
    await click(element, 'car');
    expect(findAll(element, '[part=inspector] [part=retry-button]')).toEqual([]);
    expect(textOf(element, '[part=inspector] .note')).toContain('goes back to “flight” or further');
    expect(textOf(element, '[part=retry-button]')).toBe('Retry from “flight”');
    const end = next(element, 'runfinish');
    find(element, '[part=retry-button]').click();
    expect((await end).output).toBe('hired');
    expect(done).toEqual(['booked', 'booked', 'given back', 'given back', 'booked', 'booked']);
  });

  it('goes on being told of when a request is refused', async () => {
    const actions = { book: () => 'booked', hire: refuse('SOLD_OUT'), give_back: () => null };
    const element = await showRunner({ workflow: booking, actions });
    const failed = next(element, 'runfail');
    await element.start();
    await failed;
    await expect(element.start(5)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await painted(element);
    expect(textOf(element, '[part=error]')).toMatch(/INVALID_INPUT.*SOLD_OUT/s);
    expect(textOf(element, '[part=undone]')).toBe('Undone: hotel, flight.');
  });

  it('names what could not be undone', async () => {
    const element = await showRunner({
      workflow: booking,
      actions: { book: () => 'booked', hire: refuse('SOLD_OUT'), give_back: refuse('TOO_LATE') },
    });
    const failed = next(element, 'runfail');
    await element.start();
    await failed;
    await painted(element);
    expect(statusOf(element, 'hotel')).toBe('undoFailed');
    expect(textOf(element, '[part=undone]')).toContain('Could not be undone: hotel, flight.');
    expect(textOf(element, '.line-text')).toContain('Could not be undone. TOO_LATE: It cannot be had.');
  });

  it('is undone when the run is cancelled, too', async () => {
    const hire = gate();
    const element = await showRunner({
      workflow: booking,
      actions: { book: () => 'booked', hire: hire.run, give_back: () => null },
    });
    await element.start();
    await hire.called();
    const over = next(element, 'runcancel');
    await element.cancel('Changed our minds');
    await over;
    await painted(element);
    expect(textOf(element, '[part=result]')).toMatch(/Changed our minds.*Undone: hotel, flight\./);
    expect(statusOf(element, 'car')).toBe('cancelled');
  });
});
