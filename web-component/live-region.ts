import type { PendingApproval } from './approvals.js';
import type { Translate } from './messages.js';
import type { RunModel } from './run-model.js';
import type { RunUpdate } from './run-source.js';

/** Milliseconds between two announcements of progress: fewer, and a screen reader never finishes a sentence. */
const PAUSE = 4000;

/** What a screen reader is told of a run: its turns at once, its progress now and then. */
export class LiveRegion {
  text = '';
  readonly #changed: () => void;
  #pending: string | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#pending = null;
    this.text = '';
  }

  tell(t: Translate, update: RunUpdate, model: RunModel, nameOf: (slug: string) => string): void {
    const last = update.events.at(-1)?.type;
    if (last === 'execution_completed') return this.#now(t('live.completed'));
    if (last === 'execution_failed') return this.#now(t('live.failed', { message: model.error?.message ?? '' }));
    if (last === 'execution_cancelled') return this.#now(t('live.cancelled'));
    if (last === 'execution_paused') return this.#now(t('live.paused'));
    if (last === 'execution_resumed') return this.#now(t('live.resumed'));
    if (last === 'compensation_started') return this.#now(t('live.undoing'));
    if (this.text === '') return this.#now(t('live.started'));
    const names = update.summary.currentSteps.map(nameOf).join(', ');
    const waiting = update.summary.status === 'waiting';
    this.#later(waiting ? t('live.waiting') : t('live.progress', { done: model.stepsDone, names }));
  }

  /** A person is waited for: that is said at once. */
  ask(t: Translate, approvals: readonly PendingApproval[]): void {
    this.#now(t('live.approval', { title: approvals.map(({ view }) => view.title).join('; ') }));
  }

  #now(text: string): void {
    this.clear();
    this.text = text;
    this.#rest();
    this.#changed();
  }

  #later(text: string): void {
    this.#pending = text;
    if (this.#timer === null) this.#rest();
  }

  #rest(): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#pending === null) return;
      this.text = this.#pending;
      this.#pending = null;
      this.#rest();
      this.#changed();
    }, PAUSE);
  }
}
