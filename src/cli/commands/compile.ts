import { compile, validate } from '../../../runtime/index.js';
import { storePlan } from '../../../runtime/tooling.js';
import type { Command } from '../command.js';
import { checkWritable, inFile, readDocument, writeText } from '../files.js';
import { EXIT } from '../io.js';
import { issueText } from '../issues.js';
import { loadFunctions } from '../load-actions.js';
import { paint } from '../paint.js';
import { json, line } from '../shown.js';
import { onlyPositional } from '../usage.js';

export const compileCommand: Command = {
  name: 'compile',
  usage: 'FILE [--output FILE]',
  summary: 'Make of a workflow what a page runs without the compiler.',
  options: {
    output: { type: 'string', value: 'FILE', help: 'Write the plan there, not to standard output.' },
    actions: { type: 'string', value: 'MODULE', help: 'A module whose `functions` expressions may call.' },
  },
  run: async (args, io) => {
    const output = args.value('output');
    if (output !== undefined) await checkWritable(io, output);
    const file = await readDocument(io, onlyPositional('compile', args, 'a workflow file'));
    const functions = await loadFunctions(io, args.value('actions'));
    const plan = await inFile(file, async () => compile(file.document, { functions }));
    for (const issue of [...(file.issues ?? []), ...validate(file.document, { functions }).issues])
      io.err(issueText(file, issue, paint(false)));
    const stored = storePlan(plan);
    if (output === undefined) {
      io.out(json(stored));
    } else {
      const text = `${JSON.stringify(stored)}\n`;
      await writeText(io, output, text);
      io.out(line`${output}: ${plan.name} ${plan.version}, ${text.length} characters`);
    }
    return EXIT.ok;
  },
};
