import { type Decision, didYouMean, type JsonObject, type Plan } from '../../runtime/index.js';
import { parseSource } from './files.js';
import { UsageError } from './usage.js';

/** Of approvals, by the slug of their step. */
export type Decisions = ReadonlyMap<string, Decision>;

/**
 * Reads `STEP=approved`, `STEP=rejected`, or `STEP={"decision": "approved", "fields": {…}}`.
 * @throws UsageError, or FileError where what follows is not JSON
 */
export function readDecision(text: string): [step: string, decision: Decision] {
  const at = text.indexOf('=');
  const [step, said] = at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
  if (said === 'approved' || said === 'rejected') return [step, { decision: said }];
  const hint = `Write it as ${step || 'STEP'}=approved, or ${step || 'STEP'}='{"decision": "approved", "fields": {…}}'.`;
  if (!said.startsWith('{')) throw new UsageError(`"${text}" is no decision.`, { hint });
  const { decision, fields, by, comment, ...others }: Record<string, unknown> = Object(
    parseSource('--decide', said).document,
  );
  if (decision !== 'approved' && decision !== 'rejected') throw new UsageError(`"${text}" decides nothing.`, { hint });
  const [other] = Object.keys(others);
  if (other !== undefined) {
    const known = ['decision', 'fields', 'by', 'comment'];
    throw new UsageError(`A decision has no "${other}".`, {
      hint: didYouMean(other, known) ?? `It has ${known.join(', ')}.`,
    });
  }
  if (fields !== undefined && !isObject(fields))
    throw new UsageError('The "fields" of a decision are an object of values by name.', { hint });
  const texts = { by: textOf('by', by), comment: textOf('comment', comment) };
  return [
    step,
    {
      decision,
      ...(fields === undefined ? {} : { fields }),
      ...(texts.by === undefined ? {} : { by: texts.by }),
      ...(texts.comment === undefined ? {} : { comment: texts.comment }),
    },
  ];
}

/** @throws UsageError where a decision names no approval of these workflows. */
export function checkDecisions(decisions: Decisions, plans: readonly Plan[]): void {
  const approvals = plans.flatMap((plan) => [...plan.steps.values()].filter(({ type }) => type === 'approval'));
  const known = [...new Set(approvals.map(({ slug }) => slug))];
  for (const step of decisions.keys()) {
    if (known.includes(step)) continue;
    const listed = known.map((slug) => `\`${slug}\``).join(', ');
    throw new UsageError(`--decide ${step}: there is no step of type approval with the name "${step}".`, {
      hint: didYouMean(step, known) ?? (listed === '' ? 'There is nothing to decide here.' : `There is ${listed}.`),
    });
  }
}

function textOf(name: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw new UsageError(`"${name}" of a decision is a text.`);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
