import { type Issue, validate } from '../../../runtime/index.js';
import type { Command } from '../command.js';
import { FileError, readDocument, type SourceFile } from '../files.js';
import { EXIT, type Io } from '../io.js';
import { count, issueJson, issueText } from '../issues.js';
import { loadActions } from '../load-actions.js';
import { otherSystem } from '../other-systems.js';
import { paint } from '../paint.js';
import { isStoredPlan, planIn } from '../plan-file.js';
import { json, line } from '../shown.js';
import { type Arguments, UsageError } from '../usage.js';

interface Checked {
  readonly file: Pick<SourceFile, 'name' | 'locate'>;
  readonly issues: readonly Issue[];
}

export const validateCommand: Command = {
  name: 'validate',
  usage: 'FILE…',
  summary: 'Check workflow definitions and say everything that is wrong with them.',
  options: {
    actions: {
      type: 'string',
      value: 'MODULE',
      help: 'Warn of action types that this module does not have; its `functions` may be called.',
    },
    json: { type: 'boolean', help: 'Print one JSON object.' },
  },
  run: async (args, io) => {
    if (args.positionals.length === 0)
      throw new UsageError('`newtflow validate` needs at least one file.', { hint: 'Use - for standard input.' });
    const actions = args.value('actions');
    const options = actions === undefined ? {} : await loadActions(io, actions);
    const checked: Checked[] = [];
    for (const name of args.positionals) checked.push(await check(io, name, options));
    report(checked, args, io);
    return checked.some(({ issues }) => issues.some(isError)) ? EXIT.usage : EXIT.ok;
  },
};

async function check(io: Io, name: string, options: Parameters<typeof validate>[1]): Promise<Checked> {
  try {
    const file = await readDocument(io, name);
    if (isStoredPlan(file)) {
      await planIn(file, options?.functions);
      return { file, issues: [] };
    }
    // Where everything is another's, a list of what is not ours helps nobody.
    const other = otherSystem(file.document);
    const issues = other === undefined ? validate(file.document, options).issues : [other];
    return { file, issues: [...(file.issues ?? []), ...issues] };
  } catch (error) {
    if (error instanceof FileError) return error;
    if (!(error instanceof UsageError)) throw error;
    const issue: Issue = { code: 'FILE_UNREADABLE', severity: 'error', path: '', message: error.message };
    return { file: { name, locate: () => undefined }, issues: [issue] };
  }
}

function report(checked: readonly Checked[], args: Arguments, io: Io): void {
  const all = checked.flatMap(({ issues }) => issues);
  const errors = all.filter(isError).length;
  const warnings = all.length - errors;
  if (args.has('json')) {
    const files = checked.map(({ file, issues }) => ({
      file: file.name,
      ok: !issues.some(isError),
      issues: issues.map((issue) => issueJson(file, issue)),
    }));
    io.out(json({ ok: errors === 0, errors, warnings, files }));
    return;
  }
  const colours = paint(io.colour);
  for (const { file, issues } of checked) {
    for (const issue of issues) io.out(issueText(file, issue, colours));
    if (issues.length === 0) io.out(line`${file.name}: ${colours.green('valid')}`);
  }
  if (all.length > 0) {
    io.out(line`${count(errors, 'error')} and ${count(warnings, 'warning')} in ${count(checked.length, 'file')}`);
  }
}

function isError(issue: Issue): boolean {
  return issue.severity === 'error';
}
