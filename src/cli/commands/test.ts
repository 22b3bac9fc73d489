import { readdir, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { childPointer, compile, type FunctionRegistry, type Plan } from '../../../runtime/index.js';
import type { Json } from '../../../runtime/ports.js';
import {
  type CaseOutcome,
  checkTestFile,
  type Difference,
  recordCase,
  runTestCase,
  type TestFile,
  type UnknownStub,
  unknownStubs,
} from '../../../runtime/testing.js';
import type { Command } from '../command.js';
import { FileError, inFile, readDocument, reason, type SourceFile, within } from '../files.js';
import { EXIT, type Io } from '../io.js';
import { count } from '../issues.js';
import { readJournal } from '../journal-file.js';
import { loadFunctions, withBuiltins } from '../load-actions.js';
import { brief, type Paint, paint } from '../paint.js';
import { json, line } from '../shown.js';
import { type Arguments, UsageError } from '../usage.js';

const ENDING = '.workflow-test.json';

interface Tested {
  readonly file: string;
  readonly outcomes: readonly (CaseOutcome & { readonly ms: number })[];
  /** Steps that no case visits, and ports that none takes, as `step/port`. */
  readonly missed: readonly string[];
  readonly unknownStubs: readonly UnknownStub[];
}

export const testCommand: Command = {
  name: 'test',
  usage: '[FILE|FOLDER…] | --record JOURNAL',
  summary: 'Run the tests of workflows, *.workflow-test.json, and say what differs.',
  options: {
    record: { type: 'string', value: 'JOURNAL', help: 'Print a test file of a run that `run --journal` wrote.' },
    actions: {
      type: 'string',
      value: 'MODULE',
      help: 'A module whose `functions` expressions may call; nothing else of it is used.',
    },
    json: { type: 'boolean', help: 'Print one JSON object.' },
  },
  run: async (args, io) => {
    const journal = args.value('record');
    if (journal !== undefined) return record(journal, args, io);
    const files = await findFiles(io, args.positionals.length === 0 ? ['.'] : args.positionals);
    const functions = await loadFunctions(io, args.value('actions'));
    const colours = paint(io.colour);
    const all: Tested[] = [];
    for (const name of files) {
      const tested = await testFile(io, name, functions);
      all.push(tested);
      if (!args.has('json')) report(tested, io, colours);
    }
    const outcomes = all.flatMap(({ outcomes: some }) => some);
    const failed = outcomes.filter(({ ok }) => !ok).length;
    if (args.has('json')) io.out(json({ ok: failed === 0, passed: outcomes.length - failed, failed, files: all }));
    else
      io.out(line`${count(outcomes.length - failed, 'case')} passed, ${failed} failed in ${count(all.length, 'file')}`);
    return failed === 0 ? EXIT.ok : EXIT.failed;
  },
};

/** Prints a file with one case, for its author to name and to change. */
async function record(name: string, args: Arguments, io: Io): Promise<number> {
  if (args.positionals.length > 0) throw new UsageError('--record prints a file; it runs none.');
  const file = await readDocument(io, name);
  const { definition, events } = readJournal(file);
  const functions = await loadFunctions(io, args.value('actions'));
  const recorded = await inFile(within(file, '/definition'), async () => recordCase(definition, events, functions));
  io.out(json({ definition, cases: [recorded] }));
  return EXIT.ok;
}

/** The files named, and those in the folders named, in their order. A folder without any is a slip. */
async function findFiles(io: Io, names: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const name of names) {
    try {
      const tests = (await stat(resolve(io.cwd, name))).isDirectory() ? await inFolder(io, name) : [name];
      if (tests.length === 0) {
        const folder = name === '.' ? 'this folder' : name;
        throw new UsageError(`There is no file in ${folder} whose name ends in ${ENDING}.`, {
          hint: 'Name files or folders.',
        });
      }
      found.push(...tests);
    } catch (error) {
      if (error instanceof UsageError) throw error;
      throw new UsageError(`Cannot read ${name}: ${reason(error)}.`, { cause: error });
    }
  }
  return found;
}

async function inFolder(io: Io, folder: string): Promise<string[]> {
  const entries = await readdir(resolve(io.cwd, folder), { recursive: true });
  return entries
    .filter((entry) => entry.endsWith(ENDING) && !entry.includes('node_modules'))
    .sort()
    .map((entry) => join(folder, entry));
}

