import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const program = `
import { compileExpression } from './runtime/expression/compile.js';
import { compileTemplate } from './runtime/template/compile.js';
let generates = true;
try { eval('1'); } catch { generates = false; }
const scope = { list: [{ name: 'pen', price: 5 }, { name: 'ink', price: 15 }] };
console.log(JSON.stringify([
  generates,
  compileExpression("list[.price > 10]|formatList('{name|upper}')").evaluate(scope),
  compileTemplate('{{#list}}{{name}} {{/list}}').render(scope),
]));
`;

test('no code is made from text: all works where the engine forbids it', async () => {
  const resolveDir = fileURLToPath(new URL('../..', import.meta.url));
  const bundle = await build({
    stdin: { contents: program, resolveDir },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    logLevel: 'silent',
    mainFields: ['module', 'main'],
  });
  const flags = ['--disallow-code-generation-from-strings', '--input-type=module', '-'];
  const { stdout, stderr } = spawnSync(process.execPath, flags, {
    input: bundle.outputFiles[0]?.text ?? '',
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual([false, 'INK', 'pen ink ']);
});
