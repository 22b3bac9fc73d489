import { sha256 } from '@noble/hashes/sha2.js';
import { hexOf } from './hex.js';

/** SHA-256 of what it is given piece by piece. */
export const newHash = (): ReturnType<typeof sha256.create> => sha256.create();

/** SHA-256 of a text in UTF-8, in hexadecimal. */
export function digestOf(text: string): string {
  return hexOf(newHash().update(new TextEncoder().encode(text)).digest());
}
