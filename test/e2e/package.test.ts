/** What is published, as somebody else's project gets it. `npm test` has built dist/ just before. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

const exec = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const modules = join(root, 'node_modules');
let project: string;
let installed: string;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'newtflow-consumer-'));
  installed = join(project, 'node_modules/newtflow');
  await mkdir(installed, { recursive: true });
  await exec('npm', ['pack', '--ignore-scripts', '--pack-destination', project], { cwd: root });
  const [tarball = ''] = (await readdir(project)).filter((name) => name.endsWith('.tgz'));
  await exec('tar', ['-xzf', join(project, tarball), '-C', installed, '--strip-components=1']);
  // Nothing but what the package says it needs can be found from where it lies.
  for (const name of [...Object.keys(manifest.dependencies), '@cloudflare/workers-types']) {
    await mkdir(dirname(join(project, 'node_modules', name)), { recursive: true });
    await symlink(join(modules, name), join(project, 'node_modules', name));
  }
  await writeFile(join(project, 'package.json'), '{ "private": true, "type": "module" }');
});
afterAll(() => rm(project, { recursive: true }));

async function run(command: string, ...args: string[]): Promise<string> {
  return (await exec(command, args, { cwd: project })).stdout;
}

const sources = {
  'node.ts': `
    import { type Action, ActionError, compile, createActionRegistry, Driver, MemoryStore, validate } from 'newtflow';
    import { VirtualClock } from 'newtflow/testing';
    const pay: Action = {
      type: 'pay',
      run(parameters, context) {
        if (parameters.amount === 0) throw new ActionError('Nothing to pay', { code: 'NOTHING', retryable: false });
        return { paid: parameters.amount ?? null, key: context.idempotencyKey };
      },
    };
    const document = { name: 'Pay', steps: [{ stepSlug: 'pay', stepType: 'action', config: { type: 'pay', parameters: { amount: 3 } } }] };
    const ports = { store: new MemoryStore(), clock: new VirtualClock(0), random: { id: () => 'exec_1', seed: () => 1 }, actions: createActionRegistry([pay]) };
    const { status, output } = await (await Driver.start(ports, compile(document), { input: {} })).settled();
    const refused = validate({ name: 'Empty', steps: [] });
    const codes: string[] = refused.issues.map((issue) => issue.code);
    console.log(JSON.stringify({ status, output, codes }));
  `,
  'page.ts': `
    import 'newtflow/element';
    import { createBrowserHost } from 'newtflow/browser';
    import type { WorkflowRunner } from 'newtflow/element/class';
    const runner = document.querySelector('workflow-runner');
    runner?.addEventListener('actionrequest', (event) => {
      if (event.action === 'pay') event.respondWith({ key: event.context.idempotencyKey });
    });
    export const same: WorkflowRunner | null = runner;
    export const host = createBrowserHost;
  `,
  'worker.ts': `
    import { defineAction } from 'newtflow';
    import { createWorker } from 'newtflow/worker';
    const worker = createWorker({ actions: [defineAction({ type: 'pay', run: () => ({ paid: true }) })] });
    export default worker.handler;
    export const { ExecutionObject, DirectoryObject } = worker;
  `,
} as const;

const hosts = {
  'node.ts': { lib: ['ES2023'], types: [] },
  'page.ts': { lib: ['ES2023', 'DOM', 'DOM.Iterable'], types: [] },
  'worker.ts': { lib: ['ES2023'], types: ['@cloudflare/workers-types'] },
} as const;

const names = ['node.ts', 'page.ts', 'worker.ts'] as const;

describe('the package', () => {
  it('holds what it promises, and nothing that only this project needs', async () => {
    const files = await readdir(installed);
    expect(files.sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'package.json', 'schema']);
    const packed = await readdir(join(installed, 'dist'));
    expect(packed.sort()).toEqual(['element.min.js', 'element.min.js.map', 'runtime', 'src', 'web-component']);
    const text = await readFile(join(installed, 'dist/element.min.js'), 'utf8');
    expect(text).not.toMatch(/\beval\(|new Function\(/);
  });

  const entries = Object.keys(manifest.exports).filter(
    (entry) => !/worker|\.js/.test(entry) && !entry.endsWith('json'),
  );
  it.each(entries.map((entry) => entry.replace('.', 'newtflow')))(
    '%s can be imported where there is no DOM, as by a page that is rendered on a server',
    async (entry) => {
      await run(process.execPath, '--input-type=module', '-e', `await import(${JSON.stringify(entry)})`);
    },
  );

  it('has errors that keep their names when they are minified', async () => {
    const contents = `import { ValidationError } from 'newtflow';
      try { throw new ValidationError('no', []); } catch (error) { console.log(error.name); }`;
    const { outputFiles } = await build({
      ...{ stdin: { contents, resolveDir: project }, bundle: true, minify: true, write: false, format: 'esm' },
    });
    expect(await run(process.execPath, '--input-type=module', '-e', outputFiles[0]?.text ?? '')).toBe(
      'ValidationError\n',
    );
  });

  it('brings the command', async () => {
    expect(await run(process.execPath, join(installed, manifest.bin.newtflow), '--version')).toBe(
      `${manifest.version}\n`,
    );
  });

  describe.each(names)('%s', (name) => {
    it.each(['nodenext', 'bundler'])('is typed strictly, the libraries too (%s)', async (moduleResolution) => {
      await writeFile(join(project, name), sources[name]);
      const config = join(project, `tsconfig.${name}.${moduleResolution}.json`);
      const compilerOptions = {
        ...{ target: 'es2022', module: moduleResolution === 'bundler' ? 'esnext' : moduleResolution, moduleResolution },
        ...{ strict: true, skipLibCheck: false, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
        ...{ verbatimModuleSyntax: true, noEmit: true },
        ...hosts[name],
      };
      // A console is the one thing of its host that the Node program uses, and it brings no types for that.
      await writeFile(join(project, 'console.d.ts'), 'declare const console: { log(text: string): void };');
      const files = name === 'node.ts' ? [name, 'console.d.ts'] : [name];
      await writeFile(config, JSON.stringify({ compilerOptions, files }));
      await run(process.execPath, join(modules, 'typescript/bin/tsc'), '-p', config);
    });
  });

  it('runs a workflow in Node', async () => {
    await writeFile(join(project, 'node.ts'), sources['node.ts']);
    await build({ entryPoints: [join(project, 'node.ts')], outfile: join(project, 'node.js'), format: 'esm' });
    expect(JSON.parse(await run(process.execPath, 'node.js'))).toEqual({
      status: 'completed',
      output: { paid: 3, key: 'exec_1/1' },
      codes: ['NO_STEPS'],
    });
  });

  it('runs a stored plan with nothing of the compiler in any file', async () => {
    const pay = {
      stepSlug: 'pay',
      stepType: 'action',
      config: { type: 'pay', parameters: { to: '{{input.to|upper}}' } },
    };
    const parameters = [{ name: 'to', type: 'string', required: true }];
    await writeFile(join(project, 'pay.json'), JSON.stringify({ name: 'Pay', parameters, steps: [pay] }));
    await run(process.execPath, join(installed, manifest.bin.newtflow), 'compile', 'pay.json', '--out', 'plan.json');
    const contents = `
      import { createActionRegistry, MemoryStore } from 'newtflow';
      import { languageOf, loadPlan } from 'newtflow/plan';
      import { PlanDriver } from 'newtflow/run';
      import stored from './plan.json';
      const plan = await loadPlan(stored);
      const actions = createActionRegistry([{ type: 'pay', run: ({ to }) => 'paid ' + to }]);
      const clock = { now: () => 0, schedule: () => () => undefined };
      const ports = { store: new MemoryStore(), clock, random: { id: () => 'exec_1', seed: () => 1 }, actions };
      const driver = await PlanDriver.start(languageOf([plan]), ports, plan, { input: { to: 'ada' } });
      console.log((await driver.settled()).output);`;
    const { metafile } = await build({
      ...{ stdin: { contents, resolveDir: project, sourcefile: 'page.js' }, outdir: join(project, 'page') },
      ...{ bundle: true, splitting: true, format: 'esm', minify: true, metafile: true, platform: 'neutral' },
      ...{ mainFields: ['module', 'main'], outExtension: { '.js': '.mjs' } },
    });
    expect(await run(process.execPath, 'page/stdin.mjs')).toBe('paid ADA\n');
    const inputs = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs));
    expect(inputs.filter((file) => /jsep|mustache|croner|definition\/(compile|analyse)|\/parse\./.test(file))).toEqual(
      [],
    );
    const [first] = Object.values(metafile.outputs).filter(({ entryPoint }) => entryPoint !== undefined);
    expect(Object.keys(first?.inputs ?? {}).filter((file) => /json-schema|functions\/list/.test(file))).toEqual([]);
  });

  it('runs as a Worker', async () => {
    await writeFile(join(project, 'worker.ts'), sources['worker.ts']);
    const { outputFiles } = await build({
      ...{ entryPoints: [join(project, 'worker.ts')], bundle: true, write: false, format: 'esm' },
      ...{ conditions: ['workerd', 'worker', 'browser'], external: ['cloudflare:*'] },
    });
    const miniflare = new Miniflare({
      modules: [{ type: 'ESModule', path: 'worker.js', contents: outputFiles[0]?.text ?? '' }],
      compatibilityDate: '2026-07-01',
      durableObjects: {
        EXECUTIONS: { className: 'ExecutionObject', useSQLite: true },
        DIRECTORY: { className: 'DirectoryObject', useSQLite: true },
      },
    });
    const response = await miniflare.dispatchFetch('http://localhost/v1/health');
    expect(await response.json()).toEqual({ status: 'ok' });
    await miniflare.dispose();
  });
});
