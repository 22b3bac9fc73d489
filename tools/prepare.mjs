/**
 * Runs after every install in a checkout, so that `npx newtflow` works there at once. An install without the dev
 * dependencies has nothing to build with, and a tree that does not compile must still be installable to be mended: both
 * are said and neither fails the install. `npm pack` builds by itself, and does fail.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const packing = ['pack', 'publish'].includes(process.env.npm_command ?? '');
const tools = ['esbuild', 'typescript'].map((name) => `node_modules/${name}/package.json`);

if (!packing) prepare();

function prepare() {
  if (!tools.every((path) => existsSync(path))) {
    console.log('Nothing was built: the dev dependencies are not installed.');
    return;
  }
  const { status } = spawnSync(process.execPath, ['tools/build.mjs'], { stdio: 'inherit' });
  if (status !== 0) console.error('The build failed, so `npx newtflow` is not ready: mend it, then `npm run build`.');
}
