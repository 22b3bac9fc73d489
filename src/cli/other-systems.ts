import type { Issue } from '../../runtime/index.js';
import type { Json } from '../../runtime/ports.js';
import { isObject } from './import/fields.js';

/** What the workflows of other systems have at the top, and ours have not. */
const SYSTEMS: readonly (readonly [system: string, members: readonly string[]])[] = [
  ['GenXAI', ['workflow']],
  ['n8n', ['nodes', 'connections']],
  ['AWS Step Functions', ['StartAt', 'States']],
  ['GitHub Actions', ['on', 'jobs']],
];

/** That a document is the workflow of another system; undefined where it is not known to be one. */
export function otherSystem(document: Json): Issue | undefined {
  if (!isObject(document) || 'steps' in document || 'stepsConfig' in document) return undefined;
  const [system] = SYSTEMS.find(([, members]) => members.every((member) => Object.hasOwn(document, member))) ?? [];
  if (system === undefined) return undefined;
  const hint =
    system === 'GenXAI'
      ? '`newtflow import` makes a definition of it.'
      : 'It has to be written anew, as a list of `steps`: `newtflow schema` says what a definition holds.';
  const message = `This is a workflow of ${system}, not one of ours.`;
  return { code: 'OTHER_SYSTEM', severity: 'error', path: '', message, hint };
}
