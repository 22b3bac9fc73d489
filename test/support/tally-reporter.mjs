import { writeFileSync } from 'node:fs';

/**
 * Vitest reporter that writes what a run came to, as JSON, to the file that `NEWTFLOW_TALLY` names. A skipped test must
 * say why (`ctx.skip('reason')`); one that does not counts as failed. So do a file that cannot be loaded, a hook that
 * throws and an error that no test caught.
 *
 * @typedef {{ passed: number, failed: number, skipped: { name: string, reason: string }[], failures: string[] }} Tally
 */

export class TallyReporter {
  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly import('vitest').SerializedError[]} uncaught
   */
  onTestRunEnd(modules, uncaught) {
    /** @type {Tally} */
    const tally = {
      passed: 0,
      failed: 0,
      skipped: [],
      failures: uncaught.map((error) => `uncaught: ${error.message}`),
    };
    for (const module of modules) {
      const file = module.relativeModuleId;
      for (const error of module.errors()) tally.failures.push(`${file}: ${error.message}`);
      for (const suite of module.children.allSuites()) {
        for (const error of suite.errors()) tally.failures.push(`${file} > ${suite.fullName}: ${error.message}`);
      }
      for (const test of module.children.allTests()) count(tally, `${file} > ${test.fullName}`, test);
    }
    tally.failed = tally.failures.length;
    const path = process.env.NEWTFLOW_TALLY;
    if (path) writeFileSync(path, JSON.stringify(tally));
  }
}

/**
 * @param {Tally} tally
 * @param {string} name
 * @param {import('vitest/node').TestCase} test
 */
function count(tally, name, test) {
  const result = test.result();
  if (result.state === 'passed') tally.passed++;
  else if (result.state === 'failed') tally.failures.push(name);
  else if (result.state === 'skipped' && result.note) tally.skipped.push({ name, reason: result.note });
  else tally.failures.push(`${name}: ${result.state === 'skipped' ? 'skipped without a reason' : 'never ran'}`);
}

// biome-ignore lint/style/noDefaultExport: Vitest loads a reporter by its file's default export.
export default TallyReporter;
