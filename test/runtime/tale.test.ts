import { describe, expect, type TestContext, test } from 'vitest';
import { canonicalJson, validate } from '../../runtime/index.js';
import type { JournalEvent, JsonObject } from '../../runtime/ports.js';
import { playFixture, recordFixture } from '../../runtime/testing.js';
import {
  pathOf,
  portsTaken,
  runTale,
  type TaleCase,
  type TaleRun,
  taleFiles,
  taleWorkflows,
} from '../support/tale-cases.js';

const workflows = taleWorkflows();
const files = taleFiles();

describe('workflows that run in production elsewhere', () => {
  test('all of them are here, each with its cases', (context) => {
    const names = [...(workflows ?? skip(context)).keys()];
    expect(names).toHaveLength(21);
    expect(files.map(({ workflow }) => workflow)).toEqual(names);
  });

  describe.each(files)('$workflow', ({ workflow, cases }) => {
    test('is valid', (context) => {
      const { ok, issues } = validate(workflowNamed(workflow, context));
      expect(issues.filter(({ severity }) => severity === 'error')).toEqual([]);
      expect(ok).toBe(true);
    });

    test.for(cases)('$description', async (one, context) => {
      assertRun(one, await runTale(workflowNamed(workflow, context), one));
    });

    test('its runs are made again as fixtures, to the same histories', async (context) => {
      const definition = workflowNamed(workflow, context);
      for (const one of cases) {
        const { events } = await runTale(definition, one);
        const { history } = await playFixture(definition, recordFixture(events, definition));
        expect(history.map(eventText)).toEqual(events.map(eventText));
      }
    });

    test('every port of it is taken by one of the cases', async (context) => {
      const definition = workflowNamed(workflow, context);
      const runs = await Promise.all(cases.map((one) => runTale(definition, one)));
      const taken = new Set(runs.flatMap(({ events }) => portsTaken(events)));
      const mapped = runs.flatMap(({ plan }) =>
        plan.order.flatMap(({ slug, ports }) => [...ports.keys()].map((port) => `${slug}/${port}`)),
      );
      // A `default` port stands for the `success` of the one action that has it.
      const missed = mapped.filter((port) => !taken.has(port.replace('/default', '/success')));
      expect([...new Set(missed)]).toEqual([]);
    });
  });
});

function workflowNamed(name: string, context: TestContext): JsonObject {
  const found = (workflows ?? skip(context)).get(name);
  if (found === undefined) throw new Error(`There is no workflow ${name} to run the cases of test/tale with.`);
  return found;
}

function skip(context: TestContext): never {
  return context.skip('the folder ../shared/fixtures/tale is not beside this checkout');
}

function assertRun({ expect: expected }: TaleCase, { state, events, calls }: TaleRun): void {
  const { status, error = null, path, visits, variables, recorded } = expected;
  expect({ status: state.status, error: state.error }).toMatchObject({ status, error });
  if (path !== undefined) expect(pathOf(events).join(' ')).toBe(path);
  if (visits !== undefined) expect(countOf(pathOf(events))).toEqual(visits);
  if (variables !== undefined) expect(state.variables).toMatchObject(variables);
  if (expected.calls !== undefined) assertCalls(expected.calls, calls);
  for (const [step, parameters] of Object.entries(recorded ?? {})) {
    const started = events.find((event) => event.type === 'step_started' && event.step === step);
    expect(started).toMatchObject({ parameters });
  }
}

function assertCalls(expected: NonNullable<TaleCase['expect']['calls']>, calls: TaleRun['calls']): void {
  expect(calls.map(({ step }) => step)).toEqual(expected.map(({ step }) => step));
  for (const [index, { parameters, request, says = [] }] of expected.entries()) {
    const call = calls[index];
    if (parameters !== undefined) expect(call?.parameters).toEqual(parameters);
    if (request !== undefined) expect(call?.parameters).toMatchObject(request);
    for (const text of says) expect(textOf(call?.parameters)).toContain(text);
  }
}

/** Everything a model was told. */
function textOf(request: unknown): string {
  const messages = typeof request === 'object' && request !== null && 'messages' in request ? request.messages : [];
  if (!Array.isArray(messages)) return '';
  return messages.map((message: { readonly content: string }) => message.content).join('\n');
}

function countOf(path: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const step of path) counts[step] = (counts[step] ?? 0) + 1;
  return counts;
}

function eventText(event: JournalEvent): string {
  const json: JsonObject = JSON.parse(JSON.stringify(event));
  return canonicalJson(json);
}
