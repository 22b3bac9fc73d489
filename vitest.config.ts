import { availableParallelism } from 'node:os';
import { cloudflareTest } from '@cloudflare/vitest-pool-workers';
import { playwright } from '@vitest/browser-playwright';
import { configDefaults, defineConfig } from 'vitest/config';
import { chromiumLaunch } from './test/support/chromium.mjs';

// One project per place where the tests run. `npm run test:deep` runs the same folders' *.deep.test.ts instead.
const deep = process.env.NEWTFLOW_DEEP === '1';
const tests = (...folders: string[]): { include: string[]; exclude: string[] } => ({
  include: folders.map((folder) => `test/${folder}/**/*${deep ? '.deep' : ''}.test.ts`),
  exclude: deep ? configDefaults.exclude : [...configDefaults.exclude, '**/*.deep.test.ts'],
});
const globalSetup = './test/support/guide-setup.ts';
/** Vitest leaves a core to itself, which on two would leave one. */
const maxWorkers = Math.max(2, availableParallelism() - 1);
const unitTimeout = deep ? 120_000 : 30_000;

export default defineConfig({
  test: {
    reporters: ['default'],
    projects: [
      {
        test: {
          name: 'node',
          environment: 'node',
          ...tests('runtime', 'contract', 'conformance', 'cli', 'node'),
          globalSetup,
          maxWorkers,
          testTimeout: unitTimeout,
        },
      },
      {
        // workerd says of every exception that passes between objects, of those that a test makes on purpose too: NEWTFLOW_VERBOSE=1 shows them.
        plugins: [
          cloudflareTest({
            verbose: process.env.NEWTFLOW_VERBOSE === '1',
            wrangler: { configPath: './test/support/wrangler.test.toml' },
          }),
        ],
        test: { name: 'workerd', ...tests('worker'), globalSetup, maxWorkers, testTimeout: unitTimeout },
      },
      {
        test: {
          name: 'browser',
          ...tests('browser'),
          globalSetup,
          testTimeout: deep ? 120_000 : 20_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: chromiumLaunch() }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      {
        test: {
          name: 'e2e',
          environment: 'node',
          ...tests('e2e'),
          testTimeout: deep ? 300_000 : 60_000,
          hookTimeout: 60_000,
          maxWorkers,
        },
      },
    ],
  },
});
