import type { Issue } from '../../../runtime/index.js';
import type { JsonObject } from '../../../runtime/ports.js';
import type { Command } from '../command.js';
import { FileError, readText, type SourceFile, writeText } from '../files.js';
import { isList, isObject } from '../import/fields.js';
import { type Imported, importGenxai } from '../import/genxai.js';
import { parseYaml } from '../import/yaml-source.js';
import { EXIT, type Io } from '../io.js';
import { count, issueJson, issueText } from '../issues.js';
import { paint } from '../paint.js';
import { json, line, lines } from '../shown.js';
import { type Arguments, onlyPositional } from '../usage.js';

export const importCommand: Command = {
  name: 'import',
  usage: 'FILE.yaml [--out FILE]',
  summary: 'Make a workflow definition from a GenXAI no-code workflow.',
  options: {
    out: { type: 'string', value: 'FILE', help: 'Write the definition there, not to standard output.' },
    agents: { type: 'string', value: 'FILE', help: 'The YAML file of agents that `agents_ref` names.' },
    json: { type: 'boolean', help: 'Print one JSON object: the definition, and notes on what it left out.' },
  },
  run: async (args, io) => {
    const file = await readYaml(io, onlyPositional('import', args, 'a YAML file'));
    const agents = args.value('agents');
    const imported = importGenxai(file.document, agents === undefined ? undefined : await readAgents(io, agents));
    const { definition } = imported;
    if (definition === undefined) {
      const issues = imported.notes.filter(({ severity }) => severity === 'error');
      throw new FileError(`${file.name} cannot be imported.`, { file, issues });
    }
    const text = JSON.stringify(definition, undefined, 2);
    const out = args.value('out');
    if (out !== undefined) await writeText(io, out, `${text}\n`);
    if (args.has('json')) io.out(json(resultJson(file, definition, imported, out)));
    else report({ file, text, imported, args }, io);
    return EXIT.ok;
  },
};

async function readYaml(io: Io, name: string): Promise<SourceFile> {
  return parseYaml(name === '-' ? '<stdin>' : name, await readText(io, name));
}

/** A file of agents: `agents: […]`, or the list alone. */
async function readAgents(io: Io, name: string): Promise<readonly JsonObject[]> {
  const file = await readYaml(io, name);
  const agents = isObject(file.document) ? (file.document.agents ?? null) : file.document;
  if (isList(agents) && agents.every(isObject)) return agents.filter(isObject);
  const issue: Issue = {
    code: 'NOT_AGENTS',
    severity: 'error',
    path: '/agents',
    message: 'This file has no list `agents` of mappings.',
  };
  throw new FileError(`${file.name} holds no agents.`, { file, issues: [issue] });
}

function resultJson(file: SourceFile, definition: JsonObject, { notes, issues }: Imported, out: string | undefined) {
  return {
    file: file.name,
    ...(out === undefined ? {} : { out }),
    // Whether this version runs it as it is.
    valid: issues.every(({ severity }) => severity !== 'error'),
    notes: inOrder(file, notes).map((note) => issueJson(file, note)),
    issues,
    definition,
  };
}

interface Report {
  readonly file: SourceFile;
  readonly text: string;
  readonly imported: Imported;
  readonly args: Arguments;
}

/** The definition goes where it was asked for; what is said about it goes to standard error then. */
function report({ file, text, imported, args }: Report, io: Io): void {
  const out = args.value('out');
  const colours = paint(io.colour && out !== undefined);
  const tell = out === undefined ? io.err.bind(io) : io.out.bind(io);
  if (out === undefined) io.out(lines(text));
  for (const note of inOrder(file, imported.notes)) tell(issueText(file, note, colours));
  const errors = imported.issues.filter(({ severity }) => severity === 'error');
  const target = out ?? '<stdout>';
  for (const issue of errors) tell(issueText({ name: target, locate: () => undefined }, issue, colours));
  const runs =
    errors.length === 0 ? 'it can be run' : `this version cannot run it, for ${count(errors.length, 'reason')}`;
  tell(line`${target}: imported with ${count(imported.notes.length, 'note')}; ${runs}`);
}

function inOrder(file: SourceFile, notes: readonly Issue[]): readonly Issue[] {
  const lineOf = (note: Issue): number => file.locate(note.path)?.line ?? 0;
  return [...notes].sort((a, b) => lineOf(a) - lineOf(b));
}
