import { Bell } from '../memory/bell.js';
import type { ActionRegistry, CancellationSignal, LanguageModel } from '../ports.js';

/** Holds effects back until each is let through by hand, in the order in which they came. */
export class Gates {
  readonly #waiting: (() => void)[] = [];
  /** Rings when one more is held back. */
  readonly holding = new Bell();

  /** Effects that are held back. */
  get closed(): number {
    return this.#waiting.length;
  }

  /** Lets the first one through. False where none waits. */
  openNext(): boolean {
    const open = this.#waiting.shift();
    open?.();
    return open !== undefined;
  }

  actions(inner: ActionRegistry): ActionRegistry {
    return {
      list: () => inner.list(),
      find: (type) => {
        const action = inner.find(type);
        if (action === undefined) return undefined;
        return {
          ...action,
          run: async (parameters, context) => {
            await this.#opened(context.signal);
            return action.run(parameters, context);
          },
        };
      },
    };
  }

  model(inner: LanguageModel): LanguageModel {
    return {
      complete: async (request, context) => {
        await this.#opened(context.signal);
        return inner.complete(request, context);
      },
    };
  }

  /** One that is given up while it waits is not let through any more. */
  #opened(signal: CancellationSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(resolve);
      const giveUp = (): void => {
        const at = this.#waiting.indexOf(resolve);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.holding.ring();
    });
  }
}
