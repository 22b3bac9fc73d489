import type { SecretReference } from '../ports.js';
import type { CompiledTemplate } from '../template/compile.js';
import type { Parts } from './analyse.js';
import { contentHash } from './content-hash.js';
import { shieldLike } from './json-copy.js';
import type { Plan, PlanConfig, PlanStep } from './plan.js';
import type { WorkflowFields } from './schema.js';

const MAX_STEPS = 10_000;

/** The plan of what an analysis found to be right. */
export function planOf(parts: Parts): Plan {
  const { definition, fields, entry, order } = parts;
  const steps = new Map<string, PlanStep>();
  for (const step of order) steps.set(step.slug, step);
  let hash: string | undefined;
  return Object.freeze({
    // Made when it is first asked for: who draws a workflow, or shows its form, never does.
    get hash() {
      hash ??= contentHash(definition);
      return hash;
    },
    definition,
    slug: fields.slug,
    name: fields.name,
    version: fields.version,
    entry,
    steps,
    order: Object.freeze(order),
    config: configOf(parts),
  });
}

function configOf({ definition, fields, onError, output, concurrencyKey: key }: Parts): PlanConfig {
  const { timeout, retryPolicy, variables = {}, secrets = {}, limits, concurrency } = fields.config ?? {};
  const config: PlanConfig = {
    ...(timeout === undefined ? {} : { timeout }),
    ...(retryPolicy === undefined ? {} : { retry: retryPolicy }),
    variables,
    secrets: secretsOf(secrets),
    ...(onError === undefined ? {} : { onError }),
    ...(output === undefined ? {} : { output }),
    ...(concurrency === undefined ? {} : { concurrency: concurrencyOf(concurrency, key) }),
    maxSteps: limits?.maxSteps ?? MAX_STEPS,
  };
  return Object.freeze(shieldLike(config, definition));
}

type DeclaredConcurrency = NonNullable<NonNullable<WorkflowFields['config']>['concurrency']>;

function concurrencyOf(
  { limit, onLimit = 'queue' }: DeclaredConcurrency,
  key: CompiledTemplate | undefined,
): NonNullable<PlanConfig['concurrency']> {
  return { limit, onLimit, ...(key === undefined ? {} : { key }) };
}

type DeclaredSecrets = NonNullable<NonNullable<WorkflowFields['config']>['secrets']>;

function secretsOf(declared: DeclaredSecrets): Readonly<Record<string, SecretReference>> {
  const secrets = Object.entries(declared).map(([key, { kind, name = key, cipherText = '' }]) => {
    const reference: SecretReference = kind === 'reference' ? { kind, name } : { kind, cipherText };
    return [key, reference] as const;
  });
  return Object.freeze(Object.fromEntries(secrets));
}
