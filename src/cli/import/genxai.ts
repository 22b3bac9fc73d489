import { type Issue, validate } from '../../../runtime/index.js';
import type { Json, JsonObject } from '../../../runtime/ports.js';
import { agentConfig, DEFAULT_TASK, type EarlierAnswer, literal } from './agents.js';
import { Conditions } from './conditions.js';
import { type GenxaiDocument, type NodeEntry, readGenxai } from './genxai-document.js';
import { type Edge, Graph } from './graph.js';
import { findLoops, type Loop } from './loops.js';
import { Notes } from './notes.js';
import { Routes, type StepDraft } from './routes.js';
import { workflowSettings } from './settings.js';

export interface Imported {
  /** Undefined where the document is no workflow; the notes say why, as errors. */
  readonly definition?: JsonObject;
  /** What was left out or became something else, with pointers into the YAML. */
  readonly notes: readonly Issue[];
  /** What this version has to say of the definition, with pointers into it. */
  readonly issues: readonly Issue[];
}

/** Makes a definition of ours from a GenXAI no-code workflow. */
export function importGenxai(document: Json, agents?: readonly JsonObject[]): Imported {
  const notes = new Notes();
  const read = readGenxai(document, agents, notes);
  if (read === undefined) return { notes: notes.all, issues: [] };
  const definition = new Importer(read, notes).definition();
  if (definition === undefined) return { notes: notes.all, issues: [] };
  return { definition, notes: notes.all, issues: validate(definition).issues };
}

const ANSWERING: ReadonlySet<NodeEntry['kind']> = new Set(['agent', 'tool', 'human', 'subgraph']);

class Importer {
  readonly #document: GenxaiDocument;
  readonly #notes: Notes;
  readonly #graph: Graph;
  readonly #loops: ReadonlyMap<string, Loop>;
  /** Whether every way from the start to a node passes another. */
  readonly #passes: (passed: string, node: string) => boolean;
  readonly #slugs: ReadonlyMap<string, string>;
  readonly #start: string;
  readonly #conditions: Conditions;
  readonly #routes: Routes;
  readonly #used = new Set<string>();
  #asksTask = false;

  constructor(document: GenxaiDocument, notes: Notes) {
    this.#document = document;
    this.#notes = notes;
    const { start, graph } = withOneStart(document, notes);
    this.#start = start;
    const looped = findLoops(graph, document.nodes, start, notes);
    this.#graph = looped.graph;
    this.#loops = looped.loops;
    this.#passes = looped.graph.dominance(start);
    const ends = new Set([...document.nodes.values()].filter(({ kind }) => kind === 'end').map(({ id }) => id));
    this.#slugs = slugsOf(this.#graph.nodes, ends, document.nodes, notes);
    this.#conditions = new Conditions(this.#graph, document.nodes, this.#slugs, notes);
    this.#routes = new Routes(this.#graph, (node) => this.#followed(node), this.#slugs, ends, this.#conditions, notes);
  }

