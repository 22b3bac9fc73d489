import type { Json } from '../json.js';
import { child } from './issues.js';

const SECRET_KEY =
  /(?:^|_)(?:api_?key|password|passwd|passphrase|secret|client_secret|(?:access|auth|bearer|refresh|api|id)_?token|token|authorization|private_?key|credentials?)$/;
/** Shapes that only secrets have: keys of well-known services, JSON web tokens, private keys. */
const SECRET_VALUE =
  /^(?:sk|pk|rk)[_-](?:live|test|proj|ant)[_-]\w{6,}|^sk-[\w-]{20,}|^gh[pousr]_\w{20,}|^github_pat_\w{20,}|^xox[abeoprs]-[\w-]{10,}|^AKIA[0-9A-Z]{16}$|^AIza[\w-]{30,}|^eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.|^(?:Bearer|Basic) [\w.~+/=-]{12,}$|-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/** Pointers of texts that look like a secret in plain sight, by their key or by their shape. */
export function* plainSecrets(value: Json, pointer: string, key = ''): Generator<string> {
  if (typeof value === 'string') {
    if (isSecret(key, value)) yield pointer;
  } else if (Array.isArray(value)) {
    for (const [index, entry] of value.entries()) yield* plainSecrets(entry, `${pointer}/${index}`, key);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, entry] of Object.entries(value)) yield* plainSecrets(entry, child(pointer, name), name);
  }
}

function isSecret(key: string, value: string): boolean {
  if (value.length < 4 || value.length > 10_000 || value.includes('{{')) return false;
  return SECRET_VALUE.test(value) || (SECRET_KEY.test(snakeCase(key)) && !value.includes(' '));
}

function snakeCase(key: string): string {
  return key
    .slice(0, 100)
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase();
}
