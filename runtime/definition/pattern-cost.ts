/**
 * How long an author's regular expression may take on a text that was made for it. JavaScript's engines try one way
 * after the other; so what counts is in how many ways one text can be read. The pattern is made an automaton whose
 * states are its characters (Glushkov's), with the number of ways that lead from each to the next.
 *
 * - Two ways round from a character to itself over the same text: their number doubles with each round, as in `(a+)+`.
 * - Loops one after the other that can share a text, as in `\d+\d+`: each multiplies the time by the length once more.
 * - Many parts one after the other that may be absent, as in `a?a?a?aaa`: each doubles the ways.
 */
import { CharacterSets } from './pattern-sets.js';
import { type PatternNode, parsePattern } from './pattern-syntax.js';

/** The greatest power of a text's length by which a pattern's time may grow: at most 2 for long texts, 3 for short ones. */
export const MAX_POWER = 3;

/** Longer texts are not matched: a pattern whose time grows by the second power of their length takes its time on them. */
const LONGEST_TEXT = 10_000;
/** The same, for a pattern whose time grows by the third. */
const LONGEST_FOR_THIRD = 1000;
/** Texts up to here are matched against any pattern that is taken, however many there are. */
export const SURELY_SHORT = 32;
/** How often a longest text may be matched in one check: a fraction of a second each, and of that, to the third power, for shorter ones. */
export const MOST_MATCHED = 4;

/** Up to here a repetition is written out; one that goes further is taken for one without end. */
const WRITTEN_OUT = 16;
const MAX_CHARACTERS = 500;
const MAX_WAYS = 10_000;
/** Steps of the analysis itself, of one pattern. */
export const MAX_WORK = 8_000_000;
/** What it costs to try out a character. */
const TRIED_OUT = 3;

/** How many steps of an analysis are left. */
export interface Work {
  left: number;
}

/**
 * The power of the text's length by which the time grows at most; undefined where it may grow faster, or nobody can tell.
 * @param work what the analysis takes is taken from it
 */
export function patternPower(pattern: string, work: Work = { left: MAX_WORK }): number | undefined {
  if (pattern.length > 2000) return undefined;
  const node = parsePattern(pattern);
  if (node === undefined) return undefined;
  try {
    return powerOf(node, isAnchored(node), work);
  } catch (error) {
    if (error instanceof TooManyWays) return undefined;
    throw error;
  }
}

/** What the patterns of all that is checked together are matched against. */
export class Matching {
  /** In parts of the most that may be. */
  shares = 0;
  readonly #longest = new Map<string, number>();

  /** As {@link longestText}, which is found out once for each pattern: it takes long, and one may stand in many places. */
  longest(pattern: string): number {
    const known = this.#longest.get(pattern) ?? longestText(pattern);
    this.#longest.set(pattern, known);
    return known;
  }
}

/** The most characters, in UTF-16 units, of a text that is matched against a pattern. */
export function longestText(pattern: string): number {
  const power = patternPower(pattern) ?? MAX_POWER;
  if (power < 2) return Number.POSITIVE_INFINITY;
  return power < MAX_POWER ? LONGEST_TEXT : LONGEST_FOR_THIRD;
}

/** Undefined where a pattern is no regular expression. */
export function compilePattern(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    return undefined;
  }
}

class TooManyWays extends Error {}

/** Whether it is tried at the beginning of a text only. */
function isAnchored(node: PatternNode): boolean {
  if (node.kind === 'choice') return node.parts.every(isAnchored);
  if (node.kind !== 'sequence') return node.kind === 'start';
  const first = node.parts.find(({ kind }) => kind !== 'assertion' && kind !== 'look');
  return first !== undefined && isAnchored(first);
}

function powerOf(node: PatternNode, anchored: boolean, work: Work): number {
  const automaton = new Automaton(work);
  automaton.add(node);
  const own = automaton.power() + (anchored ? 0 : 1);
  return automaton.looks.reduce((most, { body, first }) => {
    const within = powerOf(body, true, work);
    return Math.max(most, anchored && first ? within : own + within);
  }, own);
}

