import type { ExecutionSummary, JournalEvent, Json } from '../../runtime/ports.js';

/** Where a run stands, as the page of the end-to-end tests tells it. */
export interface RunReport {
  readonly driver: string;
  readonly storage: string;
  readonly summary: ExecutionSummary;
  readonly events: readonly JournalEvent[];
}

/** What a test may ask of the page that browser-page.ts makes. */
export interface PageApi {
  /** The runs it took up when it was opened. */
  readonly resumed: readonly string[];
  /** Takes the document as text, as playwright's types do not end on JSON's. */
  start(document: string): Promise<string>;
  report(id: string): Promise<RunReport>;
  /** Once the run is over. */
  settled(id: string): Promise<RunReport>;
  /** Once the history holds an event of this type. */
  reached(id: string, type: JournalEvent['type']): Promise<void>;
  signal(id: string, name: string, data: Json): Promise<void>;
  /** Listens from now on. */
  watch(id: string): Promise<void>;
  /** The numbers of the events that the listener was told of, in that order. */
  watched(): readonly number[];
}

/** What the page with an element tells of it. */
export interface EndpointPage {
  /** The element's events, each with its step. */
  readonly told: readonly string[];
  readonly run: { readonly id: string; readonly events: readonly JournalEvent[] } | null;
}
