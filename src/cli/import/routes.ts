import type { Json } from '../../../runtime/ports.js';
import type { Conditions } from './conditions.js';
import type { Edge, Graph } from './graph.js';
import type { Notes } from './notes.js';

export interface StepDraft {
  readonly stepSlug: string;
  readonly name: string;
  readonly stepType: string;
  readonly config: Readonly<Record<string, Json>>;
  nextSteps: Readonly<Record<string, string>>;
}

/** What stands for the way out among a branch's targets. */
const OUT = '';

/** Says what follows each node, and makes the steps that decide and divide. */
export class Routes {
  readonly #graph: Graph;
  readonly #followed: (node: string) => readonly Edge[];
  readonly #slugs: ReadonlyMap<string, string>;
  readonly #ends: ReadonlySet<string>;
  readonly #conditions: Conditions;
  readonly #notes: Notes;
  readonly #end: string;
  readonly #taken: Set<string>;
  readonly #meeting: (from: readonly string[]) => string | undefined;
  /** Of the nodes inside a branch: which targets go back to the step that divides. */
  readonly #back = new Map<string, Map<string, string>>();
  readonly #made: StepDraft[] = [];

  /** @param followed the edges of a node that are followed as they are: not those that a loop or a decision chooses from */
  constructor(
    graph: Graph,
    followed: (node: string) => readonly Edge[],
    slugs: ReadonlyMap<string, string>,
    ends: ReadonlySet<string>,
    conditions: Conditions,
    notes: Notes,
  ) {
    this.#graph = graph;
    this.#followed = followed;
    this.#slugs = slugs;
    this.#ends = ends;
    this.#conditions = conditions;
    this.#notes = notes;
    this.#taken = new Set(slugs.values());
    this.#end = ['end', 'finish', 'noop'].find((word) => !this.#taken.has(word)) ?? 'end';
    this.#meeting = graph.meetings(graph.nodes.filter((node) => ends.has(node) || graph.out(node).length === 0));
    this.#divide();
  }

  /** The steps that were made since the last call. */
  takeMade(): StepDraft[] {
    return this.#made.splice(0);
  }