/** Numbers of ways by character: one, or 2 for more than one. */
type Ways = ReadonlyMap<number, number>;

/** A part of the pattern: the characters that it may begin and end with, and the ways in which it matches nothing. */
interface Part {
  readonly first: Ways;
  readonly last: Ways;
  readonly empty: number;
}

const NONE: Ways = new Map();
const NOTHING: Part = { first: NONE, last: NONE, empty: 1 };

class Automaton {
  readonly looks: { readonly body: PatternNode; readonly first: boolean }[] = [];
  readonly #sources: string[] = [];
  /** For each character those that may follow. Whatever is no way back leads to a higher number. */
  readonly #next: Map<number, number>[] = [];
  readonly #work: Work;

  constructor(work: Work) {
    this.#work = work;
  }

  add(node: PatternNode): Part {
    switch (node.kind) {
      case 'set':
        return this.#character(node.source);
      case 'look':
        this.looks.push({ body: node.body, first: this.#sources.length === 0 });
        return NOTHING;
      case 'sequence':
        return node.parts.reduce<Part>((before, part) => this.#join(before, this.add(part)), NOTHING);
      case 'choice':
        return node.parts.map((part) => this.add(part)).reduce(either);
      case 'repeat':
        return this.#repeat(node.body, node.min, node.max);
      default:
        return NOTHING;
    }
  }

  #character(source: string): Part {
    const at = this.#sources.push(source) - 1;
    if (at >= MAX_CHARACTERS) throw new TooManyWays();
    this.#next.push(new Map());
    const here = new Map([[at, 1]]);
    return { first: here, last: here, empty: 0 };
  }

  #join(a: Part, b: Part): Part {
    this.#lead(a.last, b.first);
    return {
      first: sum(a.first, b.first, a.empty),
      last: sum(b.last, a.last, b.empty),
      empty: Math.min(2, a.empty * b.empty),
    };
  }

  #repeat(body: PatternNode, min: number, max: number): Part {
    if (max === 0) return NOTHING;
    if (max <= WRITTEN_OUT) return this.#writeOut(body, min, max);
    const copies = Math.min(Math.max(min, 1), 2);
    let part = NOTHING;
    for (let copy = 0; copy < copies; copy++) {
      const one = this.add(body);
      if (one.empty > 0 && min > 1) throw new TooManyWays();
      if (copy === copies - 1) this.#lead(one.last, one.first);
      part = this.#join(part, one);
    }
    return min === 0 ? { ...part, empty: 1 } : part;
  }

