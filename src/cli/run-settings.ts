import { type FunctionRegistry, type Plan, parseDuration } from '../../runtime/index.js';
import type { Clock } from '../../runtime/ports.js';
import { createStubs, type StubFallback, type Stubs, VirtualClock } from '../../runtime/testing.js';
import { type Decisions, readDecision } from './decisions.js';
import type { SignalToSend } from './drive.js';
import { checkWritable, inFile, parseSource, readDocument, type SourceFile } from './files.js';
import type { Io } from './io.js';
import { type LoadedActions, loadActions, withBuiltins } from './load-actions.js';
import { planIn } from './plan-file.js';
import { SystemClock } from './system.js';
import { type Arguments, onlyPositional, UsageError } from './usage.js';

/** What `newtflow run` was asked to do. */
export interface RunSettings {
  readonly file: SourceFile;
  readonly input: SourceFile;
  readonly stubs: Stubs;
  /** What expressions may call beside the language's own. */
  readonly functions: FunctionRegistry | undefined;
  /** Where the stubs are read from. */
  readonly stubFile: SourceFile | undefined;
  readonly signals: readonly SignalToSend[];
  readonly decisions: Decisions;
  /** The workflows that this one may start, by slug. */
  readonly workflows: ReadonlyMap<string, Plan>;
  readonly clock: Clock;
  /** The clock, where it is moved from deadline to deadline. */
  readonly virtual: VirtualClock | undefined;
  readonly json: boolean;
  readonly maxTime: number | undefined;
  readonly thread: string | undefined;
  readonly journal: string | undefined;
}

/**
 * Reads what the arguments name.
 * @throws UsageError, FileError
 */
export async function readRunSettings(args: Arguments, io: Io): Promise<RunSettings> {
  const name = onlyPositional('run', args, 'a workflow file');
  const input = args.value('input') ?? '{}';
  if ([name, input.replace(/^@/, ''), args.value('stubs')].filter((source) => source === '-').length > 1) {
    throw new UsageError('Standard input can be read only once.', { hint: 'Give the others as files.' });
  }
  const signals = args.values('signal').map(readSignal);
  const decisions = new Map(args.values('decide').map(readDecision));
  const journal = args.value('journal');
  // Told before anything runs: afterwards the history would be lost.
  if (journal !== undefined) await checkWritable(io, journal);
  const virtual = args.has('virtual-time') ? new VirtualClock(Date.now()) : undefined;
  const clock = virtual ?? new SystemClock();
  const module = args.value('actions');
  const loaded: LoadedActions = module === undefined ? { actions: withBuiltins([]) } : await loadActions(io, module);
  const stubs = args.value('stubs');
  const stubFile = stubs === undefined ? undefined : await readDocument(io, stubs);
  return {
    file: await readDocument(io, name),
    input: input.startsWith('@') ? await readDocument(io, input.slice(1)) : parseSource('--input', input),
    stubs: await readStubs(stubFile, { ...loaded, clock }),
    functions: loaded.functions,
    stubFile,
    signals,
    decisions,
    workflows: await readWorkflows(args.values('workflow'), io, loaded.functions),
    clock,
    virtual,
    json: args.has('json'),
    maxTime: readDuration(args.value('max-time')),
    thread: args.value('thread'),
    journal,
  };
}

async function readStubs(file: SourceFile | undefined, behind: StubFallback): Promise<Stubs> {
  if (file === undefined) return createStubs({}, behind);
  return inFile(file, async () => createStubs(file.document, behind));
}

async function readWorkflows(
  names: readonly string[],
  io: Io,
  functions: FunctionRegistry | undefined,
): Promise<ReadonlyMap<string, Plan>> {
  const plans = new Map<string, Plan>();
  for (const name of names) {
    const file = await readDocument(io, name);
    const plan = await planIn(file, functions);
    plans.set(plan.slug, plan);
  }
  return plans;
}

function readSignal(text: string): SignalToSend {
  const at = text.indexOf('=');
  if (at === 0) throw new UsageError(`"${text}" names no event.`, { hint: 'Write it as NAME, or NAME=JSON.' });
  if (at === -1) return { name: text, data: null };
  return { name: text.slice(0, at), data: parseSource('--signal', text.slice(at + 1)).document };
}

function readDuration(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms === undefined)
    throw new UsageError(`"${text}" is no duration.`, { hint: 'Write it as 500ms, 30s, 5m, 2h or PT1H30M.' });
  return ms;
}
