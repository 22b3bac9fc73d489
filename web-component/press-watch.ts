import type { ReactiveController, ReactiveControllerHost } from 'lit';

/**
 * Knows whether a pointer is pressed. A field is left in the moment in which something else is pressed: an error shown
 * then would move the button from under the pointer before it is released, and the click would be lost.
 */
export class PressWatch implements ReactiveController {
  #pressed = false;
  #waiting: (() => void)[] = [];

  constructor(host: ReactiveControllerHost) {
    host.addController(this);
  }

  hostConnected(): void {
    window.addEventListener('pointerdown', this.#press, { capture: true });
    for (const type of ends) window.addEventListener(type, this.#release, { capture: true });
    // Not captured: of what lies in the window it would hear as well.
    window.addEventListener('blur', this.#release);
  }

  hostDisconnected(): void {
    window.removeEventListener('pointerdown', this.#press, { capture: true });
    for (const type of ends) window.removeEventListener(type, this.#release, { capture: true });
    window.removeEventListener('blur', this.#release);
    this.#flush();
  }

  /** Does it now, or where a pointer is pressed, once that is released and its click was dealt with. */
  afterPress(work: () => void): void {
    if (this.#pressed) this.#waiting.push(work);
    else work();
  }

  readonly #press = ({ button }: PointerEvent): void => {
    if (button === 0) this.#pressed = true;
  };

  /** The click follows the release in the same task. */
  readonly #release = (): void => {
    if (this.#pressed) setTimeout(() => this.#flush());
  };

  #flush(): void {
    this.#pressed = false;
    for (const work of this.#waiting.splice(0)) work();
  }
}

/** Of a drag there is no release. */
const ends = ['pointerup', 'pointercancel', 'dragend'] as const;
