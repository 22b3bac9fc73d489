import type { Io } from './io.js';
import type { Arguments, OptionSpec } from './usage.js';

/** One word of the command line. */
export interface Command {
  readonly name: string;
  /** What follows the name, as help shows it. */
  readonly usage: string;
  /** One line. */
  readonly summary: string;
  readonly options: Readonly<Record<string, OptionSpec & { readonly help: string; readonly value?: string }>>;
  /** Returns the exit code. */
  run(args: Arguments, io: Io): Promise<number>;
}
