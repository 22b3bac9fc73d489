import { afterEach, describe, expect, it } from 'vitest';
import { ActionError } from '../../runtime/index.js';
import type { WorkflowRunner } from '../../web-component/index.js';
import { cleanPage, find, findAll, gate, next, oneStep, painted, showRunner, textOf } from './element-page.js';

afterEach(cleanPage);

const action = (stepSlug: string, success: string, parameters: object = {}): object => ({
  ...{ stepSlug, name: stepSlug, stepType: 'action', nextSteps: { success } },
  config: { type: stepSlug, parameters },
});
const threeSteps = {
  name: 'Three steps',
  slug: 'three_steps',
  parameters: [{ name: 'amount', type: 'number', default: 1 }],
  steps: [action('one', 'two'), action('two', 'three', { amount: '{{input.amount}}' }), action('three', 'end')],
};
const press = async (element: WorkflowRunner, part: string): Promise<void> => {
  find(element, `[part=${part}]`).click();
  await painted(element);
};
const click = async (element: WorkflowRunner, slug: string): Promise<void> => {
  find(element, `[data-step=${slug}]`).dispatchEvent(new MouseEvent('click', { bubbles: true }));
  await element.updateComplete;
};

describe('a run that is paused', () => {
  it('lets end what is under way, begins nothing, and goes on when it is resumed', async () => {
    const [one, two] = [gate(), gate()];
    const element = await showRunner({
      workflow: threeSteps,
      actions: { one: one.run, two: two.run, three: () => 'done' },
    });
    await element.start();
    await one.called();
    await painted(element);
    const paused = next(element, 'runpause');
    await press(element, 'pause-button');
    await paused;
    const ended = next(element, 'stepfinish');
    one.open('kept');
    expect(await ended).toMatchObject({ step: 'one', output: 'kept' });
    await painted(element);
    expect(element.status).toBe('paused');
    expect(element.matches(':state(paused)')).toBe(true);
    expect(textOf(element, '[part=status]')).toBe('Paused');
    expect(textOf(element, '[aria-live=polite]')).toBe('Run paused.');
    expect(two.calls).toBe(0);
    expect(findAll(element, '[part=pause-button]')).toEqual([]);
    await expect(element.start()).rejects.toMatchObject({ code: 'RUN_IN_PROGRESS' });
    const resumed = next(element, 'runresume');
    await press(element, 'resume-button');
    await resumed;
    await two.called();
    const end = next(element, 'runfinish');
    two.open();
    expect((await end).output).toBe('done');
    expect(textOf(element, '.line-text')).toMatch(/Run paused.*Run resumed/);
    await expect(element.pause()).rejects.toMatchObject({ code: 'EXECUTION_FINISHED' });
  });

  it('stays so over a reload, and shows no buttons where nothing may be done', async () => {
    const [before, after] = [gate(), gate()];
    const settings: Partial<WorkflowRunner> = {
      ...{ workflow: oneStep, store: 'indexeddb', namespace: `paused-${crypto.randomUUID()}` },
    };
    const first = await showRunner({ ...settings, actions: { work: before.run } });
    const id = await first.start();
    await before.called();
    await first.pause('For lunch');
    first.remove();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const second = await showRunner({ ...settings, actions: { work: after.run } });
    expect(second.run).toMatchObject({ id, status: 'paused' });
    expect(after.calls).toBe(0);
    second.readonly = true;
    await painted(second);
    expect(findAll(second, '[part=resume-button], [part=cancel-button]')).toEqual([]);
    await second.resume();
    await after.called();
    const end = next(second, 'runfinish');
    after.open('after lunch');
    expect((await end).output).toBe('after lunch');
  });
});

