import { afterEach, describe, expect, it } from 'vitest';
import { userEvent } from 'vitest/browser';
import type { WorkflowRunner } from '../../web-component/index.js';
import {
  cleanPage,
  find,
  findAll,
  friendly,
  type Gate,
  gate,
  greeting,
  longLoop,
  makeRunner,
  manySteps,
  next,
  painted,
  showRunner,
  textOf,
} from './element-page.js';

afterEach(cleanPage);

async function finished(settings: Partial<WorkflowRunner>, input: unknown = {}): Promise<WorkflowRunner> {
  const element = await showRunner(settings);
  const end = next(element, 'runfinish');
  await element.start(input);
  await end;
  await painted(element);
  return element;
}

const greeted = (): Promise<WorkflowRunner> => finished({ workflow: greeting, actions: friendly }, { who: 'Ada' });
const node = (element: WorkflowRunner, slug: string): SVGElement => find<SVGElement>(element, `[data-step=${slug}]`);

async function press(element: WorkflowRunner, key: string): Promise<void> {
  const target = element.shadowRoot?.activeElement;
  target?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, composed: true, cancelable: true }));
  await painted(element);
}

const focused = (element: WorkflowRunner): string | null | undefined =>
  element.shadowRoot?.activeElement?.getAttribute('data-step');

describe('the graph', () => {
  it('is one stop of the Tab key; arrows, Home and End move within it, Enter opens a step', async () => {
    const element = await greeted();
    expect(findAll(element, '.node[tabindex="0"]')).toHaveLength(1);
    node(element, 'look_up').focus();
    await press(element, 'ArrowDown');
    expect(focused(element)).toBe('known');
    await press(element, 'End');
    expect(focused(element)).toBe('greet');
    await press(element, 'Home');
    expect(focused(element)).toBe('look_up');
    expect(findAll(element, '.node[tabindex="0"]')).toHaveLength(1);
    await press(element, 'Enter');
    expect(textOf(element, '[part=inspector] h3')).toBe('Look up');
    expect(node(element, 'look_up').getAttribute('aria-pressed')).toBe('true');
  });

  it('names each step with its type and state', async () => {
    const element = await showRunner({ workflow: greeting });
    expect(findAll(element, '.node').map((each) => each.getAttribute('aria-label'))).toEqual([
      ...[
        'Look up, person_get, Action, not reached',
        'Known?, Condition, not reached',
        'Say hello, say, Action, not reached',
      ],
    ]);
  });

  it('moves nothing while a run is watched', async () => {
    const element = await showRunner({ workflow: greeting, actions: friendly });
    const places = (): string[] => findAll(element, '.node').map((each) => each.getAttribute('transform') ?? '');
    const before = places();
    const end = next(element, 'runfinish');
    await element.start({ who: 'Ada' });
    await end;
    await painted(element);
    expect(places()).toEqual(before);
  });

  it('keeps the step that a run has come to in sight, until a person looks around', async () => {
    const [left, far, last] = [gate(), gate(), gate()];
    const branch = (slug: string, success = 'end'): object => ({
      ...{ stepSlug: slug, stepType: 'action', config: { type: slug, parameters: {} }, nextSteps: { success } },
    });
    const element = makeRunner({
      workflow: {
        name: 'Wide',
        steps: [
          {
            ...{ stepSlug: 'choose', stepType: 'switch', config: { value: '{{input.way}}' } },
            nextSteps: { a: 'left', b: 'middle', c: 'right', d: 'far' },
          },
          ...[branch('left'), branch('middle'), branch('right'), branch('far', 'last'), branch('last')],
        ],
      },
      actions: { left: left.run, far: far.run, last: last.run },
    });
    element.style.cssText = 'display: block; inline-size: 320px';
    document.body.append(element);
    await element.ready;
    const isInSight = (slug: string): boolean => {
      const step = find(element, `[data-step=${slug}]`).getBoundingClientRect();
      const graph = find(element, '.graph-scroll').getBoundingClientRect();
      return step.left >= graph.left && step.right <= graph.right;
    };
    const comesTo = async (work: Gate): Promise<boolean[]> => {
      await work.called();
      await painted(element);
      return [isInSight('left'), isInSight('far')];
    };
    await element.start({ way: 'a' });
    expect(await comesTo(left)).toEqual([true, false]);
    const end = next(element, 'runfinish');
    left.open();
    await end;
    await element.start({ way: 'd' });
    expect(await comesTo(far)).toEqual([false, true]);
    const graph = find(element, '.graph-scroll');
    graph.dispatchEvent(new WheelEvent('wheel'));
    graph.scrollLeft = 0;
    far.open();
    expect(await comesTo(last)).toEqual([true, false]);
  });

  it('zooms, and fits again', async () => {
    const element = await showRunner({ workflow: greeting });
    const width = (): number => find(element, 'svg.graph').getBoundingClientRect().width;
    const before = width();
    const [, fit, larger] = findAll(element, '[part=zoom] button');
    larger?.click();
    await element.updateComplete;
    expect(width()).toBeGreaterThan(before);
    fit?.click();
    await element.updateComplete;
    expect(width()).toBe(before);
  });
});