async function testFile(io: Io, name: string, functions: FunctionRegistry | undefined): Promise<Tested> {
  const source = await readDocument(io, name);
  const { file, issues } = checkTestFile(source.document);
  if (file === undefined) throw new FileError(`${name} is no file of workflow tests.`, { file: source, issues });
  const { plan, document } = await workflowOf({ io, name, source, functions }, file);
  const others = await workflowsOf({ io, name, source, functions }, file);
  const workflows = Object.fromEntries(others.map(({ slug, document: other }) => [slug, other]));
  // As for `run`: they need no preparing, and none of them has a network here.
  const actions = withBuiltins([]);
  const outcomes: (CaseOutcome & { ms: number })[] = [];
  for (const test of file.cases) {
    const begun = performance.now();
    const outcome = await runTestCase(document, test, { stubs: file.stubs, workflows, actions, functions });
    outcomes.push({ ...outcome, ms: Math.round(performance.now() - begun) });
  }
  const stubs = Object.assign({}, file.stubs, ...file.cases.map((test) => test.stubs ?? {}));
  const plans = [plan, ...others.map((other) => other.plan)];
  return { file: name, outcomes, missed: missedOf(plan, outcomes), unknownStubs: unknownStubs(stubs, plans) };
}

/** A file of tests as it is read. */
interface Reading {
  readonly io: Io;
  readonly name: string;
  readonly source: SourceFile;
  readonly functions: FunctionRegistry | undefined;
}

async function workflowOf(
  { io, name, source, functions }: Reading,
  { workflow, definition }: TestFile,
): Promise<{ plan: Plan; document: Json }> {
  if (workflow === undefined) {
    const document = definition ?? {};
    return {
      plan: await inFile(within(source, '/definition'), async () => compile(document, { functions })),
      document,
    };
  }
  const file = await readDocument(io, beside(name, workflow));
  return { plan: await inFile(file, async () => compile(file.document, { functions })), document: file.document };
}

interface OtherWorkflow {
  readonly slug: string;
  readonly document: Json;
  readonly plan: Plan;
}

async function workflowsOf(
  { io, name, source, functions }: Reading,
  { workflows = {} }: TestFile,
): Promise<readonly OtherWorkflow[]> {
  const read = Object.entries(workflows).map(async ([slug, one]): Promise<OtherWorkflow> => {
    const pointer = childPointer('/workflows', slug);
    const file = typeof one === 'string' ? await readDocument(io, beside(name, one)) : within(source, pointer);
    const document = typeof one === 'string' ? file.document : one;
    return { slug, document, plan: await inFile(file, async () => compile(document, { functions })) };
  });
  return Promise.all(read);
}

/** A path in a file, as seen from where the command was called. */
function beside(file: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(file), path);
}

function missedOf(plan: Plan, outcomes: readonly CaseOutcome[]): string[] {
  const visited = new Set(outcomes.flatMap((outcome) => outcome.visited));
  const taken = new Set(outcomes.flatMap((outcome) => outcome.taken));
  return plan.order.flatMap(({ slug, ports }) => {
    if (!visited.has(slug)) return [slug];
    return [...ports.keys()]
      .filter((port) => port !== 'default')
      .map((port) => `${slug}/${port}`)
      .filter((way) => !taken.has(way));
  });
}

function report({ file, outcomes, missed, unknownStubs: unknown }: Tested, io: Io, colours: Paint): void {
  io.out(line`${colours.bold(file)}`);
  for (const { name, ok, differences, problem, ms } of outcomes) {
    io.out(line`  ${ok ? colours.green('✔') : colours.red('✘')} ${name} ${colours.dim(`${ms} ms`)}`);
    if (problem !== undefined) for (const row of problem.split('\n')) io.out(line`      ${row}`);
    for (const difference of differences) reportDifference(difference, io, colours);
  }
  for (const { key, hint = '' } of unknown) {
    io.out(line`  ${colours.yellow('!')} No step asks for the stub ${JSON.stringify(key)}. ${hint}`);
  }
  if (missed.length > 0) io.out(line`  ${colours.dim(`never taken: ${missed.join(', ')}`)}`);
}

function reportDifference({ path, expected, actual }: Difference, io: Io, colours: Paint): void {
  io.out(line`      ${path}`);
  io.out(line`        ${colours.green('expected')} ${brief(expected, 200)}`);
  io.out(line`        ${colours.red('got     ')} ${actual === undefined ? 'nothing' : brief(actual, 200)}`);
}
