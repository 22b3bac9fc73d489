import type { JsonObject } from '../runtime/ports.js';
import type { Translate } from './messages.js';

/** Bytes of the largest file a form takes: written as base64 it fits into a request to a Worker. */
export const MAX_FILE = 2 * 1024 * 1024;

/** What a workflow gets of a file: `{ name, type, size, data }`, its size in bytes, its content as base64. */
export async function readFile(file: File): Promise<JsonObject> {
  const address = await new Promise<string>((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener('load', () => resolve(typeof reader.result === 'string' ? reader.result : ''));
    reader.addEventListener('error', () => reject(reader.error ?? new Error('unreadable')));
    reader.readAsDataURL(file);
  });
  return { name: file.name, type: file.type, size: file.size, data: address.slice(address.indexOf(',') + 1) };
}

/** Why a file is not taken; undefined where it is. */
export function refusalOf(file: File, t: Translate): string | undefined {
  if (file.size <= MAX_FILE) return undefined;
  return t('form.errorFileSize', { name: file.name, size: bytes(file.size), limit: bytes(MAX_FILE) });
}

/** A size as a person says it: `640 bytes`, `12 kB`, `2 MB`. Of what is too large none looks as though it were not. */
export function bytes(size: number): string {
  if (size < 1024) return `${size} bytes`;
  const [unit, name] = size < 1024 * 1024 ? [1024, 'kB'] : [1024 * 1024, 'MB'];
  return `${Math.ceil((size * 10) / unit) / 10} ${name}`;
}
