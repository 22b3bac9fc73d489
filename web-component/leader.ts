/**
 * Which tab drives what. A name is held by one tab at a time, by a Web Lock: the browser frees it when the tab closes
 * or crashes. A frozen tab keeps its lock, so whoever waits asks the holder over the channel whether it lives, and
 * takes the lock by force when no answer came in time. The one robbed may not know yet: only the epoch in the store
 * keeps its writes out, never this.
 *
 * Where a browser has no Web Locks (a page without https), a name is free when nobody answers for it.
 */
import type { TabChannel } from './tab-channel.js';

export interface LeaderOptions {
  /** Milliseconds between two questions to the tab that holds what this one waits for. */
  readonly pingEvery?: number;
  /** Questions in a row without an answer after which a holder counts as frozen. */
  readonly patience?: number;
  /** Undefined where the browser has none. */
  readonly locks?: LockManager | undefined;
  /** True where nobody else can have part in what is held, as with a store in this page's memory: every name is free. */
  readonly alone?: boolean;
}

/** A name held. */
export interface Lease {
  /** Aborted when another tab took the name by force. */
  readonly lost: AbortSignal;
  /** Resolves once others can have it. */
  release(): Promise<void>;
}

interface Waiting {
  unanswered: number;
  steal(): void;
}

/** Milliseconds to wait for an answer where asking is all there is. */
const ANSWER_TIME = 300;

export class Leader {
  readonly #prefix: string;
  readonly #channel: TabChannel;
  readonly #pingEvery: number;
  readonly #patience: number;
  readonly #locks: LockManager | undefined;
  readonly #alone: boolean;
  readonly #held = new Set<string>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #endListening: readonly (() => void)[];
  #timer: ReturnType<typeof setInterval> | undefined;
  /** Where messages still reach a frozen page, it must not say that it lives: its timers and effects stand still. */
  #frozen = false;

  /** `prefix` sets the lock names of one namespace apart from all others of the origin. */
  constructor(prefix: string, channel: TabChannel, options: LeaderOptions = {}) {
    this.#prefix = prefix;
    this.#channel = channel;
    this.#pingEvery = options.pingEvery ?? 3_000;
    this.#patience = options.patience ?? 3;
    this.#alone = options.alone ?? false;
    this.#locks = this.#alone ? undefined : 'locks' in options ? options.locks : navigator.locks;
    this.#endListening = [
      channel.on('ping', ({ names }) => {
        const mine = this.#frozen ? [] : names.filter((name) => this.#held.has(name));
        if (mine.length > 0) channel.send({ type: 'pong', names: mine });
      }),
      channel.on('pong', ({ names }) => {
        for (const name of names) {
          const waiting = this.#waiting.get(name);
          if (waiting !== undefined) waiting.unanswered = 0;
        }
      }),
      listen('freeze', () => {
        this.#frozen = true;
      }),
      listen('resume', () => {
        this.#frozen = false;
      }),
    ];
  }

  /** The name, when nobody holds it; else undefined, at once. */
  async tryAcquire(name: string): Promise<Lease | undefined> {
    if (this.#locks !== undefined) return this.#request(this.#locks, name, { ifAvailable: true });
    if (!this.#alone && (await this.#isAnsweredFor(name))) return undefined;
    return this.#claim(name);
  }

  /**
   * The name, once it is free or its holder has been silent for too long; undefined when `signal` is aborted before.
   * One call per name at a time.
   */
  async acquire(name: string, signal: AbortSignal): Promise<Lease | undefined> {
    if (signal.aborted) return undefined;
    const queue = new AbortController();
    const giveUp = (): void => queue.abort();
    signal.addEventListener('abort', giveUp);
    const frozen = new Promise<'frozen'>((resolve) => {
      this.#startWaiting(name, { unanswered: 0, steal: () => resolve('frozen') });
    });
    const queued = this.#queue(name, queue.signal);
    try {
      const first = await Promise.race([frozen, queued]);
      if (first !== 'frozen') return first;
    } finally {
      this.#stopWaiting(name);
      signal.removeEventListener('abort', giveUp);
    }
    queue.abort();
    // The lock may have come by itself in the same moment.
    return (await queued) ?? (await this.#steal(name));
  }

  /** Runs `work` while no other tab runs work under this name. */
  async exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (this.#locks === undefined) return work();
    return this.#locks.request(`${this.#prefix}${name}`, work);
  }

  /** Stops asking and answering. What is held is released by whoever holds it. */
  close(): void {
    for (const end of this.#endListening) end();
    this.#waiting.clear();
    this.#timeQuestions();
  }

  #queue(name: string, signal: AbortSignal): Promise<Lease | undefined> {
    if (this.#locks !== undefined) return this.#request(this.#locks, name, { signal });
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(undefined));
    });
  }

  #steal(name: string): Promise<Lease | undefined> {
    if (this.#locks !== undefined) return this.#request(this.#locks, name, { steal: true });
    return Promise.resolve(this.#claim(name));
  }

  /** Resolves once the lock is granted or refused; the lock is kept until the lease is released. */
  #request(locks: LockManager, name: string, options: LockOptions): Promise<Lease | undefined> {
    return new Promise((resolve, reject) => {
      const lost = new AbortController();
      let granted = false;
      const hold = (lock: Lock | null): Promise<void> | undefined => {
        if (lock === null) return void resolve(undefined);
        granted = true;
        this.#held.add(name);
        return new Promise((free) => {
          const release = async (): Promise<void> => {
            if (!lost.signal.aborted) this.#held.delete(name);
            free();
            await over;
          };
          resolve({ lost: lost.signal, release });
        });
      };
      const over = locks.request(`${this.#prefix}${name}`, options, hold).catch((error: unknown) => {
        if (granted) {
          this.#held.delete(name);
          lost.abort(error);
        } else if (options.signal?.aborted) resolve(undefined);
        else reject(error);
      });
    });
  }

  #claim(name: string): Lease {
    this.#held.add(name);
    const release = async (): Promise<void> => {
      this.#held.delete(name);
    };
    return { lost: new AbortController().signal, release };
  }

  #isAnsweredFor(name: string): Promise<boolean> {
    return new Promise((resolve) => {
      const end = this.#channel.on('pong', ({ names }) => {
        if (names.includes(name)) settle(true);
      });
      const timer = setTimeout(() => settle(false), ANSWER_TIME);
      const settle = (answered: boolean): void => {
        clearTimeout(timer);
        end();
        resolve(answered);
      };
      this.#channel.send({ type: 'ping', names: [name] });
    });
  }

  #startWaiting(name: string, waiting: Waiting): void {
    this.#waiting.set(name, waiting);
    this.#timeQuestions();
  }

  #stopWaiting(name: string): void {
    this.#waiting.delete(name);
    this.#timeQuestions();
  }

  #timeQuestions(): void {
    if (this.#waiting.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    } else this.#timer ??= setInterval(() => this.#question(), this.#pingEvery);
  }

  /** Counts questions and not time, so that a machine which slept does not take a living holder for a frozen one. */
  #question(): void {
    for (const waiting of [...this.#waiting.values()]) {
      waiting.unanswered += 1;
      if (waiting.unanswered > this.#patience) waiting.steal();
    }
    this.#channel.send({ type: 'ping', names: [...this.#waiting.keys()] });
  }
}

/** Listens to the life of the page, where there is one; returns a function that ends it. */
function listen(type: 'freeze' | 'resume', listener: () => void): () => void {
  globalThis.document?.addEventListener(type, listener);
  return () => globalThis.document?.removeEventListener(type, listener);
}
