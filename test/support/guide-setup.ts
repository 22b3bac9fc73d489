import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

const folder = fileURLToPath(new URL('../../../shared/fixtures/guide/', import.meta.url));

/** Hands the guide's workflows to every host's tests, where the folder beside this checkout has them. */
export function setup(project: TestProject): void {
  project.provide('guideWorkflows', Object.fromEntries(fileNames().map((name) => [name, readWorkflow(name)])));
}

function fileNames(): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
}

function readWorkflow(name: string): Record<string, never> {
  return JSON.parse(readFileSync(`${folder}${name}`, 'utf8'));
}
