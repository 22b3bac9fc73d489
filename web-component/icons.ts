import { html, nothing, type SVGTemplateResult, svg, type TemplateResult } from 'lit';
import { stepIcons } from '../runtime/tooling.js';

/** Drawn for this project on a 16 × 16 grid, strokes only, in `currentColor`. */
const paths = {
  ...stepIcons,
  end: 'M4 4h8v8H4z',
  check: 'M3.2 8.5 6.5 11.8 12.8 4.6',
  cross: 'M4 4l8 8M12 4l-8 8',
  clock: 'M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM8 5v3l2 1.5',
  spinner: 'M8 2.5A5.5 5.5 0 1 1 2.5 8',
  dot: 'M8 6.5a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3z',
  stop: 'M4.5 4.5h7v7h-7z',
  play: 'M5 3.2v9.6L12.8 8z',
  alert: 'M8 2.2 14.5 13.5h-13zM8 6.5v3.2M8 11.5v.1',
  info: 'M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM8 7.3v3.5M8 5.2v.1',
  browser:
    'M3.5 2.8h9A1.2 1.2 0 0 1 13.7 4v8a1.2 1.2 0 0 1-1.2 1.2h-9A1.2 1.2 0 0 1 2.3 12V4a1.2 1.2 0 0 1 1.2-1.2zM2.3 6h11.4',
  cloud: 'M4.6 12.5a2.9 2.9 0 0 1-.2-5.8 3.8 3.8 0 0 1 7.3.8 2.5 2.5 0 0 1-.2 5z',
  database: 'M3 4.2c0-2.3 10-2.3 10 0v7.6c0 2.3-10 2.3-10 0zM3 4.2c0 2.3 10 2.3 10 0M3 8c0 2.3 10 2.3 10 0',
  memory: 'M4 4h8v8H4zM6 1.8V4M10 1.8V4M6 12v2.2M10 12v2.2M1.8 6H4M1.8 10H4M12 6h2.2M12 10h2.2',
  tab: 'M2 13V5.5A1.5 1.5 0 0 1 3.5 4h9A1.5 1.5 0 0 1 14 5.5V13zM5 4V2.5M2 7.5h12',
  offline:
    'M2 2l12 12M5 8.7a4.5 4.5 0 0 1 2-1M9.7 8a4.5 4.5 0 0 1 1.4.8M2.8 6.3a7.6 7.6 0 0 1 2-1.3M7.5 4.2a7.6 7.6 0 0 1 5.7 2.1M8 12v.1',
  plus: 'M8 3.5v9M3.5 8h9',
  minus: 'M3.5 8h9',
  fit: 'M2.5 5.5v-3h3M13.5 5.5v-3h-3M2.5 10.5v3h3M13.5 10.5v3h-3',
  copy: 'M6 5.5h7v8H6zM10 5.5v-3H3v8h3',
  search: 'M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM10.4 10.4l3.1 3.1',
  down: 'M8 3v10M4 9l4 4 4-4',
  eye: 'M1.8 8C3.5 5 5.6 3.7 8 3.7S12.5 5 14.2 8c-1.7 3-3.8 4.3-6.2 4.3S3.5 11 1.8 8zM8 6.2a1.8 1.8 0 1 1 0 3.6 1.8 1.8 0 0 1 0-3.6z',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  undo: 'M6 3 2.8 6.2 6 9.4M3 6.2h6.2a4 4 0 0 1 0 8H5.5',
  back: 'M13.5 8h-11M6.5 4l-4 4 4 4',
  resume: 'M3 8a5 5 0 1 0 1.6-3.7M3 2.5V5.5h3',
} as const;

export type IconName = keyof typeof paths;

function isIconName(name: string): name is IconName {
  return Object.hasOwn(paths, name);
}

/** The icon of a step type; a plain hexagon stands for a type this version does not know. */
export function stepIcon(type: string): IconName {
  return isIconName(type) ? type : 'action';
}

/** An icon without a name of its own: the text beside it, or the label of its button, says what it means. */
export function icon(name: IconName, className = ''): TemplateResult {
  return html`<svg class="icon ${className}" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d=${paths[name]} /></svg>`;
}

/** The drawing of an icon alone, for use within another SVG. */
export function iconPath(name: IconName | undefined): SVGTemplateResult | typeof nothing {
  return name === undefined ? nothing : svg`<path class="glyph" d=${paths[name]} />`;
}
