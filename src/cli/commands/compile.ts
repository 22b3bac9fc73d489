import { compile, validate } from '../../../runtime/index.js';
import { storePlan } from '../../../runtime/tooling.js';
import type { Command } from '../command.js';
import { checkWritable, inFile, readDocument, writeText } from '../files.js';
import { EXIT } from '../io.js';
import { issueText } from '../issues.js';
import { loadFunctions } from '../load-actions.js';
import { paint } from '../paint.js';
import { isStoredPlan } from '../plan-file.js';
import { json, line } from '../shown.js';
import { onlyPositional, UsageError } from '../usage.js';

export const compileCommand: Command = {
  name: 'compile',
  usage: 'FILE [--out FILE]',
  summary: 'Make of a workflow what a page runs without the compiler.',
  options: {
    out: { type: 'string', value: 'FILE', help: 'Write the plan there, not to standard output.' },
    actions: { type: 'string', value: 'MODULE', help: 'A module whose `functions` expressions may call.' },
  },
  run: async (args, io) => {
    const out = args.value('out');
    if (out !== undefined) await checkWritable(io, out);
    const file = await readDocument(io, onlyPositional('compile', args, 'a workflow file'));
    if (isStoredPlan(file)) {
      throw new UsageError(`${file.name} is a stored plan already.`, {
        hint: 'Name the definition that it was made of.',
      });
    }
    const functions = await loadFunctions(io, args.value('actions'));
    const plan = await inFile(file, async () => compile(file.document, { functions }));
    for (const issue of [...(file.issues ?? []), ...validate(file.document, { functions }).issues])
      io.err(issueText(file, issue, paint(false)));
    const stored = storePlan(plan);
    if (out === undefined) {
      io.out(json(stored));
    } else {
      const text = `${JSON.stringify(stored)}\n`;
      await writeText(io, out, text);
      io.out(line`${out}: ${plan.name} ${plan.version}, ${text.length} characters`);
    }
    return EXIT.ok;
  },
};
