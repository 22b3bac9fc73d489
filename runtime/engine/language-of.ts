import type { Plan } from '../definition/plan.js';
import { NotFoundError } from '../errors.js';
import type { Language } from './language.js';

/**
 * The language of a host that has plans at hand and no compiler: executions of these plans are taken over, and of no
 * others. Each part beside that is loaded when it is first needed, such as what asks a model.
 * @param plans as `loadPlan` gave them; who runs an execution under a plan trusts whoever stored it
 */
export function languageOf(plans: Iterable<Plan>): Language {
  const byHash = new Map<string, Plan>();
  for (const plan of plans) byHash.set(plan.hash, plan);
  return {
    ...PARTS,
    recover: async (stored, tail) => {
      const { id, planHash } = stored.summary;
      const plan = byHash.get(planHash);
      if (plan !== undefined) return (await import('./recover-loaded.js')).recoverLoaded(plan, stored, tail);
      throw new NotFoundError(
        `Execution ${id} runs plan ${planHash}, which is not at hand: load it with \`loadPlan\`, and give it to \`languageOf\``,
        { code: 'PLAN_NOT_FOUND', details: { executionId: id, planHash } },
      );
    },
  };
}

const PARTS: Omit<Language, 'recover'> = {
  checkInput: async (plan, input) =>
    plan.definition.inputSchema === undefined
      ? (await import('../definition/declared-input.js')).checkDeclared(plan, input)
      : (await import('../definition/parameters.js')).checkInput(plan, input),
  checkFields: async (...given) => (await import('../definition/declared-input.js')).checkFields(...given),
  schemaProblems: async (...given) => (await import('../definition/input-schema.js')).schemaProblems(...given),
  callAction: async (...call) => (await import('./action-call.js')).callAction(...call),
  secretsOf: async (...attempt) => new (await import('./secret-values.js')).SecretValues(...attempt),
  childRequest: async (...visit) => (await import('./child-request.js')).childRequest(...visit),
  converse: async (talk) => (await import('./model-turns.js')).converse(talk),
};
