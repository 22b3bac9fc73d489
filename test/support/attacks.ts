/**
 * The attacks of our own, which no published list has. Every host carries all of them out: Node with code generation
 * forbidden, workerd, and Chromium under a content security policy. `docs/security.md` says what each kind shows.
 */
import { type Corpus, corpusAttacks } from './attacks-corpus.js';
import { definitionAttacks } from './attacks-definitions.js';
import { documentAttacks } from './attacks-documents.js';
import { effectAttacks } from './attacks-effects.js';
import { pageAttacks } from './attacks-page.js';
import { textAttacks } from './attacks-texts.js';
import { type Attack, type AttackResult, carryOut } from './attacks-watch.js';
import { workflowAttacks } from './attacks-workflows.js';

export function ownAttacks(): Attack[] {
  return [
    ...textAttacks(),
    ...documentAttacks(),
    ...definitionAttacks(),
    ...workflowAttacks(),
    ...effectAttacks(),
    ...pageAttacks(),
  ];
}

export interface AttackReport {
  /** Whether this host makes code of text; it must not. */
  readonly generatesCode: boolean;
  readonly results: readonly AttackResult[];
}

/** Carries out all of ours, and the published ones where they are given, one after the other. */
export async function carryOutAll(corpus: Corpus | null): Promise<AttackReport> {
  const results: AttackResult[] = [];
  const attacks = [...(corpus === null ? [] : corpusAttacks(corpus)), ...ownAttacks()];
  for (const attack of attacks) results.push(await carryOut(attack));
  return { generatesCode: generatesCode(), results };
}

export function generatesCode(): boolean {
  try {
    const made: unknown = Reflect.construct(Object.getPrototypeOf(() => undefined).constructor, ['return true']);
    return typeof made === 'function' && made() === true;
  } catch {
    return false;
  }
}
