import type { Decision } from '../../runtime/index.js';
import { organizationPattern } from './addresses.js';

/** What a link lets its holder do: decide one approval, once. */
export interface LinkGrant {
  readonly organization: string;
  /** Of the approval. */
  readonly approval: string;
  /** The one decision that it is for; both when absent. */
  readonly decision?: Decision['decision'];
  /** Whom it was made for: recorded as who decided. */
  readonly holder: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** Tells this link from every other one. */
  readonly nonce: string;
}

const PURPOSE = 'newtflow approval link 1\n';

/** A text of URL-safe characters that nobody can make or change who has not the key. */
export async function signGrant(grant: LinkGrant, secret: string): Promise<string> {
  const payload = toBase64Url(new TextEncoder().encode(JSON.stringify(grant)));
  const signature = await crypto.subtle.sign('HMAC', await keyOf(secret), new TextEncoder().encode(PURPOSE + payload));
  return `${payload}.${toBase64Url(new Uint8Array(signature))}`;
}

/** What was signed; undefined for anything that was not signed with this key. Says nothing of its time. */
export async function readGrant(token: string, secret: string): Promise<LinkGrant | undefined> {
  const [, payload, signature] = /^([\w-]{1,4000})\.([\w-]{43})$/.exec(token) ?? [];
  if (payload === undefined || signature === undefined) return undefined;
  const given = fromBase64Url(signature);
  const signed = new TextEncoder().encode(PURPOSE + payload);
  // One spelling only: the last character has bits that say nothing.
  if (!given || toBase64Url(given) !== signature) return undefined;
  if (!(await crypto.subtle.verify('HMAC', await keyOf(secret), given, signed))) return undefined;
  const bytes = fromBase64Url(payload);
  return bytes && grantIn(JSON.parse(new TextDecoder().decode(bytes)));
}

function grantIn(value: unknown): LinkGrant | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const grant = { organization: '', approval: '', holder: '', expiresAt: 0, nonce: '', decision: undefined, ...value };
  const { organization, approval, decision, holder, expiresAt, nonce } = grant;
  const isDecision = decision === undefined || decision === 'approved' || decision === 'rejected';
  if (!organizationPattern.test(organization) || !isDecision) return undefined;
  return { organization, approval, holder, expiresAt, nonce, ...(decision === undefined ? {} : { decision }) };
}

function keyOf(secret: string): Promise<CryptoKey> {
  const bytes = new TextEncoder().encode(secret);
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
}

function toBase64Url(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function fromBase64Url(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) =>
      character.charCodeAt(0),
    );
  } catch {
    return undefined;
  }
}
