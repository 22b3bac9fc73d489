import axe from 'axe-core';
import { afterEach, describe, expect, it } from 'vitest';
import type { WorkflowRunner } from '../../web-component/index.js';
import {
  cleanPage,
  find,
  findAll,
  friendly,
  gate,
  greeting,
  longLoop,
  next,
  oneStep,
  painted,
  showRunner,
} from './element-page.js';

afterEach(async () => {
  document.documentElement.style.removeProperty('color-scheme');
  await cleanPage();
});

/** What axe finds wrong, in words. */
async function faults(element: WorkflowRunner): Promise<readonly string[]> {
  await painted(element);
  await Promise.all(document.getAnimations().map((animation) => animation.ready));
  const { violations } = await axe.run(document.body, {
    resultTypes: ['violations'],
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    // The page around the element is the test's own.
    rules: {
      region: { enabled: false },
      'page-has-heading-one': { enabled: false },
      'landmark-one-main': { enabled: false },
    },
  });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(' ')} ${node.failureSummary}`),
  );
}

const form = {
  name: 'Every kind of field',
  parameters: [
    { name: 'text', type: 'string', label: 'Text', required: true, help: 'Some help.' },
    { name: 'mail', type: 'email', label: 'E-mail', placeholder: 'ada@example.com' },
    { name: 'count', type: 'integer', label: 'Count', default: 2 },
    { name: 'on', type: 'boolean', label: 'On' },
    { name: 'size', type: 'select', label: 'Size', options: ['s', 'm'] },
    { name: 'tags', type: 'multiselect', label: 'Tags', options: ['a', 'b'] },
    { name: 'long', type: 'textarea', label: 'Long text' },
    { name: 'day', type: 'date', label: 'Day' },
    { name: 'data', type: 'json', label: 'Data' },
    { name: 'key', type: 'password', label: 'Key' },
    { name: 'report', type: 'file', label: 'Report' },
    { name: 'team', type: 'select', label: 'Team', dataProvider: { name: 'teams' } },
  ],
  steps: [{ stepSlug: 'a', name: 'A', stepType: 'output', config: { mapping: '{{input}}' } }],
};

for (const scheme of ['light', 'dark']) {
  describe(`in ${scheme}, axe finds nothing wrong`, () => {
    const show = async (settings: Partial<WorkflowRunner>): Promise<WorkflowRunner> => {
      document.documentElement.style.setProperty('color-scheme', scheme);
      document.documentElement.style.setProperty('background', 'Canvas');
      return showRunner(settings);
    };

    it('with a form, idle and with errors', async () => {
      const element = await show({ workflow: form });
      expect(await faults(element)).toEqual([]);
      find(element, '[part=run-button]').click();
      expect(await faults(element)).toEqual([]);
    });

    it('with a run under way', async () => {
      const work = gate();
      const element = await show({ workflow: oneStep, actions: { work: work.run } });
      await element.start();
      await work.called();
      expect(await faults(element)).toEqual([]);
    });

    it('with a run that ended, a step inspected', async () => {
      const element = await show({ workflow: greeting, actions: friendly });
      const end = next(element, 'runfinish');
      await element.start({ who: 'Ada' });
      await end;
      await painted(element);
      find<SVGElement>(element, '[data-step=greet]').dispatchEvent(new MouseEvent('click', { bubbles: true }));
      expect(await faults(element)).toEqual([]);
    });

    it('with a loop and a long log', async () => {
      const element = await show({ workflow: longLoop(100) });
      const end = next(element, 'runfinish');
      await element.start();
      await end;
      await painted(element);
      find<SVGElement>(element, '[data-step=note]').dispatchEvent(new MouseEvent('click', { bubbles: true }));
      expect(await faults(element)).toEqual([]);
    });

    it('with a run that failed', async () => {
      const element = await show({ workflow: oneStep });
      const end = next(element, 'runfail');
      await element.start();
      await end;
      expect(await faults(element)).toEqual([]);
    });

    it('with an approval that waits, idle and with errors, beside another', async () => {
      const ask = (stepSlug: string): object => ({
        ...{ stepSlug, name: 'Ask', stepType: 'approval', nextSteps: { approved: 'fork', rejected: 'fork' } },
        config: {
          title: 'Pay?',
          description: 'Ten euros.',
          approvers: ['Ada'],
          timeout: 60_000,
          fields: form.parameters,
        },
      });
      const workflow = {
        name: 'Two questions',
        parameters: form.parameters,
        steps: [
          {
            ...{ stepSlug: 'fork', name: 'Fork', stepType: 'parallel', config: { branches: ['a', 'b'] } },
            nextSteps: { a: 'ask_a', b: 'ask_b', done: 'end' },
          },
          ask('ask_a'),
          ask('ask_b'),
        ],
      };
      const element = await show({ workflow });
      await element.start({ text: 'x' });
      expect(await faults(element)).toEqual([]);
      find(element, '[part=approve-button]').click();
      expect(await faults(element)).toEqual([]);
      expect(findAll(element, '[part=approval] [part=error-summary]')).toHaveLength(1);
      element.readonly = true;
      expect(await faults(element)).toEqual([]);
    });

    it('with branches, and a run that failed and was undone', async () => {
      const refuse = (): never => {
        throw new Error('Sold out');
      };
      const step = (stepSlug: string, extra: object = {}): object => ({
        ...{ stepSlug, name: stepSlug, stepType: 'action', nextSteps: { success: 'fork' } },
        config: { type: stepSlug, parameters: {}, ...extra },
      });
      const workflow = {
        name: 'Trip',
        steps: [
          {
            ...{ stepSlug: 'fork', name: 'Fork', stepType: 'parallel', config: { branches: ['a', 'b'] } },
            nextSteps: { a: 'flight', b: 'car', done: 'end' },
          },
          step('flight', { compensate: { type: 'give_back', parameters: {} } }),
          step('car'),
        ],
      };
      const element = await show({ workflow, actions: { flight: () => 1, car: refuse, give_back: () => null } });
      const end = next(element, 'runfail');
      await element.start();
      await end;
      await painted(element);
      find<SVGElement>(element, '[data-step=fork]').dispatchEvent(new MouseEvent('click', { bubbles: true }));
      expect(await faults(element)).toEqual([]);
    });

    it('with a definition that is refused', async () => {
      const element = await show({
        workflow: { name: 'X', steps: [{ stepSlug: 'a', stepType: 'acton', config: {} }] },
      });
      expect(await faults(element)).toEqual([]);
    });
  });
}

describe('two elements on one page', () => {
  const names = (element: WorkflowRunner): readonly (string | null)[] =>
    findAll(element, 'section[aria-label]').map((each) => each.getAttribute('aria-label'));

  it('have regions that are told apart by the workflow, and where it is the same, by a number', async () => {
    const settings = { workflow: oneStep, view: 'form graph' };
    const first = await showRunner({ ...settings, view: 'form graph timeline log' });
    const second = await showRunner({ ...settings, endpoint: 'https://edge.example', fetch: () => Promise.reject() });
    const third = await showRunner(settings);
    expect(await faults(third)).toEqual([]);
    expect(names(first)).toEqual(
      ['Input', 'Graph', 'Timeline', 'Log'].map((title) => `${title}: One step, in this page`),
    );
    expect(names(second)).toEqual(['Input: One step, on the edge', 'Graph: One step, on the edge']);
    expect(names(third)).toEqual(['Input: One step, in this page (2)', 'Graph: One step, in this page (2)']);
    first.remove();
    await painted(third);
    expect(names(third)).toEqual(['Input: One step, in this page', 'Graph: One step, in this page']);
  });
});

describe('every control', () => {
  it('is at least 24 pixels in each direction', async () => {
    const element = await showRunner({ workflow: form });
    find(element, '[part=run-button]').click();
    await painted(element);
    const small = [...(element.shadowRoot?.querySelectorAll('button, a, select, textarea, .tick, summary') ?? [])]
      .map((each) => ({ each, box: each.getBoundingClientRect() }))
      .filter(({ box }) => box.width < 24 || box.height < 24);
    expect(small.map(({ each, box }) => `${each.outerHTML.slice(0, 60)} ${box.width}×${box.height}`)).toEqual([]);
  });
});

describe('a narrow place', () => {
  it('needs no sideways scrolling of the page', async () => {
    const box = document.body.appendChild(document.createElement('div'));
    box.style.setProperty('inline-size', '320px');
    const element = await showRunner({ workflow: form });
    box.append(element);
    await painted(element);
    const article = find(element, 'article');
    expect(article.scrollWidth).toBeLessThanOrEqual(320);
    expect(element.getBoundingClientRect().width).toBe(320);
  });

  it('mirrors in a right-to-left page', async () => {
    const element = await showRunner({ workflow: greeting });
    document.documentElement.dir = 'rtl';
    await painted(element);
    const name = find(element, '[part=name]').getBoundingClientRect();
    const whole = element.getBoundingClientRect();
    expect(whole.right - name.right).toBeLessThan(4);
    document.documentElement.dir = '';
  });
});
