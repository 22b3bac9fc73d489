#!/usr/bin/env node
import { text as readAll } from 'node:stream/consumers';
import { runCli } from './cli.js';
import { EXIT, type Io } from './io.js';

const { stdout, stderr, env } = process;

const io: Io = {
  out: ({ text }) => void stdout.write(text),
  err: ({ text }) => void stderr.write(text),
  colour: stdout.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb',
  env,
  cwd: process.cwd(),
  readInput: () => readAll(process.stdin),
  onInterrupt: (callback) => {
    process.once('SIGINT', callback);
    return () => process.off('SIGINT', callback);
  },
};

// A reader that has seen enough, such as `head`, closes the pipe: that is no fault.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

// An action that neither answers nor keeps the process busy would let it end in silence.
process.once('beforeExit', () => {
  if (process.exitCode !== undefined) return;
  stderr.write('newtflow: nothing is left that could bring the run on: an action or a model never answered.\n');
  process.exitCode = EXIT.failed;
});

void runCli(process.argv.slice(2), io).then((code) => {
  process.exitCode = code;
});
