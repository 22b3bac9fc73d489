import { didYouMean } from '../../../runtime/index.js';
import type { Command } from '../command.js';
import { EXIT } from '../io.js';
import { line, type Shown, show } from '../shown.js';
import { UsageError } from '../usage.js';

/** `newtflow help [COMMAND]`, for the commands it is given. */
export function helpCommand(commands: readonly Command[]): Command {
  return {
    name: 'help',
    usage: '[COMMAND]',
    summary: 'Say what a command does and takes.',
    options: {},
    run: async (args, io) => {
      const [name] = args.positionals;
      if (name === undefined) io.out(overview(commands));
      else io.out(details(findCommand(commands, name)));
      return EXIT.ok;
    },
  };
}

/** @throws UsageError, with the nearest name, when there is none of that name. */
export function findCommand(commands: readonly Command[], name: string): Command {
  const found = commands.find((command) => command.name === name);
  if (found !== undefined) return found;
  const hint =
    didYouMean(
      name,
      commands.map((command) => command.name),
    ) ?? 'See `newtflow help`.';
  throw new UsageError(`There is no command "${name}".`, { hint });
}

/** Every command in a line of its own. */
export function overview(commands: readonly Command[]): Shown {
  const width = Math.max(...commands.map(({ name }) => name.length)) + 2;
  const rows = commands.map(({ name, summary }) => line`  ${name.padEnd(width)}${summary}`);
  return show`${[
    line`newtflow: run workflow JSON that runs the same in Node, at the edge and in a page.`,
    line``,
    line`Usage: newtflow COMMAND [options]`,
    line``,
    ...rows,
    line``,
    line`Files are JSON; - is standard input. \`newtflow help COMMAND\` says more; \`newtflow --version\` says which.`,
    line`Exit codes: 0 all well, 1 the workflow failed or a replay diverged, 2 wrong usage or an invalid file.`,
  ]}`;
}

export function details({ name, usage, summary, options }: Command): Shown {
  const flags = Object.entries(options).map(([option, { value, help }]) => ({
    flag: `--${option}${value === undefined ? '' : ` ${value}`}`,
    help,
  }));
  const width = Math.max(0, ...flags.map(({ flag }) => flag.length)) + 2;
  return show`${[
    line`${`Usage: newtflow ${name} ${usage}`.trimEnd()}`,
    line`${summary}`,
    ...(flags.length === 0 ? [] : [line``, ...flags.map(({ flag, help }) => line`  ${flag.padEnd(width)}${help}`)]),
  ]}`;
}
