import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runInThisContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import * as newtflow from '../../runtime/index.js';
import {
  compileExpression,
  compileTemplate,
  type Json,
  type JsonObject,
  MemoryStore,
  validate,
} from '../../runtime/index.js';
import { VirtualClock } from '../../runtime/testing.js';
import { type CaseSignal, runCase, START_TIME } from '../support/conformance.js';
import { type Example, examplesOf, pairsOf } from '../support/doc-examples.js';

const page = new URL('../../docs/language.md', import.meta.url);
const examples = examplesOf(page);
const of = (kind: string) =>
  examples.filter((example) => example.kind === kind).map((example) => [example.line, example] as const);

/** What a `json run` block holds: how to run the workflow before it, and what comes of it. */
interface Run {
  readonly input?: Json;
  readonly stubs?: Json;
  readonly signals?: readonly CaseSignal[];
  readonly secrets?: Readonly<Record<string, string>>;
  readonly workflows?: Readonly<Record<string, Json>>;
  readonly status: 'completed' | 'failed';
  readonly output?: Json;
  readonly error?: JsonObject;
  readonly calls?: readonly JsonObject[];
}

function parse<T>({ text }: Example): T {
  return JSON.parse(text);
}

describe('the reference of the language', () => {
  test('every example is of a kind that is tried here', () => {
    const kinds = new Set(examples.map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual([
      ...['expr', 'json run', 'json scope', 'json step', 'json workflow', 'template', 'ts'],
    ]);
  });

  test.each(of('json workflow'))('the workflow on line %i is valid, and is run', (_line, example) => {
    expect(validate(parse(example)).issues).toEqual([]);
    expect(examples[examples.indexOf(example) + 1]?.kind).toBe('json run');
  });

  test.each(of('json run'))('the run on line %i gives what it says', async (_line, example) => {
    const before = examples.slice(0, examples.indexOf(example));
    const workflow = before.findLast(({ kind }) => kind === 'json workflow');
    if (workflow === undefined) throw new Error('There is no workflow before this run.');
    const { status, output, error, calls, ...setting } = parse<Run>(example);
    const result = await runCase(
      {
        name: 'example',
        description: '',
        definition: parse<Json>(workflow),
        ...setting,
        expect: { status, history: [] },
      },
      { store: new MemoryStore(), clock: new VirtualClock(START_TIME) },
    );
    expect({ status: result.state.status, error: result.state.error }).toMatchObject({ status, error: error ?? null });
    if (output !== undefined) expect(result.state.output).toEqual(output);
    if (calls !== undefined) expect(result.calls).toMatchObject(calls);
  });

  test.each(of('json step'))('the step on line %i is valid in a workflow, and runs', async (_line, example) => {
    const definition = around(parse(example));
    expect(validate(definition).issues).toEqual([]);
    const stubs = { llm: { output: { topic: 'billing' } }, [String(parse<Step>(example).config.type)]: { output: {} } };
    const result = await runCase(
      {
        name: 'example',
        description: '',
        definition,
        input: { text: '', topic: '', page: 1 },
        stubs,
        expect: { status: 'completed', history: [] },
      },
      { store: new MemoryStore(), clock: new VirtualClock(START_TIME) },
    );
    expect(result.state).toMatchObject({ status: 'completed', error: null });
  });

  test.each(of('expr').flatMap(([line, { text }]) => pairsOf(text).map((pair) => [line, ...pair] as const)))(
    'line %i: %s',
    (_line, source, value) => {
      expect(compileExpression(source).evaluate(scope())).toEqual(
        value === 'undefined' ? undefined : JSON.parse(value),
      );
    },
  );

  test.each(of('template').flatMap(([line, { text }]) => pairsOf(text).map((pair) => [line, ...pair] as const)))(
    'line %i: %s',
    (_line, source, value) => {
      expect(compileTemplate(source).render(scope())).toEqual(JSON.parse(value));
    },
  );

  test.each(of('ts'))('the code on line %i gives what it says', (_line, { text }) => {
    const body = text
      .replace(/^import (\{.*\}) from 'newtflow';$/m, 'const $1 = newtflow;')
      .replaceAll(/^(if \(.*?\) )?(?!const )(\S.*); \/\/ (.*)$/gm, '$1shown.push([$2, $3]);');
    const run: (library: object, document: unknown) => (readonly [actual: unknown, told: unknown])[] = runInThisContext(
      `((newtflow, document) => { const shown = []; ${body}; return shown; })`,
    );
    const [, first] = of('json workflow')[0] ?? [];
    const shown = run(newtflow, first && parse(first));
    expect(shown.length).toBe(text.split('; // ').length - 1);
    for (const [actual, told] of shown) expect(actual).toEqual(told);
  });

  test('the table of transforms is what the code says', async () => {
    const script = fileURLToPath(new URL('../../tools/docs.mjs', import.meta.url));
    await expect(promisify(execFile)(process.execPath, [script, '--check'])).resolves.toMatchObject({ stderr: '' });
  });

  test('the table of validation names each code that the checks have, and no other', () => {
    const text = readFileSync(page, 'utf8');
    const section = text.slice(text.indexOf('## What validation says'), text.indexOf('## From code'));
    const told = new Set([...section.matchAll(/`([A-Z]+(?:_[A-Z]+)*)`/g)].map(([, code]) => code));
    const folder = new URL('../../runtime/definition/', import.meta.url);
    const source = readdirSync(folder)
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(new URL(name, folder), 'utf8'))
      .join('\n');
    const codes = new Set(
      [...source.matchAll(/'([A-Z]+(?:_[A-Z]+)*)'/g)].flatMap(([, code = '']) => (code.length > 4 ? [code] : [])),
    );
    // These come from the compilers of expressions and templates.
    for (const code of ['EXPRESSION_INVALID', 'EXPRESSION_LIMIT', 'TEMPLATE_INVALID', 'TEMPLATE_LIMIT'])
      codes.add(code);
    // These are errors of a start or a run, or of a stored plan, not issues of a definition.
    for (const code of ['INVALID_DEFINITION', 'INVALID_INPUT', 'WORKFLOW_FAILED']) codes.delete(code);
    for (const code of ['PLAN_INVALID', 'PLAN_VERSION', 'FUNCTION_NOT_FOUND']) codes.delete(code);
    expect([...told].sort()).toEqual([...codes].sort());
  });
});

interface Step {
  readonly stepSlug: string;
  readonly config: JsonObject;
  readonly nextSteps?: Readonly<Record<string, string>>;
}

/** A workflow of the step alone, and a last step for each of its targets. */
function around(step: Step): JsonObject {
  const targets = new Set(Object.values(step.nextSteps ?? {}).filter((target) => target !== 'end'));
  const ends = [...targets].map((stepSlug) => ({ stepSlug, stepType: 'output', config: { mapping: stepSlug } }));
  const plain: JsonObject = JSON.parse(JSON.stringify(step));
  return { name: 'Example', steps: [plain, ...ends] };
}

function scope(): JsonObject {
  const [, example] = of('json scope')[0] ?? [];
  if (example === undefined) throw new Error('The page shows no values.');
  return parse(example);
}
