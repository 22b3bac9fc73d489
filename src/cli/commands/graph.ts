import { graphOf, toMermaid, toSvg } from '../../../runtime/tooling.js';
import type { Command } from '../command.js';
import { readDocument } from '../files.js';
import { EXIT } from '../io.js';
import { loadFunctions } from '../load-actions.js';
import { planIn } from '../plan-file.js';
import { json, lines } from '../shown.js';
import { onlyPositional, UsageError } from '../usage.js';

export const graphCommand: Command = {
  name: 'graph',
  usage: 'FILE [--mermaid | --svg | --json]',
  summary: 'Draw a workflow.',
  options: {
    mermaid: { type: 'boolean', help: 'As a Mermaid flowchart (the default).' },
    svg: { type: 'boolean', help: 'As an SVG picture that stands alone.' },
    actions: {
      type: 'string',
      value: 'MODULE',
      help: 'A module whose `functions` expressions may call; nothing else of it is used.',
    },
    json: { type: 'boolean', help: 'As nodes and edges.' },
  },
  run: async (args, io) => {
    const forms = ['mermaid', 'svg', 'json'].filter((form) => args.has(form));
    if (forms.length > 1) throw new UsageError('Give one of --mermaid, --svg and --json.');
    const file = await readDocument(io, onlyPositional('graph', args, 'a workflow file'));
    const functions = await loadFunctions(io, args.value('actions'));
    const plan = await planIn(file, functions);
    if (args.has('json')) io.out(json(graphOf(plan)));
    else io.out(lines((args.has('svg') ? toSvg(plan) : toMermaid(plan)).trimEnd()));
    return EXIT.ok;
  },
};
