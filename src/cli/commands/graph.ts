import { compile } from '../../../runtime/index.js';
import { graphOf, toMermaid } from '../../../runtime/tooling.js';
import type { Command } from '../command.js';
import { inFile, readDocument } from '../files.js';
import { EXIT } from '../io.js';
import { json, lines } from '../shown.js';
import { onlyPositional, UsageError } from '../usage.js';

export const graphCommand: Command = {
  name: 'graph',
  usage: 'FILE [--mermaid | --json]',
  summary: 'Draw a workflow.',
  options: {
    mermaid: { type: 'boolean', help: 'As a Mermaid flowchart (the default).' },
    json: { type: 'boolean', help: 'As nodes and edges.' },
  },
  run: async (args, io) => {
    if (args.has('mermaid') && args.has('json')) throw new UsageError('Give either --mermaid or --json.');
    const file = await readDocument(io, onlyPositional('graph', args, 'a workflow file'));
    const plan = await inFile(file, async () => compile(file.document));
    io.out(args.has('json') ? json(graphOf(plan)) : lines(toMermaid(plan).trimEnd()));
    return EXIT.ok;
  },
};
