import { testFileSchema } from '../../../runtime/testing.js';
import { workflowSchema } from '../../../runtime/tooling.js';
import type { Command } from '../command.js';
import { EXIT } from '../io.js';
import { json } from '../shown.js';
import { UsageError } from '../usage.js';

export const schemaCommand: Command = {
  name: 'schema',
  usage: '',
  summary: 'Print the JSON Schema of the workflow language, for editors.',
  options: { tests: { type: 'boolean', help: 'The schema of workflow tests instead.' } },
  run: async (args, io) => {
    if (args.positionals.length > 0) throw new UsageError('`newtflow schema` takes no file.');
    io.out(json(args.has('tests') ? testFileSchema() : workflowSchema));
    return EXIT.ok;
  },
};
