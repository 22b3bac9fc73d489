import { noChange } from 'lit';
import { Directive, directive, type ElementPart, type PartInfo, PartType } from 'lit/directive.js';

/**
 * Sets CSS properties through the CSSOM. Lit's own `styleMap` writes a `style` attribute at first, which a strict
 * Content-Security-Policy refuses.
 */
class CssProperties extends Directive {
  #previous: ReadonlySet<string> = new Set();

  constructor(info: PartInfo) {
    super(info);
    if (info.type !== PartType.ELEMENT) throw new Error('cssProperties belongs on an element');
  }

  override render(_properties: Readonly<Record<string, string>>): typeof noChange {
    return noChange;
  }

  override update(part: ElementPart, [properties]: [Readonly<Record<string, string>>]): typeof noChange {
    const { element } = part;
    if (!(element instanceof HTMLElement || element instanceof SVGElement)) return noChange;
    for (const name of this.#previous) if (!(name in properties)) element.style.removeProperty(name);
    for (const [name, value] of Object.entries(properties)) element.style.setProperty(name, value);
    this.#previous = new Set(Object.keys(properties));
    return noChange;
  }
}

export const cssProperties = directive(CssProperties);
