import { beforeAll, describe, expect, it } from 'vitest';
import type { Issue } from '../../runtime/index.js';
import { inputCases, located, verdict } from '../support/attacks-inputs.js';
import { call, newOrganization, put } from './client.js';

let key = '';
beforeAll(async () => {
  ({ key } = await newOrganization());
  const documents = new Map(inputCases().map(({ document }) => [document.slug, document]));
  for (const document of documents.values()) await put(key, document);
});

const isIssues = (value: unknown): value is readonly Issue[] => Array.isArray(value);

describe('the HTTP API judges an input as the library does', () => {
  it.each(inputCases())('$name', async (one) => {
    const expected = verdict(one);
    const path = `/v1/workflows/${String(one.document.slug)}/executions?wait=10`;
    const { status, body } = await call('POST', path, { key, body: { input: one.input } });
    const issues: unknown = body.issues;
    expect(isIssues(issues) ? { issues: located(issues) } : { input: body.input }).toEqual(expected);
    expect([status, body.code]).toEqual('issues' in expected ? [422, 'INVALID_INPUT'] : [200, undefined]);
  });
});
