import type { EventText } from './sqlite-store.js';
import { isOver as isStandingOver, type Standing } from './standing.js';

/** What a stream needs of the execution it shows. */
export interface Feed {
  /** The next batch of events after that number, read from the store: the one source of history and of what is live. */
  events(after: number): readonly EventText[];
  summary(): Standing;
  /** Calls back after each commit. Returns a function that ends this. */
  watch(listener: () => void): () => void;
}

/**
 * The events after `after` as server-sent events: history, then live, then `end`. The stream reads the store from its
 * own position only when its reader wants more, so nothing is lost or repeated and a slow reader costs no memory.
 */
export function eventStream(feed: Feed, after: number, heartbeatMs: number): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let position = after;
  let summarised = -1;
  let changed = false;
  let cancelled = false;
  let wake: (() => void) | undefined;
  const unwatch = feed.watch(() => {
    changed = true;
    wake?.();
  });

  const nextText = (): string | undefined => {
    const batch = feed.events(position);
    const last = batch.at(-1);
    let text = batch.map(({ seq, text: body }) => `id: ${seq}\ndata: ${body}\n\n`).join('');
    if (last) position = last.seq;
    const summary = feed.summary();
    if (position >= summary.seq && summarised < summary.seq) {
      summarised = summary.seq;
      text += `event: summary\ndata: ${JSON.stringify(summary)}\n\n`;
    }
    return text === '' ? undefined : text;
  };
  const isOver = (): boolean => {
    const summary = feed.summary();
    return isStandingOver(summary.status) && position >= summary.seq;
  };
  /** Resolves to false when nothing happened for the time of a heartbeat. */
  const change = (): Promise<boolean> => {
    if (changed) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), heartbeatMs);
      wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  };

  return new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode('retry: 1000\n\n'));
    },
    async pull(controller) {
      for (;;) {
        changed = false;
        const text = nextText();
        if (text !== undefined) return controller.enqueue(encoder.encode(text));
        if (isOver()) {
          unwatch();
          const { status } = feed.summary();
          controller.enqueue(encoder.encode(`event: end\ndata: ${JSON.stringify({ status })}\n\n`));
          return controller.close();
        }
        const happened = await change();
        if (cancelled) return;
        if (!happened) return controller.enqueue(encoder.encode(': still here\n\n'));
      }
    },
    cancel() {
      cancelled = true;
      unwatch();
      wake?.();
    },
  });
}
