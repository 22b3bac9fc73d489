import { readExecution } from '../runtime/index.js';
import type { EmittedEvent, EventOutlet, ExecutionStore, Logger, RuntimePorts } from '../runtime/ports.js';
import type { BrowserRun } from './browser-run.js';

export interface PageEventsHost {
  readonly store: ExecutionStore;
  readonly logger: Logger | undefined;
  functions(): RuntimePorts['functions'];
  unfinished(): Promise<readonly string[]>;
  load(id: string): Promise<BrowserRun | undefined>;
}

/** Brings what a run emits to the runs of the namespace that wait for it, whichever tab drives them. */
export class PageEvents implements EventOutlet {
  readonly #host: PageEventsHost;

  constructor(host: PageEventsHost) {
    this.#host = host;
  }

  async emit(event: EmittedEvent): Promise<void> {
    const ids = await this.#host.unfinished();
    await Promise.all(ids.map((id) => this.#bring(event, id)));
  }

  async #bring({ id: emitted, name, data }: EmittedEvent, id: string): Promise<void> {
    try {
      const read = await readExecution(this.#host.store, id, this.#host.functions());
      if (read?.state.activations.some(({ event }) => event === name) !== true) return;
      const run = await this.#host.load(id);
      await run?.signal(name, data, `event:${emitted}`);
    } catch (error) {
      // It ended in the same moment, or no open page can drive it: who emits is not to blame.
      const what = error instanceof Error ? error.message : String(error);
      this.#host.logger?.log('warn', `The event "${name}" did not reach the run ${id}: ${what}`);
    }
  }
}
