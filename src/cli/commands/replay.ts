import { canonicalJson, compileStored, historyDigest, type Plan, replay } from '../../../runtime/index.js';
import type { ExecutionState, JournalEvent } from '../../../runtime/ports.js';
import type { Command } from '../command.js';
import { inFile, readDocument, within } from '../files.js';
import { EXIT, type Io } from '../io.js';
import { count } from '../issues.js';
import { type JournalFile, readJournal } from '../journal-file.js';
import { loadFunctions } from '../load-actions.js';
import { paint } from '../paint.js';
import { json, line } from '../shown.js';
import { onlyPositional } from '../usage.js';

interface Divergence {
  readonly seq: number;
  readonly expected: JournalEvent | undefined;
  readonly actual: JournalEvent | undefined;
}

interface Verdict {
  readonly digest: string;
  readonly state?: ExecutionState;
  readonly divergence?: Divergence;
  /** What was changed since the run was recorded, though its events still agree with each other. */
  readonly altered?: Alteration;
}

interface Alteration {
  readonly what: string;
  readonly recorded: string;
  readonly computed: string;
}

export const replayCommand: Command = {
  name: 'replay',
  usage: 'JOURNAL',
  summary: 'Play a recorded run again and compare every event; performs nothing.',
  options: {
    actions: {
      type: 'string',
      value: 'MODULE',
      help: 'A module whose `functions` expressions may call; nothing else of it is used.',
    },
    json: { type: 'boolean', help: 'Print one JSON object.' },
  },
  run: async (args, io) => {
    const file = await readDocument(io, onlyPositional('replay', args, 'a journal, as `run --journal` writes it'));
    const journal = readJournal(file);
    const functions = await loadFunctions(io, args.value('actions'));
    const plan = await inFile(within(file, '/definition'), async () => compileStored(journal.definition, functions));
    const verdict = judge(journal, plan, replay(plan, journal.events));
    if (args.has('json')) printJson(journal, verdict, io);
    else print(journal, verdict, io);
    return isSame(verdict) ? EXIT.ok : EXIT.failed;
  },
};

function isSame({ divergence, altered }: Verdict): boolean {
  return divergence === undefined && altered === undefined;
}

function judge(journal: JournalFile, plan: Plan, outcome: ReturnType<typeof replay>): Verdict {
  const digest = historyDigest(journal.events);
  const altered = alteration(journal, plan, digest);
  if (!outcome.ok && outcome.seq > 1) return { digest, divergence: outcome };
  if (!outcome.ok) return altered === undefined ? { digest, divergence: outcome } : { digest, altered };
  const state = outcome.state === undefined ? {} : { state: outcome.state };
  return altered === undefined ? { digest, ...state } : { digest, ...state, altered };
}

function alteration({ digest, events }: JournalFile, plan: Plan, computed: string): Alteration | undefined {
  if (digest !== undefined && digest !== computed) {
    return { what: 'its events do not give the digest it bears', recorded: digest, computed };
  }
  const pinned = JSON.stringify(events[0]?.type === 'execution_started' ? (events[0].workflow?.hash ?? null) : null);
  if (pinned === JSON.stringify(plan.hash)) return undefined;
  return { what: 'its definition is not the one that ran', recorded: pinned, computed: JSON.stringify(plan.hash) };
}

function printJson(journal: JournalFile, { digest, divergence, altered, state }: Verdict, io: Io): void {
  const result = {
    ok: divergence === undefined && altered === undefined,
    events: journal.events.length,
    digest,
    ...(altered === undefined ? {} : { altered }),
    ...(state === undefined ? {} : { status: state.status, output: state.output, error: state.error }),
    ...(divergence === undefined
      ? {}
      : {
          divergence: { seq: divergence.seq, expected: divergence.expected ?? null, actual: divergence.actual ?? null },
        }),
  };
  io.out(json(result));
}

function print(journal: JournalFile, { digest, divergence, altered, state }: Verdict, io: Io): void {
  const colours = paint(io.colour);
  if (divergence !== undefined) {
    io.out(line`${colours.red('✗')} The replay diverges at event ${divergence.seq}.`);
    io.out(line`    recorded: ${shown(divergence.actual)}`);
    io.out(line`    replayed: ${shown(divergence.expected)}`);
    return;
  }
  if (altered !== undefined) {
    io.out(line`${colours.red('✗')} The journal was altered: ${altered.what}.`);
    io.out(line`    recorded: ${altered.recorded}`);
    io.out(line`    computed: ${altered.computed}`);
    return;
  }
  io.out(
    line`${colours.green('✓')} ${count(journal.events.length, 'event')} replayed, all equal; the run is ${state?.status ?? 'not begun'}.`,
  );
  io.out(line`    digest: ${digest}`);
}

function shown(event: JournalEvent | undefined): string {
  return event === undefined ? 'nothing' : canonicalJson(event);
}
