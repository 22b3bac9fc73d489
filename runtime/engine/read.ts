import type { Plan } from '../definition/plan.js';
import type { Awaitable, ExecutionStore, ExecutionSummary, ListPage, RuntimePorts } from '../ports.js';
import type { JournalEvent } from './journal.js';
import type { Language } from './language.js';
import type { ExecutionState } from './state.js';

const PAGE = 1000;

/** Every event after `after`, page by page. */
export async function readHistory(
  store: { readEvents: ExecutionStore['readEvents'] },
  id: string,
  after = 0,
): Promise<JournalEvent[]> {
  const history: JournalEvent[] = [];
  for (;;) {
    const page: Awaited<Awaitable<readonly JournalEvent[]>> = await store.readEvents(id, {
      after: after + history.length,
      limit: PAGE,
    });
    for (const event of page) history.push(event);
    if (page.length < PAGE) return history;
  }
}

export interface ReadExecution {
  readonly summary: ExecutionSummary;
  readonly plan: Plan;
  readonly state: ExecutionState;
}

/**
 * What an execution has come to, without taking it over. Undefined when there is none of that id.
 * @param functions those of the host that its definition may call, as for `Driver.open`
 */
export async function readWith(
  language: Pick<Language, 'recover'>,
  store: ExecutionStore,
  id: string,
  functions?: RuntimePorts['functions'],
): Promise<ReadExecution | undefined> {
  const stored = await store.read(id);
  if (stored === undefined) return undefined;
  const tail = await readHistory(store, id, stored.snapshot.seq);
  // Events may have been added since; the summary is the one of the state that they make.
  const { plan, state } = await language.recover(stored, tail, functions);
  return { summary: { ...stored.summary, seq: state.seq, status: state.status }, plan, state };
}

/** Ids of the executions that are not over, the newest first among those of one status. */
export async function unfinished(store: Pick<ExecutionStore, 'list'>): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const status of ['running', 'waiting', 'paused'] as const) {
    let cursor: string | undefined;
    do {
      const page: ListPage = await store.list({ status, limit: 200, ...(cursor === undefined ? {} : { cursor }) });
      ids.push(...page.items.map(({ id }) => id));
      cursor = page.cursor;
    } while (cursor !== undefined);
  }
  return ids;
}
