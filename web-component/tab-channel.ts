import type { Decision } from '../runtime/index.js';
import type { ErrorRecord, ExecutionSummary, Json } from '../runtime/ports.js';

/** What a tab that does not drive a run asks of the one that does. */
export type RunRequest =
  | { readonly kind: 'signal'; readonly signal: { readonly id: string; readonly name: string; readonly data: Json } }
  | { readonly kind: 'cancel' | 'pause'; readonly reason?: string }
  | { readonly kind: 'resume' }
  | { readonly kind: 'transfer'; readonly transferId: string }
  | { readonly kind: 'decide'; readonly activation: number; readonly decision: Decision; readonly id: string };

/** What came of it. */
export interface RunAnswer {
  /** Why it was refused; absent when it was done. */
  readonly error?: ErrorRecord;
  /** False when it was done, and had no effect. */
  readonly heard?: boolean;
}

/** What the tabs of one namespace tell each other. Whatever must not be lost is in the store; this only saves asking it. */
export type TabMessage =
  /** A commit of this run is in the store. */
  | { readonly type: 'committed'; readonly summary: ExecutionSummary }
  /** Which of these names does anyone hold? */
  | { readonly type: 'ping'; readonly names: readonly string[] }
  | { readonly type: 'pong'; readonly names: readonly string[] }
  | { readonly type: 'ask'; readonly ask: string; readonly run: string; readonly request: RunRequest }
  | ({ readonly type: 'answer'; readonly ask: string } & RunAnswer);

export type MessageOf<T extends TabMessage['type']> = Extract<TabMessage, { type: T }>;

/** One broadcast channel, its messages by type. A message never comes back to the tab that sent it. */
export class TabChannel {
  readonly #channel: BroadcastChannel;
  readonly #listeners = new Map<string, Set<(message: TabMessage) => void>>();

  constructor(name: string) {
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = (event: MessageEvent<TabMessage>) => {
      for (const listener of [...(this.#listeners.get(event.data.type) ?? [])]) listener(event.data);
    };
  }

  /** Does nothing once closed: the tabs that listened lost nothing that the store does not hold. */
  send(message: TabMessage): void {
    if (this.#open) this.#channel.postMessage(message);
  }

  #open = true;

  /** Returns a function that ends it. */
  on<T extends TabMessage['type']>(type: T, listener: (message: MessageOf<T>) => void): () => void {
    const checked = (message: TabMessage): void => {
      if (isOf(type, message)) listener(message);
    };
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners);
    listeners.add(checked);
    return () => listeners.delete(checked);
  }

  close(): void {
    this.#open = false;
    this.#channel.close();
  }
}

function isOf<T extends TabMessage['type']>(type: T, message: TabMessage): message is MessageOf<T> {
  return message.type === type;
}
