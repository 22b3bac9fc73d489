/**
 * Which characters the parts of a pattern have in common, found by trying: all of Latin, punctuation and spaces, and the
 * ends of every range that the pattern itself names. Those of `\p{…}` cannot be tried out; they count as meeting each
 * other, and all that is said by what it is not.
 */
export class CharacterSets {
  readonly #samples: readonly string[];
  readonly #spend: (steps: number) => void;
  /** Which of the samples each part takes, a bit for each. */
  readonly #members = new Map<string, bigint>();

  /** @param spend told of each part that is tried out, how many samples that takes */
  constructor(sources: ReadonlySet<string>, spend: (steps: number) => void) {
    this.#samples = samplesFor(sources);
    this.#spend = spend;
  }

  meet(a: string, b: string): boolean {
    if (a === b || (isProperty(a) && isOpen(b)) || (isProperty(b) && isOpen(a))) return true;
    return (this.#membersOf(a) & this.#membersOf(b)) !== 0n;
  }

  #membersOf(source: string): bigint {
    const known = this.#members.get(source);
    if (known !== undefined) return known;
    this.#spend(this.#samples.length);
    const form = new RegExp(`^${source}$`, 'u');
    const members = BigInt(`0b${this.#samples.map((sample) => Number(form.test(sample))).join('')}`);
    this.#members.set(source, members);
    return members;
  }
}

const isProperty = (source: string): boolean => /\\[pP]/.test(source);
const isOpen = (source: string): boolean => source === '.' || source.startsWith('[^') || /\\[pPDWS]/.test(source);

const NAMED = /\\u\{([0-9a-fA-F]+)\}|\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|[\s\S]/gu;

function samplesFor(sources: ReadonlySet<string>): string[] {
  const points = new Set<number>([0x3000, 0xfeff, 0x1f600, 0x20000]);
  for (let point = 0; point < 0x300; point++) points.add(point);
  for (let point = 0x2000; point < 0x2070; point++) points.add(point);
  for (let point = 0x300; point < 0x10000; point += 0x80) points.add(point);
  for (const source of sources) {
    for (const [character, braced, four, two] of source.matchAll(NAMED)) {
      const digits = braced ?? four ?? two;
      const point = digits === undefined ? (character.codePointAt(0) ?? 0) : Number.parseInt(digits, 16);
      for (const near of [point - 1, point, point + 1]) if (near >= 0 && near <= 0x10ffff) points.add(near);
    }
  }
  return Array.from(points, (point) => String.fromCodePoint(point));
}
