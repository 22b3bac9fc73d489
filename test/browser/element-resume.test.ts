import { afterEach, describe, expect, it } from 'vitest';
import { createBrowserHost } from '../../web-component/browser.js';
import type { WorkflowRunner } from '../../web-component/index.js';
import { cleanPage, gate, makeRunner, next, oneStep, showRunner } from './element-page.js';

afterEach(cleanPage);

/** Leaves a run of each document in the store of a namespace, its first effect under way, as a page that closes does. */
async function leaveBehind(namespace: string, ...documents: readonly object[]): Promise<readonly string[]> {
  const never = new Promise<never>(() => undefined);
  const types = ['work', 'elsewhere'];
  const host = await createBrowserHost({ namespace, actions: types.map((type) => ({ type, run: () => never })) });
  const ids: string[] = [];
  for (const document of documents) ids.push((await host.start(document)).id);
  await host.close();
  return ids;
}

/** Resolves with the runs of the namespace by their status, once none of them moves any more. */
async function statuses(element: WorkflowRunner): Promise<Readonly<Record<string, string>>> {
  const { items } = await element.runs({});
  return Object.fromEntries(items.map(({ id, status }) => [id, status]));
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}

const other = {
  name: 'Other',
  slug: 'other',
  steps: [{ stepSlug: 'work', name: 'Work', stepType: 'action', config: { type: 'work', parameters: {} } }],
};
const foreign = {
  name: 'Foreign',
  slug: 'foreign',
  steps: [{ stepSlug: 'far', name: 'Far', stepType: 'action', config: { type: 'elsewhere', parameters: {} } }],
};

describe('a page that opens', () => {
  it('goes on with every run left behind, those it does not show as well', async () => {
    const namespace = `resume-${crypto.randomUUID()}`;
    const ids = await leaveBehind(namespace, oneStep, oneStep);
    const performed: string[] = [];
    const settings = { store: 'indexeddb', namespace, workflow: oneStep };
    const element = makeRunner({
      ...settings,
      actions: { work: (_: unknown, { executionId }) => performed.push(executionId) },
    });
    const finished = next(element, 'runfinish');
    document.body.append(element);
    const { id: shown } = await finished;
    await until(async () => Object.values(await statuses(element)).every((status) => status === 'completed'));
    expect(ids).toContain(shown);
    expect(performed.toSorted()).toEqual([...ids].sort());
    expect(element.run?.id).toBe(shown);
  });

  it('goes on with the runs of other workflows that it has the actions for, and leaves the rest as they are', async () => {
    const namespace = `resume-${crypto.randomUUID()}`;
    const [mine = '', far = ''] = await leaveBehind(namespace, other, foreign);
    const element = await showRunner({
      store: 'indexeddb',
      namespace,
      workflow: oneStep,
      actions: { work: () => null },
    });
    await until(async () => (await statuses(element))[mine] === 'completed');
    expect(element.run).toBeNull();
    expect(await statuses(element)).toEqual({ [mine]: 'completed', [far]: 'running' });
    element.actions = { work: () => null, elsewhere: () => null };
    await until(async () => (await statuses(element))[far] === 'completed');
  });

  it('takes up none where it only shows runs', async () => {
    const namespace = `resume-${crypto.randomUUID()}`;
    const [left = ''] = await leaveBehind(namespace, other);
    const work = gate();
    const settings = { store: 'indexeddb', namespace, workflow: oneStep, actions: { work: work.run } };
    const element = await showRunner({ ...settings, readonly: true });
    expect(await statuses(element)).toEqual({ [left]: 'running' });
    element.remove();
    const driving = await showRunner(settings);
    await work.called();
    work.open();
    await until(async () => (await statuses(driving))[left] === 'completed');
    expect(work.calls).toBe(1);
  });
});
