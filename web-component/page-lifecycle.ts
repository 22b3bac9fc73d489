import type { Action, ActionRegistry, Awaitable, JsonObject, LanguageModel } from '../runtime/ports.js';

export interface PageWatcher {
  /** The page goes, for ever or into the browser's cache: from here on nothing may be recorded. */
  hidden(): void;
  /** The page stays after all, and what this run has under way may have been cut off. */
  cutOff(run: string): void;
}

/** Milliseconds after `beforeunload` in which a failure is put down to it: Firefox cuts requests off within some tens. */
export const CUT_OFF_TIME = 1_000;

/**
 * Sees the page being left. A browser cuts off the requests of a page that is left, and tells who made them that the network
 * failed: Chromium behind `pagehide`, Firefox behind `beforeunload` already, while the page goes on, also where it then
 * stays since a link was a download. Recorded as a failure of its step that would end a run which a reload must not
 * end; so nobody is told of it, and the attempt counts as interrupted. See docs/decisions/0028.
 */
export class PageLifecycle {
  readonly #watcher: PageWatcher;
  /** The runs whose attempts failed since the page was about to be left; undefined while it is not. */
  #failed: Set<string> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #shown: Promise<void> = Promise.resolve();
  #show: (() => void) | undefined;

  constructor(watcher: PageWatcher) {
    this.#watcher = watcher;
    globalThis.addEventListener?.('beforeunload', this.#onLeaving);
    globalThis.addEventListener?.('pagehide', this.#onHide);
    globalThis.addEventListener?.('pageshow', this.#onShow);
  }

  get isHidden(): boolean {
    return this.#show !== undefined;
  }

  /** Resolves at once while the page is shown, else when it is shown again or is no longer watched. */
  shown(): Promise<void> {
    return this.#shown;
  }

  /** The same actions; one that fails because the page is left never answers. */
  watchActions(registry: ActionRegistry): ActionRegistry {
    return {
      find: (type) => {
        const action = registry.find(type);
        return action && this.#watched(action);
      },
      list: () => registry.list(),
    };
  }

  /** As {@link watchActions}. */
  watchModel(model: LanguageModel): LanguageModel {
    return {
      complete: (request, context) => this.#withoutCutOff(context.executionId, model.complete(request, context)),
    };
  }

  close(): void {
    globalThis.removeEventListener?.('beforeunload', this.#onLeaving);
    globalThis.removeEventListener?.('pagehide', this.#onHide);
    globalThis.removeEventListener?.('pageshow', this.#onShow);
    clearTimeout(this.#timer);
    this.#onShow();
  }

  /** Whatever else an action has it keeps. Its methods are called on itself: they may read what is private to it. */
  #watched(action: Action): Action {
    const run: Action['run'] = (parameters, context) =>
      this.#withoutCutOff(context.executionId, action.run(parameters, context));
    const timeoutOf = action.timeoutOf && ((parameters: JsonObject) => action.timeoutOf?.(parameters));
    return Object.create(action, { run: { value: run }, timeoutOf: { value: timeoutOf } });
  }

  /** What answers at once has asked nobody. */
  #withoutCutOff<T>(run: string, answer: Awaitable<T>): Awaitable<T> {
    return isPromise(answer) ? this.#answered(run, answer) : answer;
  }

  async #answered<T>(run: string, answer: PromiseLike<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      if (this.#failed === undefined && !this.isHidden) throw error;
      this.#failed?.add(run);
      return await new Promise<never>(() => undefined);
    }
  }

  readonly #onLeaving = (): void => {
    this.#failed ??= new Set();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onStay, CUT_OFF_TIME);
  };

  readonly #onStay = (): void => {
    const failed = this.#failed ?? new Set();
    this.#failed = undefined;
    if (this.isHidden) return;
    for (const run of failed) this.#watcher.cutOff(run);
  };

  readonly #onHide = (): void => {
    if (this.isHidden) return;
    this.#shown = new Promise((resolve) => {
      this.#show = resolve;
    });
    this.#watcher.hidden();
  };

  /** Out of the cache; also told, to no effect, when the page is shown for the first time. */
  readonly #onShow = (): void => {
    this.#show?.();
    this.#show = undefined;
  };
}

function isPromise<T>(answer: Awaitable<T>): answer is PromiseLike<T> {
  return typeof answer === 'object' && answer !== null && 'then' in answer;
}
