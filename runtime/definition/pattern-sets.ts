/**
 * Which characters the parts of a pattern have in common, found by trying: all of Latin, punctuation and spaces, and the
 * ends of every range that the pattern itself names. Those of `\p{…}` cannot be tried out; they count as meeting each
 * other, and all that is said by what it is not.
 */
export class CharacterSets {
  readonly #samples: readonly string[];
  readonly #members = new Map<string, Uint8Array>();
  readonly #meetings = new Map<string, boolean>();

  constructor(sources: ReadonlySet<string>) {
    this.#samples = samplesFor(sources);
  }

  meet(a: string, b: string): boolean {
    if (a === b) return true;
    const key = a < b ? `${a} ${b}` : `${b} ${a}`;
    const known = this.#meetings.get(key);
    if (known !== undefined) return known;
    const found = (isProperty(a) && isOpen(b)) || (isProperty(b) && isOpen(a)) || this.#share(a, b);
    this.#meetings.set(key, found);
    return found;
  }

  #share(a: string, b: string): boolean {
    const other = this.#membersOf(b);
    return this.#membersOf(a).some((member, index) => member === 1 && other[index] === 1);
  }

  #membersOf(source: string): Uint8Array {
    const known = this.#members.get(source);
    if (known !== undefined) return known;
    const form = new RegExp(`^${source}$`, 'u');
    const members = Uint8Array.from(this.#samples, (sample) => Number(form.test(sample)));
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
