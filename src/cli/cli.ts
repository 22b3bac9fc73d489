import { NewtflowError, ValidationError } from '../../runtime/index.js';
import type { Command } from './command.js';
import { compileCommand } from './commands/compile.js';
import { graphCommand } from './commands/graph.js';
import { details, findCommand, helpCommand, overview } from './commands/help.js';
import { importCommand } from './commands/import.js';
import { replayCommand } from './commands/replay.js';
import { runCommand } from './commands/run.js';
import { schemaCommand } from './commands/schema.js';
import { testCommand } from './commands/test.js';
import { validateCommand } from './commands/validate.js';
import { FileError } from './files.js';
import { EXIT, type Io } from './io.js';
import { issueJson, issueText } from './issues.js';
import { paint } from './paint.js';
import { json, line, type Shown, show } from './shown.js';
import { readArguments, UsageError } from './usage.js';
import { version } from './version.js';

const working = [
  validateCommand,
  runCommand,
  testCommand,
  replayCommand,
  graphCommand,
  compileCommand,
  schemaCommand,
  importCommand,
];
const commands: readonly Command[] = [...working, helpCommand(working)];

/** Runs one command line, without the name of the program. Returns the exit code; throws only for faults of our own. */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(argv, io);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof FileError || error instanceof NewtflowError)) throw error;
    if (argv.includes('--json')) io.out(json({ error: errorJson(error) }));
    else io.err(errorText(error));
    return EXIT.usage;
  }
}

async function dispatch([name, ...rest]: readonly string[], io: Io): Promise<number> {
  if (name === undefined) {
    io.err(overview(working));
    return EXIT.usage;
  }
  if (name === '--version' || name === '-v') {
    io.out(line`${await version()}`);
    return EXIT.ok;
  }
  const command = findCommand(commands, name === '--help' || name === '-h' ? 'help' : name);
  if (rest.includes('--help') || rest.includes('-h')) {
    io.out(details(command));
    return EXIT.ok;
  }
  return command.run(readArguments(command.name, rest, command.options), io);
}

type Fault = UsageError | FileError | NewtflowError;

function errorText(error: Fault): Shown {
  const colours = paint(false);
  if (error instanceof FileError) return show`${error.issues.map((issue) => issueText(error.file, issue, colours))}`;
  if (error instanceof UsageError) {
    return show`${line`newtflow: ${error.message}`}${error.hint === undefined ? '' : line`${error.hint}`}`;
  }
  const issues = error instanceof ValidationError ? error.issues : [];
  const place = { name: 'newtflow', locate: () => undefined };
  const head = line`newtflow: ${error.message} [${error.code}]`;
  return show`${head}${issues.map((issue) => issueText(place, issue, colours))}`;
}

function errorJson(error: Fault): Record<string, unknown> {
  const { message } = error;
  if (error instanceof UsageError)
    return { code: 'USAGE', message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  if (error instanceof FileError) {
    const issues = error.issues.map((issue) => issueJson(error.file, issue));
    return { code: 'INVALID_FILE', message, file: error.file.name, issues };
  }
  return { code: error.code, message, ...(error instanceof ValidationError ? { issues: error.issues } : {}) };
}
