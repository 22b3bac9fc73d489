import { access, constants, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Issue, ValidationError } from '../../runtime/index.js';
import type { Json } from '../../runtime/ports.js';
import { parseDocument } from '../../runtime/tooling.js';
import type { Io } from './io.js';
import { UsageError } from './usage.js';

/** A place in a text, both counted from 1. */
export interface Location {
  readonly line: number;
  readonly column: number;
}

/** A JSON document with the text it came from. */
export interface SourceFile {
  /** As the user named it. */
  readonly name: string;
  readonly document: Json;
  /** What is odd about the text itself. */
  readonly issues?: readonly Issue[];
  /** Where a JSON pointer leads in the text. */
  locate(pointer: string): Location | undefined;
}

/** A file holds something other than it should. Shown with its places; the exit code is 2. */
export class FileError extends Error {
  readonly file: Pick<SourceFile, 'name' | 'locate'>;
  readonly issues: readonly Issue[];
  constructor(
    message: string,
    details: { file: Pick<SourceFile, 'name' | 'locate'>; issues: readonly Issue[]; cause?: unknown },
  ) {
    super(message, details);
    this.name = 'FileError';
    this.file = details.file;
    this.issues = details.issues;
  }
}

/** @throws UsageError when the file cannot be read, or is no text in UTF-8. */
export async function readText(io: Io, name: string): Promise<string> {
  if (name === '-') return io.readInput();
  const bytes = await readFile(resolve(io.cwd, name)).catch((error: unknown) => {
    throw new UsageError(`Cannot read ${name}: ${reason(error)}.`, { cause: error });
  });
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new UsageError(`Cannot read ${name}: it is not text in UTF-8.`, { hint: 'Save it as UTF-8.', cause: error });
  }
}

/** @throws UsageError when it cannot be read, FileError when it is not JSON. */
export async function readDocument(io: Io, name: string): Promise<SourceFile> {
  return parseSource(name === '-' ? '<stdin>' : name, await readText(io, name));
}

/** @throws FileError when the text is not JSON. */
export function parseSource(name: string, text: string): SourceFile {
  const parsed = parseDocument(text);
  if (parsed.ok) {
    const { document, issues } = parsed;
    return { name, document, issues, locate: (pointer) => parsed.locate(pointer) };
  }
  throw new FileError(`${name} is not JSON.`, { file: { name, locate: () => undefined }, issues: parsed.issues });
}

/** A part of a file, as a file of its own. */
export function within(file: SourceFile, pointer: string): SourceFile {
  return { ...file, locate: (inner) => file.locate(pointer + inner) };
}

/** Turns the issues of a document into those of its file, so that they can be shown with line and column. */
export async function inFile<T>(file: SourceFile, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ValidationError)
      throw new FileError(error.message, { file, issues: error.issues, cause: error });
    throw error;
  }
}

/** Whether a file can be written, as far as that can be told without doing so. @throws UsageError */
export async function checkWritable(io: Io, name: string): Promise<void> {
  const path = resolve(io.cwd, name);
  const known = await stat(path).catch(() => undefined);
  if (known?.isDirectory()) throw new UsageError(`Cannot write ${name}: ${REASONS.EISDIR}.`);
  try {
    await access(known === undefined ? dirname(path) : path, constants.W_OK);
  } catch (error) {
    throw new UsageError(`Cannot write ${name}: ${reason(error)}.`, { cause: error });
  }
}

/** @throws UsageError when the file cannot be written. */
export async function writeText(io: Io, name: string, text: string): Promise<void> {
  try {
    await writeFile(resolve(io.cwd, name), text);
  } catch (error) {
    throw new UsageError(`Cannot write ${name}: ${reason(error)}.`, { cause: error });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EISDIR: 'it is a folder',
  EACCES: 'access is not allowed',
  EPERM: 'access is not allowed',
  ENOTDIR: 'a part of its path is no folder',
};

export function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}
