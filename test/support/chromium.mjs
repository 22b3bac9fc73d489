import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright';

/** How every test starts Chromium: in a container, without a GPU, and silent on the network. */
export const chromiumArgs = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const names = ['chromium', 'chromium-browser', 'google-chrome'];

/**
 * The Chromium to test with: `CHROMIUM_PATH`, else the first of the usual names on the PATH, else the one Playwright
 * downloaded, else undefined.
 * @returns {string | undefined}
 */
export function findChromium() {
  const named = process.env.CHROMIUM_PATH;
  if (named) return named;
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      const path = join(folder, name);
      if (folder && isExecutable(path)) return path;
    }
  }
  const downloaded = chromium.executablePath();
  return downloaded && existsSync(downloaded) ? downloaded : undefined;
}

/** What Playwright needs to start it: `chromium.launch(chromiumLaunch())`. */
export function chromiumLaunch() {
  const executablePath = findChromium();
  return { args: chromiumArgs, ...(executablePath ? { executablePath } : {}) };
}

/**
 * Finds a Chromium, or tries to install one: Playwright's download, then Debian's package where that is possible.
 * @param {(line: string) => void} say
 * @returns {string | undefined}
 */
export function ensureChromium(say) {
  const found = findChromium();
  if (found) return found;
  /** @type {[string, string[]][]} */
  const attempts = [['playwright', ['install', 'chromium', '--no-shell']]];
  if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    attempts.push(['sh', ['-c', 'apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y chromium']]);
  }
  for (const [command, args] of attempts) {
    say(`No Chromium found; trying: ${command} ${args.join(' ')}`);
    try {
      execFileSync(command, args, { stdio: 'inherit', timeout: 180_000 });
    } catch (error) {
      say(`That did not work: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
    }
    const installed = findChromium();
    if (installed) return installed;
  }
  return undefined;
}

export const howToInstallChromium =
  'No Chromium, so the tests that need one did not run. Install it (Debian: apt-get install chromium; elsewhere: ' +
  'npx playwright install chromium) or name one in CHROMIUM_PATH, then run again.';

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
