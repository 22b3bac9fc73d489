/// <reference types="vite/types/importMeta.d.ts" />
/**
 * Every case of test/conformance, for any host that Vite serves: the files are read when the tests are built, so that
 * a Worker and a page, which have no file system, get the same ones.
 */
import { inject } from 'vitest';
import type { Json, JsonObject } from '../../runtime/ports.js';
import type { ConformanceCase } from './conformance.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The guide's workflows by file name; empty where the folder of fixtures is not there. */
    guideWorkflows: Readonly<Record<string, JsonObject>>;
  }
}

/** A case as its file holds it. `fixture` names a workflow of the guide, which this project may read but not keep. */
interface CaseFile extends Omit<ConformanceCase, 'name' | 'definition'> {
  readonly definition?: Json;
  readonly fixture?: string;
}

const own = import.meta.glob<CaseFile>('../conformance/*.json', { eager: true, import: 'default' });
const guide = import.meta.glob<CaseFile>('../conformance/guide/*.json', { eager: true, import: 'default' });

/** The cases written for this project, by name. */
export function ownCases(): ConformanceCase[] {
  return entries(own).map(([name, { fixture: _, definition = null, ...rest }]) => ({ name, definition, ...rest }));
}

/** The guide's workflows with stubs; none where the fixtures are not there. */
export function guideCases(): ConformanceCase[] {
  const workflows = inject('guideWorkflows');
  return entries(guide).flatMap(([name, { fixture = '', ...rest }]) => {
    const definition = workflows[fixture];
    return definition === undefined ? [] : [{ name, ...rest, definition }];
  });
}

/** How many cases of the guide's there are, whether or not they can run here. */
export const guideCaseCount = Object.keys(guide).length;

function entries(files: Record<string, CaseFile>): [string, CaseFile][] {
  return Object.entries(files)
    .map(([path, file]): [string, CaseFile] => [path.slice(path.lastIndexOf('/') + 1, -'.json'.length), file])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