describe('a run that has ended', () => {
  const failing = (): { readonly actions: Record<string, () => unknown>; readonly asked: unknown[] } => {
    const asked: unknown[] = [];
    const two = (parameters?: unknown): unknown => {
      asked.push(parameters);
      if (asked.length === 1) throw new ActionError('Not today.', { code: 'CLOSED', retryable: false });
      return 'second time';
    };
    return { asked, actions: { one: () => asked.length, two, three: () => 'done' } };
  };

  it('is begun anew from the step that failed, as a new run that keeps what was done', async () => {
    const { actions, asked } = failing();
    const element = await showRunner({ workflow: threeSteps, actions });
    await expect(element.retry()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const failed = next(element, 'runfail');
    const id = await element.start();
    await failed;
    await painted(element);
    const told: string[] = [];
    for (const name of ['runstart', 'stepstart', 'stepfinish'] as const) {
      element.addEventListener(name, ({ detail }) =>
        told.push(`${name} ${'step' in detail ? detail.step : ''}`.trim()),
      );
    }
    const end = next(element, 'runfinish');
    await press(element, 'retry-button');
    expect((await end).output).toBe('done');
    // What was kept happened before.
    expect(told).toEqual(['runstart', 'stepstart two', 'stepfinish two', 'stepstart three', 'stepfinish three']);
    expect(asked).toHaveLength(2);
    await painted(element);
    expect(element.run?.id).not.toBe(id);
    expect(textOf(element, '.line-text')).toContain('Begun anew from here');
    expect((await element.runs()).items.map((run) => run.status)).toEqual(['completed', 'failed']);
    await press(element, 'parent-button');
    await expect.poll(() => element.run?.id).toBe(id);
  });

  it('is begun anew from any visit in the inspector, and by the page with another input', async () => {
    const { actions, asked } = failing();
    const element = await showRunner({ workflow: threeSteps, actions });
    const failed = next(element, 'runfail');
    await element.start();
    await failed;
    await painted(element);
    const again = next(element, 'runfinish');
    await element.retry({ from: 'two', input: { amount: 5 } });
    await again;
    expect(asked).toEqual([{ amount: 1 }, { amount: 5 }]);
    expect(element.run?.input).toEqual({ amount: 5 });
    await painted(element);
    await click(element, 'three');
    const end = next(element, 'runfinish');
    find(element, '[part=inspector] [part=retry-button]').click();
    await end;
    expect(asked).toHaveLength(2);
    await expect(element.retry({ from: 'nowhere' })).rejects.toMatchObject({ code: 'STEP_NOT_VISITED' });
    await expect(element.retry({ from: 'two', input: { amount: 'x' } })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });

  it('is not begun anew while it is under way, nor where the element only shows', async () => {
    const work = gate();
    const element = await showRunner({ workflow: oneStep, actions: { work: work.run } });
    await element.start();
    await work.called();
    await expect(element.retry({ from: 'work' })).rejects.toMatchObject({ code: 'EXECUTION_NOT_FINISHED' });
    const end = next(element, 'runfinish');
    work.open();
    await end;
    element.readonly = true;
    await painted(element);
    await click(element, 'work');
    expect(findAll(element, '[part=retry-button]')).toEqual([]);
  });
});

describe('a run that is carried', () => {
  it('goes on in another place, and never again in its own', async () => {
    const [here, there] = [gate(), gate()];
    const source = await showRunner({ workflow: oneStep, actions: { work: here.run } });
    const target = await showRunner({ workflow: oneStep, actions: { work: there.run } });
    const id = await source.start();
    await here.called();
    const given = next(source, 'runtransfer');
    const bundle = await source.exportRun();
    expect(await given).toEqual({ id });
    await painted(source);
    expect(source.status).toBe('transferred');
    expect(textOf(source, '[part=result]')).toContain('carried to another host');
    expect(await source.exportRun()).toEqual(bundle);
    await expect(source.cancel()).rejects.toMatchObject({ code: 'TRANSFERRED' });
    const text = JSON.stringify(bundle);
    await expect(target.importRun(text.replace('"one_step"', '"two_step"'))).rejects.toMatchObject({
      name: 'BundleError',
    });
    expect((await target.runs()).items).toEqual([]);
    const started = next(target, 'runstart');
    const { receipt, ...taken } = await target.importRun(text);
    expect(taken).toEqual({ id, duplicate: false, secrets: [] });
    expect(await started).toMatchObject({ id, resumed: true });
    await there.called();
    await painted(target);
    expect(target.run).toMatchObject({ id, status: 'running' });
    expect(textOf(target, '.line-text')).toMatch(/Carried to another host.*Taken over from another host/);
    const end = next(target, 'runfinish');
    there.open('made there');
    expect((await end).output).toBe('made there');
    expect(here.calls).toBe(1);
    const confirmed = next(source, 'transferconfirm');
    await source.confirmTransfer(receipt);
    expect(await confirmed).toEqual({ id, receipt });
    await expect(source.exportRun()).rejects.toMatchObject({ code: 'TRANSFER_CONFIRMED' });
    await expect(target.confirmTransfer(receipt)).rejects.toMatchObject({ code: 'NOT_TRANSFERRED' });
  });

  it('may come back to where it was', async () => {
    const [here, there, again] = [gate(), gate(), gate()];
    const source = await showRunner({ workflow: oneStep, actions: { work: here.run } });
    const target = await showRunner({ workflow: oneStep, actions: { work: there.run } });
    const id = await source.start();
    await here.called();
    await target.importRun(await source.exportRun());
    await there.called();
    source.actions = { work: again.run };
    await source.updateComplete;
    expect(await source.importRun(await target.exportRun())).toMatchObject({ id, duplicate: false });
    await again.called();
    const end = next(source, 'runfinish');
    again.open('home again');
    expect((await end).output).toBe('home again');
  });
});

describe('a run on the edge', () => {
  it('is paused, resumed, retried, exported, imported and decided by the Worker’s routes', async () => {
    const asked: unknown[] = [];
    const receipt = { transferId: 't-1', executionId: 'run-1', digest: 'abc', importedAt: 5 };
    const summary = { id: 'run-1', workflow: 'one_step', status: 'waiting', seq: 0, planHash: 'x', currentSteps: [] };
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const { pathname } = new URL(String(input));
      if (init?.method === 'POST') asked.push([pathname, JSON.parse(String(init.body))]);
      if (pathname.endsWith('/events')) return new Response(null, { status: 204 });
      if (pathname.endsWith('/export')) return Response.json({ format: 'newtflow-execution' });
      if (pathname.endsWith('/receipt')) return new Response(null, { status: 204 });
      if (pathname.endsWith('/import')) {
        asked.push(new URL(String(input)).search);
        return Response.json({ id: 'run-1', duplicate: false, receipt, secrets: ['mail'] }, { status: 201 });
      }
      const id = pathname.endsWith('/retry') || pathname.includes('run-2') ? 'run-2' : 'run-1';
      return Response.json({ ...summary, id, definition: oneStep });
    };
    const element = await showRunner({ workflow: oneStep, endpoint: '/api', runid: 'run-1', fetch });
    await element.pause('lunch');
    await element.resume();
    await element.decide(4, { decision: 'approved', fields: { a: 1 }, comment: 'Yes', by: 'whoever' });
    expect(await element.exportRun()).toEqual({ format: 'newtflow-execution' });
    const taken = await element.importRun('{"format":"newtflow-execution"}', { digest: 'a c' });
    expect(taken).toEqual({ id: 'run-1', duplicate: false, receipt, secrets: ['mail'] });
    await element.confirmTransfer(receipt);
    await expect(element.importRun('{')).rejects.toMatchObject({ code: 'BUNDLE_NOT_JSON' });
    expect(await element.retry({ from: 'work', input: { b: 2 } })).toBe('run-2');
    expect(asked).toEqual([
      ['/api/v1/executions/run-1/pause', { reason: 'lunch' }],
      ['/api/v1/executions/run-1/resume', {}],
      // Who decides the Worker knows by the key.
      ['/api/v1/approvals/run-1~4', { decision: 'approved', fields: { a: 1 }, comment: 'Yes' }],
      ['/api/v1/executions/run-1/export', {}],
      ['/api/v1/executions/import', { format: 'newtflow-execution' }],
      '?digest=a+c',
      ['/api/v1/executions/run-1/receipt', receipt],
      ['/api/v1/executions/run-1/retry', { from: 'work', input: { b: 2 } }],
    ]);
  });
});
