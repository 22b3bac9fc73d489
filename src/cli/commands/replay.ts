import { canonicalJson, compile, historyDigest, replay } from '../../../runtime/index.js';
import type { ExecutionState, JournalEvent } from '../../../runtime/ports.js';
import type { Command } from '../command.js';
import { inFile, readDocument } from '../files.js';
import { EXIT, type Io, line } from '../io.js';
import { count } from '../issues.js';
import { type JournalFile, readJournal } from '../journal-file.js';
import { paint } from '../paint.js';
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
  readonly altered: boolean;
}

export const replayCommand: Command = {
  name: 'replay',
  usage: 'JOURNAL',
  summary: 'Play a recorded run again and compare every event; performs nothing.',
  options: { json: { type: 'boolean', help: 'Print one JSON object.' } },
  run: async (args, io) => {
    const file = await readDocument(io, onlyPositional('replay', args, 'a journal, as `run --journal` writes it'));
    const journal = readJournal(file);
    const plan = await inFile({ ...file, locate: (pointer) => file.locate(`/definition${pointer}`) }, async () =>
      compile(journal.definition),
    );
    const verdict = judge(journal, replay(plan, journal.events));
    if (args.has('json')) printJson(journal, verdict, io);
    else print(journal, verdict, io);
    return verdict.divergence === undefined && !verdict.altered ? EXIT.ok : EXIT.failed;
  },
};

function judge(journal: JournalFile, outcome: ReturnType<typeof replay>): Verdict {
  const digest = historyDigest(journal.events);
  const altered = journal.digest !== undefined && journal.digest !== digest;
  if (!outcome.ok) return { digest, altered, divergence: outcome };
  return outcome.state === undefined ? { digest, altered } : { digest, altered, state: outcome.state };
}

function printJson(journal: JournalFile, { digest, divergence, altered, state }: Verdict, io: Io): void {
  const result = {
    ok: divergence === undefined && !altered,
    events: journal.events.length,
    digest,
    ...(altered ? { recordedDigest: journal.digest } : {}),
    ...(state === undefined ? {} : { status: state.status, output: state.output, error: state.error }),
    ...(divergence === undefined
      ? {}
      : {
          divergence: { seq: divergence.seq, expected: divergence.expected ?? null, actual: divergence.actual ?? null },
        }),
  };
  io.out(line(JSON.stringify(result, undefined, 2)));
}

function print(journal: JournalFile, { digest, divergence, altered, state }: Verdict, io: Io): void {
  const colours = paint(io.colour);
  if (divergence !== undefined) {
    io.out(line(`${colours.red('✗')} The replay diverges at event ${divergence.seq}.`));
    io.out(line(`    recorded: ${shown(divergence.actual)}`));
    io.out(line(`    replayed: ${shown(divergence.expected)}`));
    return;
  }
  if (altered) {
    io.out(line(`${colours.red('✗')} The journal was altered: its events do not give the digest it bears.`));
    io.out(line(`    recorded: ${journal.digest}`));
    io.out(line(`    computed: ${digest}`));
    return;
  }
  io.out(
    line(
      `${colours.green('✓')} ${count(journal.events.length, 'event')} replayed, all equal; the run is ${state?.status ?? 'not begun'}.`,
    ),
  );
  io.out(line(`    digest: ${digest}`));
}

function shown(event: JournalEvent | undefined): string {
  return event === undefined ? 'nothing' : canonicalJson(event);
}