  /** Undefined, with an error among the notes, where an agent is nowhere described. */
  definition(): JsonObject | undefined {
    const nodes = this.#graph.nodes.filter((node) => this.#slugs.has(node));
    // Which fields of an answer the conditions read is known only when all of them are translated: agents come last.
    const steps = nodes.flatMap((node) => {
      const step = this.#step(node);
      return [{ node, step }, ...this.#routes.takeMade().map((made) => ({ node: undefined, step: made }))];
    });
    const settings = workflowSettings(this.#document.workflow, this.#notes);
    const finished = steps.map(({ node, step }) => (node === undefined ? step : this.#withConfig(node, step)));
    this.#noteRest();
    if (this.#notes.failed) return undefined;
    const parameters = this.#asksTask
      ? {
          parameters: [
            {
              name: 'task',
              type: 'textarea',
              label: 'Task',
              default: DEFAULT_TASK,
              help: 'What the agents are asked to do.',
            },
          ],
        }
      : {};
    const definition = {
      ...settings.about,
      ...parameters,
      config: { ...settings.config, output: this.#output() },
      steps: finished,
    };
    // What was gathered from frozen and shared parts becomes plain JSON of its own.
    return JSON.parse(JSON.stringify(definition));
  }

  #noteRest(): void {
    for (const [id, agent] of this.#document.agents) {
      if (!this.#used.has(id)) {
        agent.takeAll();
        this.#notes.note('AGENT_UNUSED', agent.path, `No node uses the agent ${JSON.stringify(id)}: it is left out.`);
      }
      agent.noteRest();
    }
    this.#document.workflow.noteRest();
  }

  /** Every answer by the id of its node, as GenXAI's final state holds them. */
  #output(): JsonObject {
    const answering = this.#graph.nodes.filter((node) => this.#answers(node));
    return Object.fromEntries(answering.map((node) => [this.#slug(node), `{{steps.${this.#slug(node)}.output}}`]));
  }

  #answers(node: string): boolean {
    const kind = this.#document.nodes.get(node)?.kind;
    return kind !== undefined && ANSWERING.has(kind);
  }

  #slug(node: string): string {
    return this.#slugs.get(node) ?? node;
  }

  // --- Steps ---------------------------------------------------------------------------------------------------------

  #step(node: string): StepDraft {
    const loop = this.#loops.get(node);
    if (loop !== undefined) return this.#loopStep(loop);
    const entry = this.#document.nodes.get(node);
    const draft = { stepSlug: this.#slug(node), name: node };
    if (node === this.#start) {
      const nextSteps = { success: this.#routes.follow(node) };
      return { ...draft, stepType: 'trigger', config: { type: 'manual' }, nextSteps };
    }
    if (entry?.kind === 'decision') return this.#decisionStep(entry);
    const nextSteps = { success: this.#routes.follow(node) };
    if (entry?.kind === 'agent') return { ...draft, stepType: 'llm', config: {}, nextSteps };
    return { ...draft, ...this.#otherStep(node, entry), nextSteps };
  }

  #otherStep(node: string, entry: NodeEntry | undefined): { stepType: string; config: JsonObject } {
    if (entry?.kind === 'subgraph') {
      const workflow = entry.settings.text('workflow_id', 'subgraph_id', 'workflow') ?? node;
      const message = `The workflow ${JSON.stringify(workflow)} is run here, with the task, the input and the answers so far as its input.`;
      const hint = 'Import it too, and give it to the run with --workflow FILE.';
      this.#notes.note('RUNS_ANOTHER', entry.fields.path, message, hint);
      const config = { workflow: literal(workflow, entry.fields.path, this.#notes), input: this.#handedOn(node) };
      return { stepType: 'workflow', config };
    }
    if (entry?.kind === 'human') {
      const message = `A person's answer is waited for as the event ${JSON.stringify(node)}.`;
      this.#notes.note('WAITS_FOR_EVENT', entry.fields.path, message);
      return { stepType: 'wait_for_event', config: { event: this.#slug(node) } };
    }
    const type = entry?.fields.text('tool') ?? entry?.settings.text('tool_name', 'tool', 'name') ?? node;
    const parameters =
      entry?.fields.fields('tool_params', 'parameters', 'params') ??
      entry?.settings.fields('tool_params', 'parameters', 'params');
    const values = parameters?.takeAll() ?? {};
    return {
      stepType: 'action',
      config: { type: type.trim(), parameters: this.#literals(values, parameters?.path ?? '') },
    };
  }

  #handedOn(node: string): JsonObject {
    const answers = this.#answersBefore(node).map(({ slug }) => [slug, `{{steps.${slug}.output}}`]);
    return { task: '{{input.task}}', input: '{{input}}', answers: Object.fromEntries(answers) };
  }

  /** Parameters are data there: what looks like a template stays what it is. */
  #literals(value: JsonObject, path: string): JsonObject {
    const copy = (one: Json): Json => {
      if (typeof one === 'string') return literal(one, path, this.#notes);
      if (Array.isArray(one)) return one.map(copy);
      if (typeof one !== 'object' || one === null) return one;
      return Object.fromEntries(
        Object.entries(one).map(([key, inner]) => [literal(key, path, this.#notes), copy(inner)]),
      );
    };
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [literal(key, path, this.#notes), copy(inner)]),
    );
  }

  /** The edges that are followed as they are: a loop goes into its body by itself, and some nodes decide by themselves. */
  #followed(node: string): readonly Edge[] {
    const loop = this.#loops.get(node);
    if (loop !== undefined) return this.#graph.out(node).filter(({ to }) => to !== loop.body);
    const entry = this.#document.nodes.get(node);
    return entry?.kind === 'decision' && this.#ownCondition(entry) !== undefined ? [] : this.#graph.out(node);
  }

  /** Undefined where its edges bear the conditions. */
  #ownCondition({ id, settings }: NodeEntry): string | undefined {
    const edges = this.#graph.out(id);
    if (!isMarked(edges) && edges.some(({ condition }) => condition !== undefined)) return undefined;
    return settings.text('condition', 'expression');
  }

  /** Its own condition chooses between the edges marked true and false, or else the first two. */
  #decisionStep(entry: NodeEntry): StepDraft {
    const { id, settings } = entry;
    const edges = this.#graph.out(id);
    const draft = { stepSlug: this.#slug(id), name: id, stepType: 'condition' };
    const own = this.#ownCondition(entry);
    if (own === undefined) {
      const next = this.#routes.follow(id);
      return { ...draft, config: { expression: 'true' }, nextSteps: { true: next, false: next } };
    }
    const plain = edges.map(({ condition: _, ...edge }): Edge => edge);
    const [yes, no] = isMarked(edges) ? [edges.filter(isYes), edges.filter(isNo)] : [plain.slice(0, 1), plain.slice(1)];
    const expression = this.#conditions.translate(own, settings.at('condition'), id);
    const lead = (chosen: readonly Edge[]) => {
      const [first, ...rest] = chosen;
      for (const { path } of rest)
        this.#notes.note('FIRST_EDGE_ONLY', path, 'Only the first of these edges is followed here.');
      return first === undefined ? this.#routes.wayOut(id) : this.#routes.target(id, first.to);
    };
    return { ...draft, config: { expression }, nextSteps: { true: lead(yes), false: lead(no) } };
  }

  #loopStep(loop: Loop): StepDraft {
    const done = this.#routes.follow(loop.id);
    const draft = { stepSlug: this.#slug(loop.id), name: loop.id };
    if (loop.body === undefined)
      return {
        ...draft,
        stepType: 'condition',
        config: { expression: 'true' },
        nextSteps: { true: done, false: done },
      };
    const config = { while: this.#goesOn(loop), maxIterations: loop.maxIterations };
    return { ...draft, stepType: 'loop', config, nextSteps: { next: this.#routes.target(loop.id, loop.body), done } };
  }

  /** The body is run once before its answer can be judged. */
  #goesOn({ condition, last }: Loop): string {
    if (condition === undefined || last === undefined) return 'true';
    const answer = this.#conditions.answerAt(last);
    const expression = this.#conditions.translate(condition.text, condition.path, last);
    const goesOn = condition.stops ? `!(${expression})` : `(${expression})`;
    return answer === undefined ? goesOn : `${answer} == null || ${goesOn}`;
  }

  // --- Agents --------------------------------------------------------------------------------------------------------

  #withConfig(node: string, step: StepDraft): StepDraft {
    const entry = this.#document.nodes.get(node);
    if (entry?.kind !== 'agent' || step.stepType !== 'llm') return step;
    const agent = this.#agentOf(entry);
    const config = agentConfig(entry, agent, this.#answersBefore(node), this.#conditions.fieldsOf(node), this.#notes);
    this.#asksTask ||= String(config.userPrompt).startsWith('{{input.task}}');
    const role = agent?.text('role') ?? entry.settings.text('role');
    return { ...step, ...(role === undefined || role === '' ? {} : { name: role }), config };
  }

  #agentOf({ id, fields, settings }: NodeEntry) {
    const name = fields.text('agent') ?? settings.text('agent', 'agent_id') ?? id;
    const agent = this.#document.agents.get(name);
    this.#used.add(name);
    const isDescribed = agent !== undefined || settings.has('role', 'goal', 'system_prompt');
    if (isDescribed) return agent;
    const message = `The agent ${JSON.stringify(name)} is described nowhere`;
    if (this.#document.agentsElsewhere) this.#notes.note('AGENTS_ELSEWHERE', fields.path, `${message} here.`);
    else this.#notes.error('UNKNOWN_AGENT', fields.path, `${message}.`);
    return undefined;
  }

  #answersBefore(node: string): EarlierAnswer[] {
    const before = this.#graph.ancestors(node);
    return this.#graph.nodes
      .filter((one) => before.has(one) && this.#answers(one))
      .map((one) => {
        const certain = one !== node && this.#passes(one, node);
        return { node: one, slug: this.#slug(one), certain };
      });
  }
}

const isYes = ({ condition }: Edge) => /^\s*(?:true|yes)\s*$/iu.test(condition ?? '');
const isNo = ({ condition }: Edge) => /^\s*(?:false|no|else)\s*$/iu.test(condition ?? '');

function isMarked(edges: readonly Edge[]): boolean {
  return edges.length > 0 && edges.every((edge) => isYes(edge) || isNo(edge));
}

/** Everything that nothing leads to begins a run: one start leads to all of it. */
function withOneStart(
  { nodes, edges: written }: GenxaiDocument,
  notes: Notes,
): { readonly start: string; readonly graph: Graph } {
  const edges = written.filter(({ from }) => nodes.get(from)?.kind !== 'end');
  for (const { from, path } of written) {
    if (nodes.get(from)?.kind !== 'end') continue;
    notes.note(
      'EDGE_AFTER_END',
      path,
      `This edge is left out: ${JSON.stringify(from)} is an output, which ends a run here.`,
    );
  }
  const starts = new Set([...nodes.values()].filter(({ kind }) => kind === 'start').map(({ id }) => id));
  const [first] = starts;
  const start = first ?? 'start'.padEnd(nodes.has('start') ? 6 : 5, '_');
  const rest = [...nodes.keys()].filter((id) => !starts.has(id));
  const known: Edge[] = edges.map((edge) => (starts.has(edge.from) ? { ...edge, from: start } : edge));
  const reached = new Set(edges.map(({ to }) => to));
  const lonely = rest.filter((id) => !reached.has(id) && nodes.get(id)?.kind !== 'end');
  const begun = first === undefined && lonely.length === 0 ? rest.slice(0, 1) : lonely;
  const added = begun.map((to): Edge => ({ from: start, to, parallel: false, path: nodes.get(to)?.fields.path ?? '' }));
  return { start, graph: new Graph([start, ...rest], [...known.filter(({ to }) => !starts.has(to)), ...added]) };
}

/** A slug for each node that becomes a step. */
function slugsOf(
  ids: readonly string[],
  ends: ReadonlySet<string>,
  nodes: ReadonlyMap<string, NodeEntry>,
  notes: Notes,
): ReadonlyMap<string, string> {
  const slugs = new Map<string, string>();
  const taken = new Set<string>();
  for (const id of ids.filter((one) => !ends.has(one))) {
    const wanted = id.replaceAll(/[^A-Za-z0-9_]/gu, '_').slice(0, 100) || 'step';
    let slug = /^[0-9]/u.test(wanted) ? `_${wanted}` : wanted;
    for (let count = 2; taken.has(slug); count++) slug = `${wanted}_${count}`;
    taken.add(slug);
    slugs.set(id, slug);
    const path = nodes.get(id)?.fields.at('id');
    if (slug !== id && path !== undefined)
      notes.note(
        'RENAMED',
        path,
        `${JSON.stringify(id)} is called ${JSON.stringify(slug)} here, so that expressions can name it.`,
      );
  }
  return slugs;
}
