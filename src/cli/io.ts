import type { Shown } from './shown.js';

/** What a command may touch of the process around it; tests hand in their own. */
export interface Io {
  /** Writes as it is, without a line end. */
  out(shown: Shown): void;
  err(shown: Shown): void;
  /** Whether {@link out} goes to a terminal that may be coloured. */
  readonly colour: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Everything that comes on standard input. */
  readInput(): Promise<string>;
  /** Calls back when the user asks the process to end. Returns a function that withdraws the call. */
  onInterrupt(callback: () => void): () => void;
}

/** Exit codes, as `docs/cli.md` promises them. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;
