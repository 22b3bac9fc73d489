import { workflowSchema } from '../../../runtime/index.js';
import type { Command } from '../command.js';
import { EXIT, line } from '../io.js';
import { UsageError } from '../usage.js';

export const schemaCommand: Command = {
  name: 'schema',
  usage: '',
  summary: 'Print the JSON Schema of the workflow language, for editors.',
  options: {},
  run: async (args, io) => {
    if (args.positionals.length > 0) throw new UsageError('`newtflow schema` takes no file.');
    io.out(line(JSON.stringify(workflowSchema, undefined, 2)));
    return EXIT.ok;
  },
};
