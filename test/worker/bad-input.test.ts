import { beforeEach, describe, expect, it } from 'vitest';
import { badDocuments, badInputs, expectIssue, mailing } from '../support/bad-input.js';
import { type Answer, call, expectProblem, newOrganization, put } from './client.js';

let key: string;
beforeEach(async () => {
  ({ key } = await newOrganization());
});

async function expectNothingStored(): Promise<void> {
  expect((await call('GET', '/v1/workflows', { key })).body).toEqual({ items: [] });
  expectProblem(await call('GET', '/v1/workflows/send', { key }), 404, 'WORKFLOW_NOT_FOUND');
  expectProblem(await call('GET', '/v1/workflows/send/versions', { key }), 404, 'WORKFLOW_NOT_FOUND');
  expect((await call('GET', '/v1/schedules', { key })).body).toEqual({ items: [] });
  await expectNothingStarted();
}

async function expectNothingStarted(): Promise<void> {
  expect((await call('GET', '/v1/executions', { key })).body).toEqual({ items: [] });
}

describe('a bad definition is refused with its code and place, and nothing of it is stored', () => {
  it.each(badDocuments)('$name', async (bad) => {
    const { status, code } = bad.http ?? { status: 422, code: 'INVALID_DEFINITION' };
    const text = bad.text();
    const expectRefused = (answer: Answer): void => {
      expectProblem(answer, status, code);
      if (status !== 413) expect(expectIssue(answer.body.issues, bad).line).toBe(bad.line);
    };
    expectRefused(await call('PUT', '/v1/workflows/send', { key, text }));
    const validated = await call('POST', '/v1/workflows/validate', { key, text });
    if (bad.http !== undefined) expectRefused(validated);
    else {
      expect(validated).toMatchObject({ status: 200, body: { valid: false } });
      expect(expectIssue(validated.body.issues, bad).line).toBe(bad.line);
    }
    const started = await call('POST', '/v1/workflows/send/executions', { key });
    expectProblem(started, 404, 'WORKFLOW_NOT_FOUND');
    await expectNothingStored();
  });
});

describe('bad input is refused with its code and place, and starts nothing', () => {
  it.each(badInputs)('$name', async ({ input, ...bad }) => {
    await put(key, mailing);
    const answer = await call('POST', '/v1/workflows/mail/executions', { key, text: JSON.stringify({ input }) });
    expectProblem(answer, 422, 'INVALID_INPUT');
    expectIssue(answer.body.issues, { input, ...bad });
    await expectNothingStarted();
  });

  it('nor does it use up an Idempotency-Key', async () => {
    await put(key, mailing);
    const start = (input: { to: string }): Promise<Answer> =>
      call('POST', '/v1/workflows/mail/executions', { key, body: { input }, headers: { 'idempotency-key': 'once' } });
    expectProblem(await start({ to: 'nobody' }), 422, 'INVALID_INPUT');
    expect((await start({ to: 'ada@example.com' })).status).toBe(202);
  });
});

describe('a wrong key stores nothing', () => {
  it.each([
    ['PUT', '/v1/workflows/mail'],
    ['POST', '/v1/workflows/validate'],
    ['POST', '/v1/workflows/mail/executions'],
  ])('%s %s', async (method, path) => {
    for (const wrong of [null, `${key.slice(0, -4)}0000`]) {
      expectProblem(await call(method, path, { key: wrong, body: mailing }), 401, 'UNAUTHORIZED');
    }
    await expectNothingStored();
  });
});
