/** Runs a whole workflow for an attack: validated, compiled and driven on a store in memory, with actions that answer at once. */
import {
  compile,
  createActionRegistry,
  Driver,
  defineAction,
  isFinal,
  MemoryStore,
  readHistory,
  replay,
} from '../../runtime/index.js';
import type { ActionContext, ExecutionState, Json, JsonObject, ModelMessage } from '../../runtime/ports.js';
import { VirtualClock } from '../../runtime/testing.js';

export interface RunSetting {
  readonly input?: unknown;
  /** What the action `act` does. */
  readonly act?: (parameters: JsonObject, context: ActionContext) => unknown;
  /** What the model answers. */
  readonly answer?: string;
  readonly secrets?: Readonly<Record<string, string>>;
  /** Sent in turn, when nothing else can go on. */
  readonly signals?: readonly { readonly id?: string; readonly name: string; readonly data: Json }[];
}

export interface RunOutcome {
  readonly state: ExecutionState;
  /** What actions were given. */
  readonly given: readonly JsonObject[];
  readonly messages: readonly ModelMessage[];
  /** Everything that is kept, as text. */
  readonly kept: string;
}

const START_TIME = 1_767_225_600_000;

/** Runs to the end, and holds the run to its replay. */
export async function runWorkflow(definition: unknown, setting: RunSetting = {}): Promise<RunOutcome> {
  const [store, clock] = [new MemoryStore(), new VirtualClock(START_TIME)];
  const given: JsonObject[] = [];
  const messages: ModelMessage[] = [];
  const secrets = setting.secrets ?? {};
  const plan = compile(definition);
  const ports = {
    store,
    clock,
    random: { id: () => 'exec_1', seed: () => 1 },
    actions: actionsFor(setting, given),
    model: {
      complete: (request: { readonly messages: readonly ModelMessage[] }) => {
        messages.push(...request.messages);
        return { text: setting.answer ?? '' };
      },
    },
    secrets: {
      resolve: (reference: { readonly kind: string; readonly name?: string }) =>
        Object.hasOwn(secrets, reference.name ?? '') ? secrets[reference.name ?? ''] : undefined,
    },
  };
  const driver = await Driver.start(ports, plan, { input: setting.input ?? {}, organizationId: 'org_test' });
  await drive(driver, clock, setting);
  const events = await readHistory(store, driver.id);
  const replayed = replay(plan, events);
  if (!replayed.ok) throw new Error(`the replay diverges at event ${replayed.seq}`);
  if (JSON.stringify(replayed.state) !== JSON.stringify(driver.state))
    throw new Error('the replay comes to another state');
  const kept = JSON.stringify([events, driver.state, driver.summary, await store.read(driver.id), await store.list()]);
  return { state: driver.state, given, messages, kept };
}

function actionsFor({ act }: RunSetting, given: JsonObject[]) {
  const noted = (parameters: JsonObject): JsonObject => {
    given.push(parameters);
    return parameters;
  };
  return createActionRegistry([
    defineAction({ type: 'echo', run: noted }),
    defineAction({
      type: 'act',
      run: (parameters, context) => (act === undefined ? null : act(noted(parameters), context)),
    }),
  ]);
}

async function drive(driver: Driver, clock: VirtualClock, { signals = [] }: RunSetting): Promise<void> {
  let sent = 0;
  for (;;) {
    await Promise.race([driver.settled(), driver.idle()]);
    if (isFinal(driver.state.status)) return;
    const signal = signals[sent];
    sent += 1;
    if (signal !== undefined) await driver.signal(signal);
    else if (!clock.advanceToNext()) throw new Error('the run waits for what will not come');
  }
}

// --- Writing workflows -----------------------------------------------------------------------------------------------

export type StepJson = { readonly stepSlug: string; readonly [field: string]: unknown };

export const step = (stepSlug: string, stepType: string, config: unknown, nextSteps: unknown = {}): StepJson => ({
  stepSlug,
  stepType,
  config,
  nextSteps,
});

export const workflow = (steps: readonly unknown[], more: object = {}): JsonObject =>
  JSON.parse(JSON.stringify({ name: 'Attack', slug: 'attack', ...more, steps }));

/** One `output` step. */
export const output = (mapping: unknown, stepSlug = 'out'): StepJson => step(stepSlug, 'output', { mapping });

export const setVariables = (stepSlug: string, variables: readonly object[], next: string): StepJson =>
  step(stepSlug, 'action', { type: 'set_variables', parameters: { variables } }, { success: next });
