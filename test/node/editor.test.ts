/** What an author sees in an editor: the language service of VS Code and Monaco, given the published schema. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { getLanguageService, TextDocument } from 'vscode-json-languageservice';

const address = './node_modules/newtflow/schema/workflow.schema.json';
const schema = readFileSync(new URL('../../schema/workflow.schema.json', import.meta.url), 'utf8');
const service = getLanguageService({
  workspaceContext: { resolveRelativePath: (path) => `file:///project/${path.replace('./', '')}` },
  schemaRequestService: (uri) =>
    uri === `file:///project/${address.replace('./', '')}` ? Promise.resolve(schema) : Promise.reject(`No ${uri}`),
});

/** @param text in which `|` is where the cursor stands */
function opened(text: string) {
  const cursor = text.indexOf('|');
  const source = text.replace('|', '').replace('{', `{ "$schema": "${address}", `);
  const document = TextDocument.create('file:///project/order.json', 'json', 1, source);
  const position = document.positionAt(cursor + source.length - (text.length - 1));
  return { document, position, parsed: service.parseJSONDocument(document) };
}

async function completed(text: string): Promise<string[]> {
  const { document, position, parsed } = opened(text);
  const list = await service.doComplete(document, position, parsed);
  return (list?.items ?? []).map(({ label }) => label);
}

async function explained(text: string): Promise<string> {
  const { document, position, parsed } = opened(text);
  const hover = await service.doHover(document, position, parsed);
  return JSON.stringify(hover?.contents).replaceAll('\\\\', '');
}

async function underlined(text: string): Promise<string[]> {
  const { document, parsed } = opened(text);
  const found = await service.doValidation(document, parsed);
  return found.map(({ range, message }) => `${document.getText(range)}: ${message}`);
}

const inStep = (text: string) => `{ "name": "x", "steps": [{ "stepSlug": "a", ${text} }] }`;

describe('an editor', () => {
  it.each<[string, string, string[]]>([
    ['the types of steps', inStep('"stepType": "|"'), ['"loop"', '"approval"', '"wait_for_event"']],
    ['the fields of a type of step', inStep('"stepType": "loop", "config": { | }'), ['items', 'while', 'collect']],
    ['the wrapped form alike', '{ "stepsConfig": [{ "stepType": "wait", "config": { | } }] }', ['for', 'until']],
    [
      'what an assignment has',
      inStep('"stepType": "action", "config": { "type": "set_variables", "parameters": { "variables": [{ | }] } }'),
      ['name', 'value', 'secure'],
    ],
  ])('completes %s', async (_what, text, expected) => {
    expect(await completed(text)).toEqual(expect.arrayContaining(expected));
  });

  it.each([
    ['loop', ['next', 'done', 'error', 'default']],
    ['condition', ['true', 'false', 'error', 'default']],
    ['approval', ['approved', 'rejected', 'timeout', 'default']],
    ['output', []],
  ])('completes the ports of a step of type %s, in one spelling each', async (type, ports) => {
    expect(await completed(inStep(`"stepType": "${type}", "nextSteps": { | }`))).toEqual(ports);
  });

  it('completes a retry policy in one spelling of each field', async () => {
    const fields = ['maxAttempts', 'initialDelay', 'multiplier', 'maxDelay', 'jitter', 'retryOn', 'nonRetryable'];
    expect(await completed('{ "name": "x", "config": { "retryPolicy": { | } } }')).toEqual(fields);
  });

  it.each<[string, string]>([
    ['"step|Type": "loop"', 'Walks its body once for each item.'],
    ['"stepType": "loop", "config": { "max|Iterations": 3 }', 'The most iterations allowed.'],
    ['"stepType": "loop", "nextSteps": { "ne|xt": "b" }', 'The first step of the body.'],
    ['"stepType": "loop", "next|Steps": { "next": "b" }', 'Its ports: next, done, error, default.'],
    ['"stepType": "action", "config": { "retry": { "de|lay": 3 } }', 'As `initialDelay`, in seconds.'],
  ])('explains %s', async (text, expected) => {
    expect(await explained(inStep(text))).toContain(expected);
  });

  it('underlines what is misspelled', async () => {
    const step = '"stepType": "loop", "config": { "items": [], "colect": 1 }, "nextSteps": { "nxt": "a", "loop": "a" }';
    expect(await underlined(inStep(step))).toEqual([
      '"colect": Property colect is not allowed.',
      '"nxt": Property nxt is not allowed.',
    ]);
  });

  const examples = fileURLToPath(new URL('../../examples/workflows/', import.meta.url));
  it.each(readdirSync(examples))('underlines nothing in %s', async (file) => {
    expect(await underlined(readFileSync(`${examples}${file}`, 'utf8'))).toEqual([]);
  });
});
