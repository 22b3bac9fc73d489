import { _SHA256 } from '@noble/hashes/sha2.js';
import { hexOf } from './hex.js';

/** SHA-256 of what it is given piece by piece: the class itself, as what the library wraps around it is most of its size. */
export const newHash = (): _SHA256 => new _SHA256();

/** SHA-256 of a text in UTF-8, in hexadecimal. */
export function digestOf(text: string): string {
  return hexOf(newHash().update(new TextEncoder().encode(text)).digest());
}
