import { afterEach, describe, expect, it } from 'vitest';
import { userEvent } from 'vitest/browser';
import type { RunnerEventDetails, WorkflowRunner } from '../../web-component/index.js';
import { cleanPage, find, findAll, gate, makeRunner, next, painted, showRunner, textOf } from './element-page.js';

afterEach(cleanPage);

const question = {
  ...{ stepSlug: 'ask', name: 'Ask a manager', stepType: 'approval', nextSteps: { approved: 'pay', rejected: 'end' } },
  config: {
    title: 'Pay {{input.amount}} euros?',
    description: 'For the lamp.',
    approvers: ['Ada', 'Bo'],
    fields: [
      { name: 'centre', type: 'select', label: 'Cost centre', required: true, options: ['office', 'travel'] },
      { name: 'amount', type: 'number', label: 'Granted', validation: { max: 100 } },
    ],
  },
};
const claim = {
  name: 'Claim',
  slug: 'claim',
  parameters: [{ name: 'amount', type: 'number', label: 'Amount', default: 20 }],
  steps: [
    question,
    {
      ...{ stepSlug: 'pay', name: 'Pay', stepType: 'action', nextSteps: { success: 'end' } },
      config: { type: 'pay', parameters: { given: '{{steps.ask.output}}' } },
    },
  ],
};
const pay = { pay: ({ given }: { readonly given?: unknown }) => given ?? null };

const panel = '[part=approval]';
async function fillIn(element: WorkflowRunner, label: string, value: string): Promise<void> {
  const control = [...findAll(element, `${panel} label`)].find((each) => each.textContent?.includes(label));
  const input = find<HTMLInputElement>(element, `#${CSS.escape(control?.getAttribute('for') ?? '')}`);
  input.value = value;
  input.dispatchEvent(new Event(input.localName === 'select' ? 'change' : 'input', { bubbles: true }));
  await element.updateComplete;
}

