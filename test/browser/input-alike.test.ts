import { afterEach, describe, expect, it } from 'vitest';
import { ValidationError } from '../../runtime/index.js';
import type { Json } from '../../runtime/ports.js';
import type { WorkflowRunner } from '../../web-component/index.js';
import { inputCases, located, type Verdict, verdict } from '../support/attacks-inputs.js';
import { cleanPage, find, findAll, next, painted, showRunner } from './element-page.js';

afterEach(cleanPage);

async function started(element: WorkflowRunner, input: Json): Promise<Verdict> {
  const start = next(element, 'runstart');
  try {
    await element.start(input);
  } catch (error) {
    if (error instanceof ValidationError) return { issues: located(error.issues) };
    throw error;
  }
  return { input: (await start).input };
}

describe('the element judges an input as the library does', () => {
  it.each(inputCases())('$name', async (one) => {
    const element = await showRunner({ workflow: one.document });
    expect(await started(element, one.input)).toEqual(verdict(one));
  });

  it('marks each field that is wrong, all at once', async () => {
    const one = inputCases().find(({ name }) => name === 'everything just past its limit');
    if (one === undefined) throw new Error('There is no such case');
    const judged = verdict(one);
    const element = await showRunner({ workflow: one.document });
    await started(element, one.input);
    await painted(element);
    const wrong = 'issues' in judged ? judged.issues.map(({ path }) => path.slice(1)) : [];
    expect(wrong.length).toBe(7);
    expect(findAll(element, '.note.error').length).toBe(wrong.length);
  });

  it('begins with the defaults from the form alone', async () => {
    const one = inputCases().find(({ name }) => name === 'no input');
    if (one === undefined) throw new Error('There is no such case');
    const element = await showRunner({ workflow: one.document });
    const start = next(element, 'runstart');
    find(element, '[part=run-button]').click();
    expect({ input: (await start).input }).toEqual(verdict(one));
  });
});
