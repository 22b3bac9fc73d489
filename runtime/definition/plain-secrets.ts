import type { Json } from '../json.js';
import { type Keys, visitTexts } from './visit-texts.js';

const SECRET_KEY =
  /(?:^|_)(?:api_?key|password|passwd|passphrase|secret|client_secret|(?:access|auth|bearer|refresh|api|id)_?token|token|authorization|private_?key|credentials?)$/;
/** Quick answers for the many texts that are no secret. */
const MAY_BE_SECRET = /key|pass|secret|token|auth|cred/i;
const MAY_BE_VALUE = /^(?:[spr]k[_-]|gh|github_pat|xox|A[KI]|eyJ|Bearer |Basic )|-----BEGIN/;
/** Shapes that only secrets have: keys of well-known services, JSON web tokens, private keys. */
const SECRET_VALUE =
  /^(?:sk|pk|rk)[_-](?:live|test|proj|ant)[_-]\w{6,}|^sk-[\w-]{20,}|^gh[pousr]_\w{20,}|^github_pat_\w{20,}|^xox[abeoprs]-[\w-]{10,}|^AKIA[0-9A-Z]{16}$|^AIza[\w-]{30,}|^eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.|^(?:Bearer|Basic) [\w.~+/=-]{12,}$|-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/** Calls back with the way to each text that looks like a secret in plain sight, by its key or by its shape. */
export function findPlainSecrets(value: Json, report: (keys: Keys) => void): void {
  visitTexts(value, (text, name, keys) => {
    if (isSecret(name, text)) report(keys);
  });
}

function isSecret(key: string, value: string): boolean {
  if (value.length < 4 || value.length > 10_000 || value.includes('{{')) return false;
  if (MAY_BE_SECRET.test(key) && !value.includes(' ') && SECRET_KEY.test(snakeCase(key))) return true;
  return MAY_BE_VALUE.test(value) && SECRET_VALUE.test(value);
}

function snakeCase(key: string): string {
  return key
    .slice(0, 100)
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase();
}