describe('an approval that waits', () => {
  it('asks in words, with a form, in a region of its own, and says so to a screen reader', async () => {
    const element = makeRunner({ workflow: claim, actions: pay });
    const asked = next(element, 'approvalrequest');
    document.body.append(element);
    await element.ready;
    const id = await element.start();
    expect(await asked).toMatchObject({
      ...{ id, step: 'ask', activation: 1, title: 'Pay 20 euros?', approvers: ['Ada', 'Bo'], dueAt: null },
      fields: [{ name: 'centre' }, { name: 'amount' }],
    });
    await painted(element);
    expect(element.run?.approvals).toMatchObject([{ step: 'ask', title: 'Pay 20 euros?' }]);
    expect(textOf(element, `${panel} h3`)).toBe('Pay 20 euros?');
    expect(textOf(element, panel)).toMatch(/For the lamp\..*Ask a manager · Asked of Ada, Bo/);
    expect(find(element, panel).getAttribute('aria-label')).toContain('Approval: Pay 20 euros?');
    expect(textOf(element, '[aria-live=polite]')).toBe('A decision is needed: Pay 20 euros?');
    expect(textOf(element, '.line-text')).toContain('Waits for a decision: Pay 20 euros?');
  });

  it('is refused with what is wrong at each field, and taken once that is right', async () => {
    const element = await showRunner({ workflow: claim, actions: pay });
    await element.start();
    await painted(element);
    await fillIn(element, 'Granted', '500');
    find(element, '[part=approve-button]').click();
    await painted(element);
    expect(textOf(element, `${panel} .note.error`)).toMatch(/Enter a value\. \| .*100/);
    const summary = find(element, `${panel} [part=error-summary]`);
    expect(element.shadowRoot?.activeElement).toBe(summary);
    summary.querySelector('a')?.click();
    expect(element.shadowRoot?.activeElement?.id).toContain('approval-1-field-centre');
    expect(element.status).toBe('waiting');
    await fillIn(element, 'Cost centre', '"office"');
    await fillIn(element, 'Granted', '15');
    await fillIn(element, 'Comment', 'Well earned');
    const end = next(element, 'runfinish');
    find(element, '[part=approve-button]').click();
    expect((await end).output).toEqual({
      ...{ decision: 'approved', fields: { centre: 'office', amount: 15 }, comment: 'Well earned' },
    });
    await painted(element);
    expect(findAll(element, panel)).toEqual([]);
    expect(element.shadowRoot?.activeElement?.getAttribute('part')).toBe('status');
    expect(textOf(element, '.line-text')).toContain('Decision received: approved');
  });

  it('is rejected by the keyboard alone, without what approving needs; Enter in a field decides nothing', async () => {
    const element = await showRunner({ workflow: claim, actions: pay });
    await element.start();
    await painted(element);
    const inputs = findAll(element, `${panel} input`);
    inputs[0]?.focus();
    await userEvent.keyboard('{Enter}');
    await painted(element);
    expect(element.status).toBe('waiting');
    await userEvent.tab();
    await userEvent.keyboard('Too dear');
    await userEvent.tab();
    await userEvent.tab();
    expect(element.shadowRoot?.activeElement?.getAttribute('part')).toBe('reject-button');
    const end = next(element, 'runfinish');
    await userEvent.keyboard('{Enter}');
    expect((await end).output).toMatchObject({ decision: 'rejected', comment: 'Too dear' });
  });

  it('is decided by the page, by step or by activation', async () => {
    const element = await showRunner({ workflow: claim, actions: pay });
    await expect(element.decide('ask', { decision: 'approved' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await element.start();
    await expect(element.decide('pay', { decision: 'approved' })).rejects.toMatchObject({ code: 'NOT_WAITING' });
    await expect(element.decide('ask', { decision: 'approved', fields: {} })).rejects.toMatchObject({
      ...{ name: 'ValidationError', code: 'INVALID_FIELDS' },
      issues: [{ path: '/centre' }],
    });
    const first = next(element, 'runfinish');
    await element.decide('ask', { decision: 'approved', fields: { centre: 'travel' }, by: 'Ada' });
    expect((await first).output).toMatchObject({ by: 'Ada', fields: { centre: 'travel' } });
    await expect(element.decide(1, { decision: 'approved' })).rejects.toMatchObject({ code: 'EXECUTION_FINISHED' });
    await element.start();
    const second = next(element, 'runfinish');
    await element.decide(1, { decision: 'rejected' });
    expect((await second).output).toMatchObject({ decision: 'rejected' });
  });

  it('is only shown in an element that decides nothing', async () => {
    const asked: unknown[] = [];
    const element = makeRunner({ workflow: claim, actions: pay });
    element.addEventListener('approvalrequest', (event) => asked.push(event.detail));
    document.body.append(element);
    await element.ready;
    element.readonly = true;
    await element.start();
    await painted(element);
    expect(textOf(element, `${panel} h3`)).toBe('Pay 20 euros?');
    expect(textOf(element, panel)).toContain('cannot be made here');
    expect(findAll(element, `${panel} :is([part=approve-button], input, select, textarea)`)).toEqual([]);
    expect(asked).toEqual([]);
  });

  it('is left to the page where that says it asks by itself', async () => {
    const element = makeRunner({ workflow: claim, actions: pay });
    const asked: RunnerEventDetails['approvalrequest'][] = [];
    const holder = document.body.appendChild(document.createElement('div'));
    holder.addEventListener('approvalrequest', (event) => {
      event.preventDefault();
      if (event instanceof CustomEvent) asked.push(event.detail);
    });
    holder.append(element);
    await element.ready;
    await element.start();
    await painted(element);
    expect(asked).toHaveLength(1);
    expect(findAll(element, panel)).toEqual([]);
    const end = next(element, 'runfinish');
    await element.decide(asked[0]?.activation ?? 0, { decision: 'rejected' });
    await end;
  });

  it('is asked again after the page was left', async () => {
    const settings: Partial<WorkflowRunner> = {
      ...{ workflow: claim, actions: pay, store: 'indexeddb', namespace: `approval-${crypto.randomUUID()}` },
    };
    const before = await showRunner(settings);
    const id = await before.start();
    before.remove();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const after = makeRunner(settings);
    const asked = next(after, 'approvalrequest');
    document.body.append(after);
    expect(await asked).toMatchObject({ id, step: 'ask' });
    await after.ready;
    await painted(after);
    expect(textOf(after, `${panel} h3`)).toBe('Pay 20 euros?');
  });
});

describe('approvals that wait side by side', () => {
  it('have forms of their own, and a step that waits twice is named by its activation', async () => {
    const workflow = {
      name: 'Each one',
      steps: [
        {
          ...{ stepSlug: 'each', name: 'Each', stepType: 'loop', nextSteps: { next: 'ask', done: 'end' } },
          config: { items: ['a', 'b'], itemVariable: 'n', concurrency: 2, collect: '{{lastOutput.fields.why}}' },
        },
        {
          ...{ stepSlug: 'ask', name: 'Ask', stepType: 'approval', nextSteps: { approved: 'each', rejected: 'each' } },
          config: { title: 'This one?', fields: [{ name: 'why', type: 'text', label: 'Why' }] },
        },
      ],
    };
    const element = await showRunner({ workflow });
    await element.start();
    await painted(element);
    expect(findAll(element, panel).map((each) => each.getAttribute('aria-label'))).toEqual([
      expect.stringContaining('Approval 1: This one?'),
      expect.stringContaining('Approval 2: This one?'),
    ]);
    await expect(element.decide('ask', { decision: 'approved' })).rejects.toMatchObject({ code: 'AMBIGUOUS_STEP' });
    await fillIn(element, 'Why', 'first');
    const end = next(element, 'runfinish');
    find(element, '[part=approve-button]').click();
    await next(element, 'stepfinish');
    await painted(element);
    expect(findAll(element, panel)).toHaveLength(1);
    expect(find<HTMLInputElement>(element, `${panel} input`).value).toBe('');
    await element.decide('ask', { decision: 'approved', fields: { why: 'second' } });
    expect((await end).output).toEqual(['first', 'second']);
  });
});

describe('a run that starts another', () => {
  const inner = {
    name: 'Inner',
    slug: 'inner',
    steps: [{ stepSlug: 'work', name: 'Work', stepType: 'action', config: { type: 'work', parameters: {} } }],
  };
  const outer = {
    name: 'Outer',
    slug: 'outer',
    steps: [{ stepSlug: 'call', name: 'Call', stepType: 'workflow', config: { workflow: 'inner' } }],
  };
  const click = async (element: WorkflowRunner, slug: string): Promise<void> => {
    find(element, `[data-step=${slug}]`).dispatchEvent(new MouseEvent('click', { bubbles: true }));
    await element.updateComplete;
  };

  it('leads to it, and back', async () => {
    const work = gate();
    const element = await showRunner({ workflow: outer, workflows: { inner }, actions: { work: work.run } });
    const id = await element.start();
    await work.called();
    await painted(element);
    await click(element, 'call');
    expect(textOf(element, '[part=inspector] .facts')).toContain('Waits for the run it started');
    const opened = next(element, 'runopen');
    find(element, '[part=child-button]').click();
    expect(await opened).toMatchObject({ from: id });
    await expect.poll(() => textOf(element, '[part=name]')).toBe('Inner');
    await painted(element);
    expect(element.run).toMatchObject({ status: 'running' });
    expect(element.run?.id).toContain(`${id}.`);
    expect(findAll(element, '[data-step=work].is-running')).toHaveLength(1);
    // Its own form would start another workflow than the one in sight.
    expect(findAll(element, '[part=form]')).toEqual([]);
    find(element, '[part=parent-button]').click();
    await expect.poll(() => textOf(element, '[part=name]')).toBe('Outer');
    expect(element.run?.id).toBe(id);
    const end = next(element, 'runfinish');
    work.open('made inside');
    expect(await end).toEqual({ id, output: 'made inside' });
  });

  it('is what the element finds again, also where a workflow starts itself', async () => {
    const self = {
      name: 'Self',
      slug: 'self',
      parameters: [{ name: 'deep', type: 'boolean', default: false }],
      steps: [
        {
          ...{ stepSlug: 'deep', name: 'Deep?', stepType: 'condition', nextSteps: { true: 'work', false: 'again' } },
          config: { expression: 'input.deep' },
        },
        { stepSlug: 'again', name: 'Again', stepType: 'workflow', config: { workflow: 'self', input: { deep: true } } },
        { stepSlug: 'work', name: 'Work', stepType: 'action', config: { type: 'work', parameters: {} } },
      ],
    };
    const [first, second] = [gate(), gate()];
    const settings: Partial<WorkflowRunner> = {
      ...{ workflow: self, store: 'indexeddb', namespace: `self-${crypto.randomUUID()}` },
      workflows: (slug) => (slug === 'self' ? self : undefined),
    };
    const before = await showRunner({ ...settings, actions: { work: first.run } });
    const id = await before.start();
    await first.called();
    before.remove();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const after = await showRunner({ ...settings, actions: { work: second.run } });
    expect(after.run?.id).toBe(id);
    await second.called();
    const end = next(after, 'runfinish');
    second.open('deep inside');
    expect(await end).toEqual({ id, output: 'deep inside' });
  });
});
