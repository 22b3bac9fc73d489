import type { Json } from '../json.js';
import { visitTexts } from './visit-texts.js';

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
  const read = (text: string): void => {
    if (!text.includes('utput')) return;
    last ||= LAST.test(text);
    READ.lastIndex = 0;
    for (let match = READ.exec(text); match !== null; match = READ.exec(text)) {
      (match[2] === 'data' ? atData : elsewhere).add(match[1] ?? '');
    }
  };
  visitTexts(steps, read);
  return new Set([...(last ? slugs : atData)].filter((slug) => !elsewhere.has(slug)));
}