describe('one selection', () => {
  it('is shared by graph, timeline and log', async () => {
    const element = await greeted();
    const selected = (): readonly (number | string)[] => [
      textOf(element, '.node.selected .name'),
      textOf(element, '.row.selected .row-name'),
      findAll(element, '.line.selected').length,
    ];
    findAll(element, '.row')[1]?.click();
    await element.updateComplete;
    expect(selected()).toEqual(['Known?', 'Known?', 2]);
    findAll(element, '.line')
      .find((line) => line.textContent?.includes('Say hello'))
      ?.click();
    await element.updateComplete;
    expect(selected()).toEqual(['Say hello', 'Say hello', 2]);
  });

  it('opens an inspector with parameters and output; Escape closes it and gives the focus back', async () => {
    const element = await greeted();
    node(element, 'greet').focus();
    await press(element, 'Enter');
    const said = textOf(element, '[part=inspector]');
    expect(said).toMatch(/Parameters.*"text": "Hello Ada".*Output.*"said": "Hello Ada"/);
    find(element, '[part=inspector] .icon-button').focus();
    await press(element, 'Escape');
    expect(findAll(element, '[part=inspector]')).toEqual([]);
    expect(focused(element)).toBe('greet');
  });

  it('says so when a step was not reached', async () => {
    const actions = { ...friendly, person_get: () => ({ known: false }) };
    const element = await finished({ workflow: greeting, actions }, { who: 'Ada' });
    node(element, 'greet').dispatchEvent(new MouseEvent('click', { bubbles: true }));
    await element.updateComplete;
    expect(textOf(element, '[part=inspector]')).toContain('has not been reached');
  });

  it('picks the round of a step in a loop', async () => {
    const element = await finished({ workflow: longLoop(3) });
    node(element, 'note').dispatchEvent(new MouseEvent('click', { bubbles: true }));
    await element.updateComplete;
    const picker = find<HTMLSelectElement>(element, '[part=inspector] select');
    expect([...picker.options].map((option) => option.text.trim())).toEqual([
      ...['1: round 1 of 3, succeeded', '2: round 2 of 3, succeeded', '3: round 3 of 3, succeeded'],
    ]);
    expect(textOf(element, '[part=inspector] .json')).toContain('"last": 2');
    picker.selectedIndex = 0;
    picker.dispatchEvent(new Event('change'));
    await element.updateComplete;
    expect(textOf(element, '[part=inspector] .json')).toContain('"last": 0');
    expect(textOf(element, '[data-step=each] .kind')).toBe('Loop · 3 of 3');
    expect(textOf(element, '.row-count')).toBe('3 of 3');
    expect(textOf(element, '[data-step=note] .kind')).toContain('×3');
  });
});

describe('the rounds of loops', () => {
  it('say how far each loop is while it runs, also where one stands in another', async () => {
    const work = gate();
    const loop = (stepSlug: string, items: readonly string[], next: string, done: string): object => ({
      ...{ stepSlug, name: stepSlug, stepType: 'loop', nextSteps: { next, done } },
      config: { items, itemVariable: `${stepSlug}_item` },
    });
    const workflow = {
      name: 'Nested',
      steps: [
        loop('outer', ['a', 'b'], 'inner', 'end'),
        loop('inner', ['x', 'y', 'z'], 'work', 'outer'),
        {
          ...{ stepSlug: 'work', name: 'Work', stepType: 'action', nextSteps: { success: 'inner' } },
          config: { type: 'work', parameters: {} },
        },
      ],
    };
    const element = await showRunner({ workflow, actions: { work: work.run } });
    await element.start();
    for (let left = 4; left > 0; left--) {
      await work.called();
      work.open();
    }
    await work.called();
    await painted(element);
    expect(textOf(element, '[data-step=outer] .kind')).toBe('Loop · 2 of 2');
    expect(textOf(element, '[data-step=inner] .kind')).toBe('Loop · 2 of 3');
    expect(textOf(element, '.row-count')).toBe('2 of 2 | 2 of 3');
    node(element, 'work').dispatchEvent(new MouseEvent('click', { bubbles: true }));
    await element.updateComplete;
    const picker = find<HTMLSelectElement>(element, '[part=inspector] select');
    expect(picker.options[4]?.text.trim()).toBe('5: round 2 of 2 › 2 of 3, running');
  });

  it('are only counted where nobody knows how many there will be', async () => {
    const workflow = {
      name: 'While',
      steps: [
        {
          ...{ stepSlug: 'again', name: 'Again', stepType: 'loop', nextSteps: { next: 'less', done: 'end' } },
          config: { while: 'true', maxIterations: 2 },
        },
        {
          ...{ stepSlug: 'less', name: 'Less', stepType: 'action', nextSteps: { success: 'again' } },
          config: { type: 'set_variables', parameters: { left: 1 } },
        },
      ],
    };
    const element = await finished({ workflow });
    expect(textOf(element, '[data-step=again] .kind')).toBe('Loop · 2 rounds');
    expect(textOf(element, '.line-text')).toContain('Round 2 |');
  });
});

