import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { runCli } from '../../src/cli/cli.js';
import type { Io } from '../../src/cli/io.js';

export interface Called {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Terminal {
  /** Where it stands, and what it writes to. */
  readonly folder: string;
  call(...argv: string[]): Promise<Called>;
  /** What the last call printed, read as JSON. */
  callJson(...argv: string[]): Promise<{ readonly code: number; readonly json: Record<string, unknown> }>;
  write(name: string, content: unknown): Promise<string>;
  read(name: string): Promise<string>;
}

/** A command line of its own, in a folder of its own. */
export async function openTerminal(setting: Partial<Io> & { readonly input?: string } = {}): Promise<Terminal> {
  const folder = await mkdtemp(join(tmpdir(), 'newtflow-cli-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const { input = '', ...overrides } = setting;
  const call = async (...argv: string[]): Promise<Called> => {
    let out = '';
    let err = '';
    const io: Io = {
      out: ({ text }) => {
        out += text;
      },
      err: ({ text }) => {
        err += text;
      },
      colour: false,
      env: {},
      cwd: folder,
      readInput: async () => input,
      onInterrupt: () => () => undefined,
      ...overrides,
    };
    return { code: await runCli(argv, io), out, err };
  };
  return {
    folder,
    call,
    callJson: async (...argv) => {
      const { code, out } = await call(...argv, '--json');
      return { code, json: JSON.parse(out) };
    },
    write: async (name, content) => {
      await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
      return name;
    },
    read: (name) => readFile(join(folder, name), 'utf8'),
  };
}

/** Two steps: one action, then the end with its output. */
export const greeting = {
  name: 'Greeting',
  parameters: [{ name: 'name', type: 'text', required: true }],
  steps: [
    { stepSlug: 'start', stepType: 'trigger', config: { type: 'manual' }, nextSteps: { success: 'greet' } },
    {
      stepSlug: 'greet',
      stepType: 'action',
      config: { type: 'greeting_make', parameters: { to: '{{input.name}}' } },
      nextSteps: { success: 'show' },
    },
    { stepSlug: 'show', stepType: 'output', config: { mapping: { text: '{{steps.greet.output}}' } } },
  ],
};
