import { afterEach, describe, expect, it } from 'vitest';
import { defaultMessages, type WorkflowRunner } from '../../web-component/index.js';
import { IndexedDbStore } from '../../web-component/indexeddb-store.js';
import { badDocuments, badInputs, expectIssue, mailing } from '../support/bad-input.js';
import { cleanPage, findAll, makeRunner, next, painted, showRunner, textOf } from './element-page.js';

afterEach(cleanPage);

/** Neither a run in the element, nor one in the browser's database. */
async function expectNothingStored(element: WorkflowRunner): Promise<void> {
  expect(element.run).toBeNull();
  const store = await IndexedDbStore.open({ namespace: element.namespace ?? '' });
  expect(await store.list()).toEqual({ items: [] });
  store.close();
}

describe('a bad definition is told and shown with its place, and stores nothing', () => {
  it.each(badDocuments)('$name', async (bad) => {
    const workflow = bad.text();
    const element = makeRunner({ workflow, store: 'indexeddb', autorun: true });
    const refused = next(element, 'workflowinvalid');
    document.body.append(element);
    const issue = expectIssue((await refused).issues, bad);
    await painted(element);
    expectIssue(element.diagnostics, bad);
    expect(textOf(element, '[part=diagnostics]')).toContain(String(issue.message).replace(/\s+/g, ' '));
    expect(findAll(element, '[part=run-button]')).toEqual([]);
    await expect(element.start({})).rejects.toMatchObject({ name: 'ValidationError', code: 'INVALID_DEFINITION' });
    await expectNothingStored(element);
  });
});

describe('bad input is refused with its place, and starts nothing', () => {
  it.each(badInputs)('$name', async (bad) => {
    const element = await showRunner({ workflow: mailing, store: 'indexeddb', actions: { mail_send: () => 'sent' } });
    const error: unknown = await element.start(bad.input).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'ValidationError', code: 'INVALID_INPUT' });
    expectIssue(Object(error).issues, bad);
    await expectNothingStored(element);
  });
});

describe('an unknown execution', () => {
  it('is said to be none, and stores nothing', async () => {
    const element = await showRunner({ workflow: mailing, store: 'indexeddb', runid: 'no-such-run' });
    expect(textOf(element, '[part=error]')).toContain('There is no run “no-such-run” here.');
    expect(defaultMessages['help.NOT_FOUND']).toBeTypeOf('string');
    await expectNothingStored(element);
  });
});
