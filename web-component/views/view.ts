import type { Translate } from '../messages.js';
import type { RunController } from '../run-controller.js';

/** What every view is given: the state to show, the texts, and the moment that counts as now. */
export interface ViewContext {
  readonly run: RunController;
  readonly t: Translate;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly readonly: boolean;
  readonly disabled: boolean;
  /** Makes an id; ids are private to the shadow root. */
  id(name: string): string;
  /** The name of a region: its title, and which of the page's elements it belongs to. */
  region(title: string): string;
}
