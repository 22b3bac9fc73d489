import { bytesToHex } from '@noble/hashes/utils.js';
import type { Context, MiddlewareHandler } from 'hono';
import { directoryStub, organizationPattern } from './addresses.js';
import { type Role, roles } from './directory/keys.js';
import type { WorkerEnv } from './options.js';
import { HttpProblem } from './problem.js';
import type { Settings } from './settings.js';

/** Who asks: what the key that came with the request stands for. */
export interface Identity {
  readonly organization: string;
  /** The name of the key: who decided, where it decides. */
  readonly name: string;
  readonly role: Role;
  /** Holds the key that makes the first keys, and may make them for any organisation. */
  readonly isRoot: boolean;
}

/** The types of everything the Worker's app hands from one handler to the next. */
export interface AppEnv {
  Bindings: WorkerEnv;
  Variables: { identity: Identity; settings: Settings };
}

const DEVELOPMENT: Identity = { organization: 'local', name: 'development', role: 'admin', isRoot: true };
const ROOT: Identity = { organization: 'default', name: 'root', role: 'admin', isRoot: true };

/** A new key of an organisation; its text says which, so that it can be checked where that one's hashes are. */
export function newKey(organization: string): string {
  return `nf_${organization}_${bytesToHex(crypto.getRandomValues(new Uint8Array(32)))}`;
}

/** SHA-256 in hex. The keys are random and long, so a plain hash tells nothing of them. */
export async function hashOf(text: string): Promise<string> {
  return bytesToHex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));
}

/** @throws HttpProblem 401 when there is no key or none that we know */
export const authenticate: MiddlewareHandler<AppEnv> = async (c, next) => {
  const [, key] = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(c.req.header('authorization') ?? '') ?? [];
  if (key === undefined) throw unauthorized('Send a key: Authorization: Bearer <key>.', 'Bearer');
  const identity = await identify(key, c.env);
  if (!identity) throw unauthorized('This key is not known.', 'Bearer error="invalid_token"');
  c.set('identity', identity);
  await next();
};

/** Lets pass whoever has this role or a higher one. @throws HttpProblem 403 */
export function requireRole(role: Role): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const held = c.var.identity.role;
    if (roles.indexOf(held) < roles.indexOf(role)) {
      throw new HttpProblem(403, 'FORBIDDEN', `This needs the role ${role}; the key has the role ${held}.`);
    }
    await next();
  };
}

/** The key of local development, for a page that this machine serves to itself; undefined for everyone else. */
export function developmentKey(c: Context<AppEnv>): string | undefined {
  const { hostname } = new URL(c.req.url);
  const isLocal = hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
  const site = c.req.header('sec-fetch-site');
  const isOwnPage = site === undefined || site === 'same-origin' || site === 'none';
  return isLocal && isOwnPage ? c.env.NEWTFLOW_DEV_KEY || undefined : undefined;
}

async function identify(key: string, env: WorkerEnv): Promise<Identity | undefined> {
  const hash = await hashOf(key);
  if (env.NEWTFLOW_DEV_KEY && hash === (await hashOf(env.NEWTFLOW_DEV_KEY))) return DEVELOPMENT;
  if (env.NEWTFLOW_ADMIN_KEY_HASH && hash === env.NEWTFLOW_ADMIN_KEY_HASH.trim().toLowerCase()) return ROOT;
  const organization = /^nf_([a-z0-9-]+)_[0-9a-f]{64}$/.exec(key)?.[1];
  if (organization === undefined || !organizationPattern.test(organization)) return undefined;
  const found = await directoryStub(env, organization).key(hash);
  return found && { organization, ...found, isRoot: false };
}

function unauthorized(detail: string, challenge: string): HttpProblem {
  return new HttpProblem(401, 'UNAUTHORIZED', detail, { headers: { 'www-authenticate': challenge } });
}