describe('a long history', () => {
  it('keeps the page small and is searched whole', async () => {
    const element = await finished({ workflow: longLoop(2500) });
    const total = element.run?.events.length ?? 0;
    expect(total).toBeGreaterThan(10_000);
    expect(findAll(element, '.line').length).toBeLessThan(60);
    expect(findAll(element, '.bar').length).toBeLessThan(1500);
    expect(textOf(element, '[part=log] .number')).toContain(`${total} events`);
    const scroller = find(element, '.log-scroll');
    // Followed to the end.
    await expect.poll(() => textOf(element, '.line-text')).toContain('Run completed');
    scroller.scrollTop = 0;
    scroller.dispatchEvent(new Event('scroll'));
    await painted(element);
    expect(textOf(element, '.line-text')).toContain('Run started');
    expect(findAll(element, '.follow')).toHaveLength(1);
    const search = find<HTMLInputElement>(element, '.search input');
    search.value = 'Round 1234';
    search.dispatchEvent(new Event('input'));
    await painted(element);
    expect(textOf(element, '[part=log] .number')).toContain(`1 of ${total}`);
    expect(textOf(element, '.line-text')).toBe('Round 1234 of 2500');
  });

  it('goes on showing the latest, though the page hears of a scroll when more has come', async () => {
    const call = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
    const element = await showRunner({ workflow: manySteps(50), actions: { call } });
    const end = next(element, 'runfinish');
    element.addEventListener('stepfinish', () =>
      element.shadowRoot?.querySelector('.log-scroll')?.dispatchEvent(new Event('scroll')),
    );
    await element.start();
    await end;
    await expect.poll(() => textOf(element, '.line-text')).toContain('Run completed');
    expect(findAll(element, '.follow')).toEqual([]);
  });

  it('is walked by keys', async () => {
    const element = await finished({ workflow: longLoop(200) });
    const last = (element.run?.events.length ?? 0) - 1;
    const line = (): string | null | undefined => element.shadowRoot?.activeElement?.getAttribute('data-line');
    find(element, '.line[tabindex="0"]').focus();
    await press(element, 'Home');
    expect(line()).toBe('0');
    await press(element, 'ArrowDown');
    expect(line()).toBe('1');
    await press(element, 'End');
    expect(line()).toBe(String(last));
    expect(findAll(element, '.line[tabindex="0"]')).toHaveLength(1);
  });
});

describe('a workflow of 200 steps', () => {
  const begin = (): Promise<WorkflowRunner> => showRunner({ workflow: manySteps(200), actions: { call: () => null } });

  it('is drawn whole, and any of its steps can be selected and reached by keys', async () => {
    const element = await begin();
    expect(findAll(element, '.node')).toHaveLength(200);
    await userEvent.click(node(element, 'mend_39'));
    expect(textOf(element, '[part=inspector] h3')).toBe('Mend 39');
    expect(textOf(element, '.node.selected .name')).toBe('Mend 39');
    node(element, 'mend_39').focus();
    await press(element, 'Home');
    expect(focused(element)).toBe('choose_0');
    await press(element, 'ArrowDown');
    expect(focused(element)).toBe('left_0');
  });

  it('is painted anew in little time while it runs', async () => {
    let calls = 0;
    const work = gate();
    const call = (): unknown => (++calls < 30 ? null : work.run());
    const element = await showRunner({ workflow: manySteps(200), actions: { call } });
    await element.start();
    const updates: number[] = [];
    for (let more = 10; more > 0; more--) {
      await work.called();
      const before = performance.now();
      element.requestUpdate();
      await element.updateComplete;
      find(element, '.graph').getBoundingClientRect();
      updates.push(performance.now() - before);
      work.open();
    }
    await work.called();
    await painted(element);
    expect(findAll(element, '.node.is-succeeded')).toHaveLength(39 * 3 + 2);
    const median = updates.toSorted((a, b) => a - b)[5] ?? Number.NaN;
    // Many times what it takes where nothing else runs.
    expect(median).toBeLessThan(150);
  });
});

describe('the timeline', () => {
  it('draws a long wait short, and tells it from running', async () => {
    const workflow = {
      name: 'Wait',
      steps: [
        { stepSlug: 'pause', name: 'Pause', stepType: 'wait', config: { for: 40 }, nextSteps: { success: 'end' } },
      ],
    };
    const element = await finished({ workflow });
    expect(findAll(element, '.bar.wait')).toHaveLength(1);
    expect(textOf(element, '.row')).toMatch(/^Pause succeeded \d+ ms$/);
  });
});

describe('the live region', () => {
  it('tells a screen reader the turns of a run', async () => {
    const element = await showRunner({ workflow: greeting, actions: friendly });
    const end = next(element, 'runfinish');
    await element.start({ who: 'Ada' });
    await end;
    await painted(element);
    expect(textOf(element, '[aria-live=polite]')).toBe('Run completed.');
  });
});
