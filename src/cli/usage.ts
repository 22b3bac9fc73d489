import { parseArgs } from 'node:util';
import { didYouMean } from '../../runtime/index.js';

/** The command was called in a way that cannot be carried out. The message is shown as it is, and the exit code is 2. */
export class UsageError extends Error {
  /** What to do instead. */
  readonly hint: string | undefined;
  constructor(message: string, options: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super(message, options);
    this.name = 'UsageError';
    this.hint = options.hint;
  }
}

export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly multiple?: boolean;
  readonly short?: string;
}

export interface Arguments {
  readonly positionals: readonly string[];
  has(name: string): boolean;
  /** The last value given. */
  value(name: string): string | undefined;
  values(name: string): readonly string[];
}

/**
 * Reads the arguments of one command.
 * @throws UsageError for an option it does not have, a value that is missing, or one that is not wanted
 */
export function readArguments(
  command: string,
  args: readonly string[],
  options: Record<string, OptionSpec>,
): Arguments {
  const { tokens, positionals } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    checkOption(command, token, options);
    given.set(token.name, [...(given.get(token.name) ?? []), token.value ?? '']);
  }
  return {
    positionals,
    has: (name) => given.has(name),
    value: (name) => given.get(name)?.at(-1),
    values: (name) => given.get(name) ?? [],
  };
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function checkOption(command: string, token: OptionToken, options: Record<string, OptionSpec>): void {
  const spec = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
  if (spec === undefined) {
    throw new UsageError(`\`newtflow ${command}\` has no option ${token.rawName}.`, {
      hint:
        didYouMean(
          token.rawName,
          Object.keys(options).map((name) => `--${name}`),
        ) ?? `See \`newtflow help ${command}\`.`,
    });
  }
  if (spec.type === 'boolean') {
    if (token.value !== undefined) throw new UsageError(`${token.rawName} takes no value.`);
    return;
  }
  if (token.value === undefined || token.value === '') throw new UsageError(`${token.rawName} needs a value.`);
  if (token.inlineValue !== true && token.value.length > 1 && token.value.startsWith('-')) {
    throw new UsageError(`${token.rawName} needs a value, but "${token.value}" follows it.`, {
      hint: `If that is the value, write ${token.rawName}=${token.value}`,
    });
  }
}

/** @throws UsageError unless there is exactly one. */
export function onlyPositional(command: string, args: Arguments, what: string): string {
  const [first, second] = args.positionals;
  if (first === undefined)
    throw new UsageError(`\`newtflow ${command}\` needs ${what}.`, { hint: `See \`newtflow help ${command}\`.` });
  if (second !== undefined)
    throw new UsageError(`\`newtflow ${command}\` takes one file, but "${second}" was given too.`);
  return first;
}
