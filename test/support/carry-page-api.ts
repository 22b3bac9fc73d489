import type { Decision, JournalEvent, Json } from '../../runtime/index.js';

/** A place in a history: the event of this type, of this step if one is named, that is the so-manieth, from 1. */
export interface Mark {
  readonly type: JournalEvent['type'];
  readonly step?: string;
  readonly times?: number;
}

export function holds(events: readonly JournalEvent[], { type, step, times = 1 }: Mark): boolean {
  const found = events.filter((event) => event.type === type && (step === undefined || stepOf(event) === step));
  return found.length >= times;
}

function stepOf(event: JournalEvent): string | undefined {
  return 'step' in event ? event.step : undefined;
}

/** Follows a run until its history has come so far, and no longer. */
export async function reached(run: Followed, mark: Mark): Promise<void> {
  let leave = (): void => undefined;
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (holds(run.events, mark)) resolve();
    };
    leave = run.subscribe(look);
    look();
  });
  leave();
}

/** What of a run's handle is needed to follow it. */
interface Followed {
  readonly events: readonly JournalEvent[];
  subscribe(listener: () => void): () => void;
}

/** The target's receipt, and whether the bundle had arrived before. */
export interface Arrival {
  readonly duplicate: boolean;
  /** JSON of a `TransferReceipt`. */
  readonly receipt: string;
}

/** What a page gives back of a call that may be refused: errors lose their codes on the way out of a browser. */
export type Tried<T> = { readonly value: T } | { readonly code: string; readonly message: string };

/** What a test may ask of the page that browser-carry-page.ts makes. Documents and bundles go as text. */
export interface CarryPage {
  start(document: string): Promise<string>;
  reached(id: string, mark: Mark): Promise<void>;
  signal(id: string, name: string, data: Json): Promise<Tried<null>>;
  decide(id: string, activation: number, decision: Decision): Promise<Tried<null>>;
  export(id: string): Promise<Tried<string>>;
  import(bundle: string): Promise<Tried<Arrival>>;
  confirm(id: string, receipt: string): Promise<Tried<null>>;
  settled(id: string): Promise<string>;
  history(id: string): Promise<readonly JournalEvent[]>;
  ids(): Promise<readonly string[]>;
}
