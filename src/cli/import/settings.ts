import type { Json } from '../../../runtime/ports.js';
import type { Fields } from './fields.js';
import type { Notes } from './notes.js';

type Draft = Record<string, Json>;

export interface Settings {
  /** Name, description and the like. */
  readonly about: Draft;
  readonly config: Draft;
}

/** What a workflow says of itself. */
export function workflowSettings(workflow: Fields, notes: Notes): Settings {
  const name = workflow.text('name')?.trim().slice(0, 200) ?? '';
  if (name === '') notes.note('MISSING_FIELD', workflow.path, 'The workflow has no name: it is given one.');
  const about: Draft = { name: name === '' ? 'Imported workflow' : name };
  for (const key of ['description', 'version', 'category'] as const) {
    const text = workflow.text(key);
    if (text !== undefined && text !== '') about[key] = text;
  }
  const tags = workflow.texts('tags');
  if (tags !== undefined) about.tags = tags;
  const metadata = workflow.fields('metadata');
  if (metadata !== undefined) about.metadata = metadata.takeAll();
  noteMemory(workflow, notes);
  return { about, config: executionConfig(workflow, notes) };
}

function noteMemory(workflow: Fields, notes: Notes): void {
  const memory = workflow.fields('memory');
  if (memory?.flag('shared') === true) {
    const message = 'There is no shared memory here: instead, each agent is told the answers of those before it.';
    notes.note('MEMORY_NOT_CARRIED', memory.at('shared'), message);
  }
  for (const key of ['enabled', 'type']) {
    if (memory?.take(key) === undefined) continue;
    const message = `\`${key}\` is not carried over: an agent remembers what its run's thread holds.`;
    const hint = 'Start the run with a thread to let its model steps share one conversation.';
    notes.note('MEMORY_NOT_CARRIED', memory.at(key), message, hint);
  }
}

/** Seconds there, milliseconds here; repetitions there, attempts here. */
function executionConfig(workflow: Fields, notes: Notes): Draft {
  const config: Draft = {};
  const execution = workflow.fields('execution_config', 'execution');
  const retries = execution?.number('retry_count');
  const base = execution?.number('backoff_base');
  const multiplier = execution?.number('backoff_multiplier');
  if (retries !== undefined) {
    config.retryPolicy = {
      maxAttempts: Math.max(1, Math.round(retries) + 1),
      ...(base === undefined ? {} : { initialDelay: Math.max(0, base * 1000) }),
      ...(multiplier === undefined ? {} : { multiplier: Math.max(1, multiplier) }),
    };
  }
  const holder = [workflow, workflow.fields('graph')].find((one) => one?.has('max_iterations'));
  const most = holder?.number('max_iterations');
  if (holder !== undefined && most !== undefined) {
    config.limits = { maxSteps: Math.max(1, Math.round(most)) };
    const message = 'It bounds the steps of a run here, the ones that decide and repeat included.';
    notes.note('COUNTED_OTHERWISE', holder.at('max_iterations'), message);
  }
  return config;
}
