import type { Json } from '../json.js';

const READ = /\bsteps\.([A-Za-z0-9_$]+)(?:\?\.|\.)output\b(?:(?:\?\.|\.)([A-Za-z_$][\w$]*))?/g;

/** A result read without its step's name. */
const LAST = /\blastOutput(?:\?\.|\.)data\b/;

/**
 * The steps whose result is read at `steps.s.output.data`, as one dialect does, rather than at `steps.s.output`, as the
 * other does. Their answers are then put under `data`, where they have none of their own: so both paths find a result,
 * whatever the action answers. A step that is read by both paths answers for itself. One that is read by neither may be
 * meant by `lastOutput.data`, where that is read.
 */
export function stepsReadAtData(steps: Json, slugs: ReadonlySet<string>): ReadonlySet<string> {
  const atData = new Set<string>();
  const elsewhere = new Set<string>();
  let last = false;
  for (const text of textsWith('utput', steps)) {
    last ||= LAST.test(text);
    for (const [, slug = '', field] of text.matchAll(READ)) (field === 'data' ? atData : elsewhere).add(slug);
  }
  return new Set([...(last ? slugs : atData)].filter((slug) => !elsewhere.has(slug)));
}

function textsWith(part: string, value: Json): string[] {
  const found: string[] = [];
  const visit = (below: Json): void => {
    if (typeof below === 'string') {
      if (below.includes(part)) found.push(below);
    } else if (typeof below === 'object' && below !== null) {
      for (const entry of Object.values(below)) visit(entry);
    }
  };
  visit(value);
  return found;
}
