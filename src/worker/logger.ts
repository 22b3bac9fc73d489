import type { Logger } from '../../runtime/ports.js';

/** One line of JSON each, where `wrangler tail` and the platform's logs look for it. */
export const consoleLogger: Logger = {
  log(level, message, data) {
    const line = JSON.stringify({ level, message, ...(data === undefined ? {} : { data }) });
    // biome-ignore lint/suspicious/noConsole: a Worker's console is its log
    console[level](line);
  },
};
