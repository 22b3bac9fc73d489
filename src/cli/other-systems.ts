import { childPointer, type Issue } from '../../runtime/index.js';
import type { Json } from '../../runtime/ports.js';
import { isObject } from './import/fields.js';

/** What the workflows of other systems have at the top, and ours have not. */
const SYSTEMS: readonly (readonly [system: string, members: readonly string[]])[] = [
  ['GenXAI', ['workflow']],
  ['n8n', ['nodes', 'connections']],
  ['AWS Step Functions', ['StartAt', 'States']],
  ['GitHub Actions', ['on', 'jobs']],
];

/** That a document is the workflow of another system, or has one of ours inside; undefined where it is not known to. */
export function otherSystem(document: Json): Issue | undefined {
  if (Array.isArray(document)) return document.some(isNodeRed) ? foreign('Node-RED') : undefined;
  if (!isObject(document) || isDefinition(document)) return undefined;
  const wrapper = Object.keys(document).find((name) => isDefinition(document[name]));
  if (wrapper !== undefined) return wrapped(wrapper);
  const [system] = SYSTEMS.find(([, members]) => members.every((member) => Object.hasOwn(document, member))) ?? [];
  return system === undefined ? undefined : foreign(system);
}

function isDefinition(value: Json = null): boolean {
  return isObject(value) && ('steps' in value || 'stepsConfig' in value);
}

/** Its export is a list of nodes. */
function isNodeRed(node: Json): boolean {
  return isObject(node) && Array.isArray(node.wires);
}

function foreign(system: string): Issue {
  const hint =
    system === 'GenXAI'
      ? '`newtflow import` makes a definition of it.'
      : 'It has to be written anew, as a list of `steps`: `newtflow schema` says what a definition holds.';
  const message = `This is a workflow of ${system}, not one of ours.`;
  return { code: 'OTHER_SYSTEM', severity: 'error', path: '', message, hint };
}

function wrapped(name: string): Issue {
  const message = `The definition stands inside \`${name}\`.`;
  const hint = 'Leave out what is around it: its `name` and its `steps` stand at the top.';
  return { code: 'UNKNOWN_FIELD', severity: 'error', path: childPointer('', name), field: name, message, hint };
}