  /** `x{1,3}` as `x(?:x(?:x)?)?`. A repetition that matches nothing is not tried where it need not be there. */
  #writeOut(body: PatternNode, min: number, max: number): Part {
    const parts = Array.from({ length: max }, () => this.add(body));
    const tail = parts
      .slice(min)
      .reduceRight<Part>((after, part) => ({ ...this.#join(part, after), empty: 1 }), NOTHING);
    return parts.slice(0, min).reduceRight<Part>((after, part) => this.#join(part, after), tail);
  }

  #lead(from: Ways, to: Ways): void {
    for (const [a, waysA] of from) {
      const next = this.#next[a];
      for (const [b, waysB] of to) {
        this.#spend();
        next?.set(b, Math.min(2, (next.get(b) ?? 0) + waysA * waysB));
      }
    }
  }

  #spend(steps = 1): void {
    this.#work.left -= steps;
    if (this.#work.left < 0) throw new TooManyWays();
  }

  /** How many loops can share one text, one after the other. */
  power(): number {
    const sets = new CharacterSets(new Set(this.#sources), (samples) => this.#spend(samples * TRIED_OUT));
    const loops = this.#loops();
    for (const loop of new Set(loops)) if (loop >= 0) this.#refuseTwoWaysRound(loop, loops, sets);
    return this.#sources.reduce((most, _, start) => Math.max(most, this.#chainFrom(start, loops, sets)), 0);
  }

  /** For each character the loop that it stands in, named by its least character; -1 outside of loops. */
  #loops(): number[] {
    const loops = this.#sources.map(() => -1);
    const reaches = this.#next.map((_, start) => this.#reachable(start));
    reaches.forEach((reach, at) => {
      if (!reach.has(at)) return;
      let least = at;
      for (const other of reach) if (other < least && reaches[other]?.has(at) === true) least = other;
      loops[at] = least;
    });
    return loops;
  }

  #reachable(start: number): ReadonlySet<number> {
    const seen = new Set<number>();
    const queue = [start];
    for (const at of queue) {
      for (const to of this.#next[at]?.keys() ?? []) {
        this.#spend();
        if (seen.has(to)) continue;
        seen.add(to);
        queue.push(to);
      }
    }
    return seen;
  }

  /** Walks pairs of characters that the same text leads to, beginning with each beside itself, to see which come together again. */
  #refuseTwoWaysRound(loop: number, loops: readonly number[], sets: CharacterSets): void {
    const size = this.#sources.length;
    const inside = (at: number): boolean => loops[at] === loop;
    const members = this.#sources.map((_, at) => at).filter(inside);
    const back = new Map<number, number[]>();
    const queue = members.map((at) => at * size + at);
    const seen = new Set(queue);
    for (const pair of queue) {
      const [a, b] = [Math.floor(pair / size), pair % size];
      for (const [toA, ways] of this.#next[a] ?? NONE) {
        if (!inside(toA)) continue;
        if (ways > 1) throw new TooManyWays();
        for (const toB of this.#next[b]?.keys() ?? []) {
          this.#spend();
          if (!inside(toB) || !this.#meet(toA, toB, sets)) continue;
          const to = toA * size + toB;
          const from = back.get(to);
          if (from === undefined) back.set(to, [pair]);
          else from.push(pair);
          if (seen.has(to)) continue;
          seen.add(to);
          queue.push(to);
        }
      }
    }
    const together = members.map((at) => at * size + at);
    const returning = new Set(together);
    for (const pair of together) {
      for (const from of back.get(pair) ?? []) {
        if (Math.floor(from / size) !== from % size) throw new TooManyWays();
        if (returning.has(from)) continue;
        returning.add(from);
        together.push(from);
      }
    }
  }

  #meet(a: number, b: number, sets: CharacterSets): boolean {
    return sets.meet(this.#sources[a] ?? '', this.#sources[b] ?? '');
  }

  /** The most loops on a way from a character over such as have something in common with it. */
  #chainFrom(start: number, loops: readonly number[], sets: CharacterSets): number {
    const ways = new Map([[start, 1]]);
    const chains = new Map([[start, (loops[start] ?? -1) < 0 ? 0 : 1]]);
    let total = 0;
    let longest = 0;
    for (let at = start; at < this.#sources.length; at++) {
      const here = ways.get(at);
      if (here === undefined) continue;
      const chain = chains.get(at) ?? 0;
      longest = Math.max(longest, chain);
      total += here;
      if (total > MAX_WAYS) throw new TooManyWays();
      for (const [to, count] of this.#next[at] ?? NONE) {
        this.#spend();
        if (to <= at || !this.#meet(start, to, sets)) continue;
        const loop = loops[to] ?? -1;
        const same = loop >= 0 && loop === loops[at];
        // Within a loop there is one way for each text, as has been made sure of.
        ways.set(to, same ? Math.max(ways.get(to) ?? 0, here) : (ways.get(to) ?? 0) + here * count);
        chains.set(to, Math.max(chains.get(to) ?? 0, chain + Number(loop >= 0 && !same)));
      }
    }
    return longest;
  }
}

function either(a: Part, b: Part): Part {
  return { first: sum(a.first, b.first, 1), last: sum(a.last, b.last, 1), empty: Math.min(2, a.empty + b.empty) };
}

function sum(a: Ways, b: Ways, times: number): Ways {
  if (times === 0 || b.size === 0) return a;
  const both = new Map(a);
  for (const [at, ways] of b) both.set(at, Math.min(2, (both.get(at) ?? 0) + ways * times));
  return both;
}