  /** Where a node leads, by a step that decides or divides where there are several ways. */
  follow(node: string): string {
    const edges = this.#followed(node);
    const parallel = edges.filter((edge) => edge.parallel);
    if (parallel.length < 2) return this.#decide(node, edges);
    return this.#parallel(
      node,
      parallel,
      edges.filter((edge) => !edge.parallel),
    );
  }

  /** A target as seen from a node: a way that leaves its branch goes back to the step that divides. */
  target(node: string, to: string): string {
    const key = this.#ends.has(to) ? OUT : to;
    return this.#back.get(node)?.get(key) ?? (key === OUT ? this.#end : (this.#slugs.get(to) ?? to));
  }

  wayOut(node: string): string {
    return this.#back.get(node)?.get(OUT) ?? this.#end;
  }

  // --- Decisions -----------------------------------------------------------------------------------------------------

  #decide(node: string, edges: readonly Edge[]): string {
    const plain = edges.filter(({ condition }) => condition === undefined);
    const conditional = edges.filter(({ condition }) => condition !== undefined);
    if (plain.length > 1) return this.#together(node, edges);
    const otherwise = plain[0] === undefined ? this.wayOut(node) : this.target(node, plain[0].to);
    const [first] = conditional;
    if (first === undefined) return otherwise;
    this.#noteChoice(conditional, plain);
    const slug = this.#slug(`${this.#slugs.get(node) ?? node}_route`);
    const name = `After ${node}`;
    if (conditional.length === 1) {
      const config = { expression: this.#expression(first, node) };
      const nextSteps = { true: this.target(node, first.to), false: otherwise };
      this.#made.push({ stepSlug: slug, name, stepType: 'condition', config, nextSteps });
      return slug;
    }
    const cases = conditional.map((edge) => ({
      when: this.#expression(edge, node),
      port: portTo(edge.to, this.#slugs),
    }));
    const ports = conditional.map((edge) => [portTo(edge.to, this.#slugs), this.target(node, edge.to)]);
    const nextSteps: Record<string, string> = { ...Object.fromEntries(ports), default: otherwise };
    this.#made.push({ stepSlug: slug, name, stepType: 'switch', config: { cases }, nextSteps });
    return slug;
  }

  /** Several edges that are followed in any case: all of them are, those with a condition where it holds. */
  #together(node: string, edges: readonly Edge[]): string {
    const message = 'These edges are followed one after the other there; here they are branches of a `parallel` step.';
    for (const { path } of edges) this.#notes.note('EDGES_TOGETHER', path, message);
    return this.#parallel(node, edges, []);
  }

  #expression({ condition = '', path, source }: Edge, node: string): string {
    return this.#conditions.translate(condition, `${path}/condition`, source ?? node);
  }

  #noteChoice(conditional: readonly Edge[], plain: readonly Edge[]): void {
    const message =
      'Every edge whose condition holds is followed there; here the first one is, in the order of the file.';
    if (conditional.length > 1) for (const { path } of conditional) this.#notes.note('FIRST_EDGE_ONLY', path, message);
    const other = 'This edge is followed in any case there; here only where no condition beside it holds.';
    for (const { path } of plain) this.#notes.note('FIRST_EDGE_ONLY', path, other);
  }

  // --- Branches ------------------------------------------------------------------------------------------------------

  /** Finds, for each node that divides, which nodes its branches hold: outer ones first, so that inner ones win. */
  #divide(): void {
    const found = this.#graph.nodes.flatMap((node) => {
      const edges = this.#followed(node);
      const parallel = edges.filter((edge) => edge.parallel);
      const isDivided = parallel.length > 1;
      const beside = edges.filter((edge) => !isDivided || !edge.parallel);
      const plain = beside.filter(({ condition }) => condition === undefined);
      return [
        ...(isDivided ? [this.#division(node, parallel, beside)] : []),
        ...(plain.length > 1 ? [this.#division(node, beside, [])] : []),
      ];
    });
    for (const division of found.sort((a, b) => b.inside.size - a.inside.size)) this.#enclose(division);
  }

  #enclose(division: Division): void {
    for (const edge of division.all) this.#divisions.set(edge, division);
    if (!division.divides || !division.separate) return;
    for (const node of division.inside) {
      const back = this.#back.get(node) ?? new Map<string, string>();
      for (const target of [OUT, ...division.after]) back.set(target, division.slug);
      this.#back.set(node, back);
    }
  }

  readonly #divisions = new Map<Edge, Division>();

  #division(node: string, all: readonly Edge[], beside: readonly Edge[]): Division {
    const targets = all.map(({ to }) => to);
    const meeting = this.#meeting(targets);
    const after = new Set([...(meeting === undefined ? [] : [meeting]), ...beside.map(({ to }) => to)]);
    const branches = all.filter(({ to }) => !after.has(to) && !this.#ends.has(to));
    const inside = this.#graph.reached(targets, new Set([...after, ...this.#ends, node]));
    const divides = branches.length > 1 || (branches.length > 0 && beside.length > 0);
    return {
      all,
      branches,
      divides,
      separate: this.#isSeparate(node, all, inside),
      meeting,
      after,
      inside,
      slug: this.#slug(`${this.#slugs.get(node) ?? node}_parallel`),
    };
  }

  /**
   * Whether what the branches hold is reached by them alone, and leads on or out of them: only then can a step go back to
   * the one that divides, wherever control came from.
   */
  #isSeparate(node: string, all: readonly Edge[], inside: ReadonlySet<string>): boolean {
    const edges = [...this.#graph.edges, ...this.#graph.nodes.flatMap((one) => this.#followed(one))];
    return edges.every((edge) => {
      if (inside.has(edge.from)) return edge.to !== node;
      if (edge.from === node) return edge.to !== node && (!inside.has(edge.to) || all.some(({ to }) => to === edge.to));
      return !inside.has(edge.to);
    });
  }

  #parallel(node: string, edges: readonly Edge[], beside: readonly Edge[]): string {
    const division = edges[0] && this.#divisions.get(edges[0]);
    if (division === undefined) throw new Error(`Node ${node} does not divide`);
    const { slug, meeting, branches, divides, separate } = division;
    const after = beside.length > 0 ? this.#decide(node, beside) : undefined;
    const done = after ?? (meeting === undefined ? this.wayOut(node) : this.target(node, meeting));
    if (!divides) return branches.length === 0 ? done : this.#decide(node, branches);
    if (!separate) return this.#first(node, branches, done);
    const names = distinct(branches.map((edge) => portTo(edge.to, this.#slugs)));
    const ports = branches.map((edge, index): [string, string] => [
      names[index] ?? '',
      edge.condition === undefined ? this.target(node, edge.to) : this.#gate(node, edge, slug),
    ]);
    this.#noteShared(division);
    const config = { branches: ports.map(([port]) => port), join: 'all' };
    const nextSteps = { ...Object.fromEntries(ports), done };
    this.#made.push({ stepSlug: slug, name: `Branches after ${node}`, stepType: 'parallel', config, nextSteps });
    return slug;
  }

  /** Branches that run into one another, or are reached from elsewhere: only the first can be followed. */
  #first(node: string, branches: readonly Edge[], otherwise: string): string {
    const message =
      'This edge is not carried over: what it leads to is reached in other ways too, so it cannot be a branch.';
    const hint = 'Give the branch steps of its own, and lead it to where all branches meet.';
    const [first, ...others] = branches;
    for (const { path } of others) this.#notes.note('BRANCH_NOT_CARRIED', path, message, hint);
    if (first === undefined) return otherwise;
    return first.condition === undefined ? this.target(node, first.to) : this.#gate(node, first, otherwise);
  }

  /** A branch that begins only where a condition holds. */
  #gate(node: string, edge: Edge, back: string): string {
    const slug = this.#slug(`${this.#slugs.get(edge.to) ?? edge.to}_gate`);
    const config = { expression: this.#expression(edge, node) };
    const nextSteps = { true: this.target(node, edge.to), false: back };
    this.#made.push({ stepSlug: slug, name: `Before ${edge.to}`, stepType: 'condition', config, nextSteps });
    return slug;
  }

  #noteShared({ branches, inside, after }: Division): void {
    const reach = branches.map(({ to }) => this.#graph.reached([to], after));
    for (const node of inside) {
      if (reach.filter((one) => one.has(node)).length < 2) continue;
      const message = `${JSON.stringify(node)} stands in several branches and is run in each of them; there it is run once.`;
      this.#notes.note('SHARED_BY_BRANCHES', branches[0]?.path ?? '', message);
    }
  }

  #slug(wanted: string): string {
    let slug = wanted;
    for (let count = 2; this.#taken.has(slug); count++) slug = `${wanted}_${count}`;
    this.#taken.add(slug);
    return slug;
  }
}

/** A node from which several edges are followed at once. */
interface Division {
  readonly all: readonly Edge[];
  /** Those that do not lead straight to what comes after the branches. */
  readonly branches: readonly Edge[];
  /** Whether there are enough of them for a step of their own. */
  readonly divides: boolean;
  readonly slug: string;
  /** Whether its branches hold nothing that is reached in another way. */
  readonly separate: boolean;
  /** Where the branches come together; undefined where they do not. */
  readonly meeting: string | undefined;
  /** What comes after the branches. */
  readonly after: ReadonlySet<string>;
  readonly inside: ReadonlySet<string>;
}

/** Names told apart by a number: several edges may lead to one node. */
function distinct(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let count = 2; taken.has(free); count++) free = `${name}_${count}`;
    taken.add(free);
    return free;
  });
}

function portTo(node: string, slugs: ReadonlyMap<string, string>): string {
  const slug = slugs.get(node) ?? node;
  return ['error', 'default', 'done'].includes(slug) ? `${slug}_` : slug;
}
