import { randomInt, randomUUID } from 'node:crypto';
import type { Clock, Random, SecretReference, SecretStore } from '../../runtime/ports.js';

/** The longest that `setTimeout` can wait, in milliseconds. */
const LONGEST = 2 ** 31 - 1;

/** The machine's clock, kept from going backwards. */
export class SystemClock implements Clock {
  #latest = 0;

  now(): number {
    this.#latest = Math.max(this.#latest, Date.now());
    return this.#latest;
  }

  schedule(at: number, callback: () => void): () => void {
    let timer: NodeJS.Timeout | undefined;
    const arm = (): void => {
      const left = at - this.now();
      timer = setTimeout(() => (at <= this.now() ? callback() : arm()), Math.min(Math.max(left, 0), LONGEST));
    };
    arm();
    return () => clearTimeout(timer);
  }
}

export const systemRandom: Random = {
  id: () => randomUUID(),
  seed: () => randomInt(2 ** 32),
};

const SECRET_PREFIX = 'NEWTFLOW_SECRET_';
type Environment = Readonly<Record<string, string | undefined>>;

/** Secrets from the environment: `{"kind": "reference", "name": "API_KEY"}` is `NEWTFLOW_SECRET_API_KEY`. */
export function environmentSecrets(env: Environment): SecretStore {
  return {
    resolve: (reference) => (reference.kind === 'reference' ? env[`${SECRET_PREFIX}${reference.name}`] : undefined),
  };
}

/** The variables of the environment that these secrets are read from, and that are not set. */
export function missingSecrets(secrets: Readonly<Record<string, SecretReference>>, env: Environment): string[] {
  return Object.values(secrets)
    .flatMap((reference) => (reference.kind === 'reference' ? [SECRET_PREFIX + reference.name] : []))
    .filter((name) => env[name] === undefined);
}
