import type { JournalEvent, Json } from '../../runtime/ports.js';
import { brief, duration, type Paint } from './paint.js';
import { line, type Shown, show } from './shown.js';

/** Tells of a run as it happens: a line for each step, wait, iteration and log entry. */
export class LiveReport {
  readonly #write: (shown: Shown) => void;
  readonly #colours: Paint;
  /** How deep each iteration stands, by its frame. */
  readonly #depth = new Map<number, number>();
  readonly #begun = new Map<number, number>();
  #start = 0;

  constructor(write: (shown: Shown) => void, colours: Paint) {
    this.#write = write;
    this.#colours = colours;
  }

  tell(events: readonly JournalEvent[]): void {
    for (const event of events) this.#tellOne(event);
  }

  #tellOne(event: JournalEvent): void {
    const { green, red, yellow, blue, dim, bold } = this.#colours;
    switch (event.type) {
      case 'execution_started':
        this.#start = event.at;
        this.#write(
          line`${bold(event.workflow.name)} ${dim(`${event.workflow.version}, execution ${event.executionId}`)}`,
        );
        return;
      case 'step_started':
        this.#begun.set(event.activation, event.at);
        return;
      case 'step_succeeded':
        if (event.compensates !== undefined) {
          this.#say(event, green('↶'), show`${event.step} undone${this.#took(event)}`);
          return;
        }
        this.#say(
          event,
          green('✓'),
          show`${event.step}${this.#attempt(event.attempt)} ${dim(`→ ${event.port}`)}${this.#took(event)}  ${brief(event.output)}`,
        );
        return;
      case 'step_failed': {
        const again = event.retryAt === undefined ? '' : yellow(` again in ${duration(event.retryAt - event.at)}`);
        this.#say(
          event,
          red('✗'),
          show`${event.step}${this.#attempt(event.attempt)} ${red(event.error.code)}: ${event.error.message}${this.#source(event.error.details)}${again}`,
        );
        return;
      }
      case 'step_interrupted':
        this.#say(event, yellow('!'), show`${event.step} was cut off`);
        return;
      case 'step_cancelled':
        this.#say(event, dim('–'), dim(`${event.step} given up`));
        return;
      case 'iteration_started':
        this.#depth.set(event.iteration, this.#depthOf(event.frame) + 1);
        this.#say(event, blue('↻'), show`${event.step} [${event.index}]`);
        return;
      case 'iteration_failed':
        this.#say(event, red('✗'), show`${event.step} [${event.index}] failed ${red(event.error.code)}`);
        return;
      case 'branch_started':
        this.#depth.set(event.branch, this.#depthOf(event.frame) + 1);
        this.#say(event, blue('⑂'), show`${event.step} ${event.port}`);
        return;
      case 'branch_ended':
        if (event.status !== 'succeeded')
          this.#say(event, yellow('⑂'), show`${event.step} ${event.port} ${event.status}`);
        return;
      case 'approval_requested':
        this.#say(event, yellow('?'), show`${event.step}: ${event.title}`);
        return;
      case 'child_started':
        this.#say(event, blue('▸'), show`${event.step} started ${dim(`execution ${event.executionId}`)}`);
        return;
      case 'compensation_started':
        this.#write(
          line`${dim(`+${duration(event.at - this.#start)}`.padStart(10))} ${yellow('↶')} undoing what is done`,
        );
        return;
      case 'timer_set':
        this.#say(event, yellow('…'), show`${event.step} waits ${duration(event.dueAt - event.at)}`);
        return;
      case 'signal_received':
        this.#say(event, blue('»'), show`${event.name}  ${brief(event.data)}`);
        return;
      case 'log':
        this.#say(event, dim('·'), show`${event.step} ${event.level}: ${event.message}`);
        return;
      default:
        return;
    }
  }

  #say(event: JournalEvent, mark: Shown, text: Shown): void {
    const depth = 'frame' in event ? this.#depthOf(event.frame) : 0;
    const time = `+${duration(event.at - this.#start)}`.padStart(10);
    this.#write(line`${this.#colours.dim(time)} ${'  '.repeat(depth)}${mark} ${text}`);
  }

  #depthOf(frame: number | undefined): number {
    return frame === undefined ? 0 : (this.#depth.get(frame) ?? 0);
  }

  #attempt(attempt: number): Shown | string {
    return attempt === 1 ? '' : this.#colours.dim(` (attempt ${attempt})`);
  }

  /** The author's text that could not be evaluated. */
  #source(details: Json | undefined): Shown | string {
    const has = typeof details === 'object' && details !== null && 'source' in details;
    return has && typeof details.source === 'string' ? this.#colours.dim(` in ${brief(details.source)}`) : '';
  }

  #took(event: { readonly activation: number; readonly at: number }): Shown | string {
    const ms = event.at - (this.#begun.get(event.activation) ?? event.at);
    return ms === 0 ? '' : this.#colours.dim(` ${duration(ms)}`);
  }
}
