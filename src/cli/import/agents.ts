import type { Json } from '../../../runtime/ports.js';
import type { Fields } from './fields.js';
import type { NodeEntry } from './genxai-document.js';
import type { Notes } from './notes.js';

type Draft = Record<string, Json>;

/** What GenXAI asks an agent where nobody says more. */
export const DEFAULT_TASK = 'Process the input data';

/** An answer that stands in the prompt of a later step. */
export interface EarlierAnswer {
  readonly node: string;
  readonly slug: string;
  /** Every way to the prompt passes it. */
  readonly certain: boolean;
}

/** Text that is no template: braces that would begin one are written as an expression that gives them. */
export function literal(text: string, path: string, notes: Notes): string {
  if (!text.includes('{{')) return text;
  notes.note('BRACES_KEPT', path, 'The text holds `{{`: it is kept as plain text, not read as a template.');
  return text.replaceAll('{{', "{{'\\x7b\\x7b'}}");
}

/**
 * The config of an `llm` step: who the agent is makes the system prompt; the task, the input and every answer so far,
 * which GenXAI hands an agent as its context, make the user prompt.
 * @param fields of the answer that conditions read
 */
export function agentConfig(
  node: NodeEntry,
  agent: Fields | undefined,
  answers: readonly EarlierAnswer[],
  fields: readonly string[],
  notes: Notes,
): Draft {
  // An editor may keep the agent in its node; what stands there goes before the agent's own.
  const sources = [node.settings, agent?.fields('config'), agent].filter((one) => one !== undefined);
  const text = (...keys: string[]) => firstOf(sources, (one) => one.text(...keys));
  const number = (...keys: string[]) => firstOf(sources, (one) => one.number(...keys));
  const tools = firstOf(sources, (one) => one.texts('tools'));
  const model = text('llm_model', 'llm', 'model');
  const draft: Draft = {
    systemPrompt: systemPrompt(sources, fields, notes),
    userPrompt: userPrompt(node, answers, notes),
    ...(model === undefined ? {} : { model: literal(model, node.fields.path, notes) }),
    ...(tools === undefined || tools.length === 0 ? {} : { tools }),
  };
  const temperature = inRange(number('llm_temperature', 'temperature'), 0, 2, 'temperature', sources, notes);
  if (temperature !== undefined) draft.temperature = temperature;
  const maxTokens = inRange(
    number('llm_max_tokens', 'max_tokens'),
    1,
    Number.MAX_SAFE_INTEGER,
    'max_tokens',
    sources,
    notes,
  );
  if (maxTokens !== undefined) draft.maxTokens = maxTokens;
  const behavior = firstOf(sources, (one) => one.fields('behavior'));
  const rounds = behavior?.number('max_iterations') ?? number('max_iterations');
  if (rounds !== undefined) draft.maxToolRounds = Math.min(100, Math.max(1, Math.round(rounds)));
  noteMemory(sources, notes);
  if (fields.length > 0) {
    draft.outputFormat = 'json';
    draft.outputSchema = { type: 'object', required: fields };
  }
  return draft;
}

function firstOf<T>(sources: readonly Fields[], read: (fields: Fields) => T | undefined): T | undefined {
  // Each is asked, so that what is given twice counts as read in both places.
  return sources.map(read).find((value) => value !== undefined);
}

function systemPrompt(sources: readonly Fields[], fields: readonly string[], notes: Notes): string {
  const part = (...keys: string[]) =>
    firstOf(sources, (one) => {
      const text = one.text(...keys);
      return text === undefined ? undefined : literal(text.trim(), one.path, notes);
    });
  const [written, role, goal, backstory] = [
    part('system_prompt', 'systemPrompt'),
    part('role'),
    part('goal'),
    part('backstory'),
  ];
  const parts = [
    ...(written === undefined ? [] : [written]),
    `You are the ${role ?? 'Agent'}.`,
    ...(goal === undefined ? [] : [`Your goal: ${goal}`]),
    ...(backstory === undefined ? [] : [`Your background: ${backstory}`]),
    ...(fields.length === 0 ? [] : [`Answer with one JSON object that has these fields: ${fields.join(', ')}.`]),
  ];
  return parts.filter((_, index) => written === undefined || index !== 1 || role !== undefined).join('\n\n');
}

function userPrompt(node: NodeEntry, answers: readonly EarlierAnswer[], notes: Notes): string {
  const task = node.settings.text('task') ?? node.fields.text('task');
  const parts = [
    task === undefined ? '{{input.task}}' : literal(task, node.fields.path, notes),
    'Input:\n{{input|json}}',
    ...answers.map(({ node: name, slug, certain }) => {
      const title = `Answer of ${name.replaceAll(/[{}'\\]/gu, '')}:`;
      const output = `{{steps.${slug}.output}}`;
      return certain ? `${title}\n${output}` : `{{steps.${slug}.output == null ? '' : '${title}\\n'}}${output}`;
    }),
  ];
  return parts.join('\n\n');
}

function inRange(
  value: number | undefined,
  least: number,
  most: number,
  what: string,
  sources: readonly Fields[],
  notes: Notes,
): number | undefined {
  if (value === undefined || (value >= least && value <= most)) return value;
  const path = sources.at(-1)?.path ?? '';
  notes.note('NOT_CARRIED', path, `\`${what}\` is ${value}, which no model is asked with: it is left out.`);
  return undefined;
}

function noteMemory(sources: readonly Fields[], notes: Notes): void {
  for (const fields of sources) {
    for (const key of ['memory', 'enable_memory', 'memory_type']) {
      if (fields.take(key) === undefined) continue;
      const message = `\`${key}\` is not carried over: an agent remembers what its run's thread holds.`;
      notes.note(
        'MEMORY_NOT_CARRIED',
        fields.at(key),
        message,
        'Start the run with a thread to let its model steps share one conversation.',
      );
    }
  }
}
