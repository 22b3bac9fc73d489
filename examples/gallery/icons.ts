import { html, type TemplateResult } from 'lit';

/** Drawn for this page on a 24 × 24 grid, strokes only, in `currentColor`. */
const paths = {
  llm: 'M12 3l2.2 6.8L21 12l-6.8 2.2L12 21l-2.2-6.8L3 12l6.8-2.2zM19 3v4M17 5h4',
  loop: 'M4 11a8 8 0 0 1 14-4.5M20 13a8 8 0 0 1-14 4.5M18.5 2.5v4.2h-4.2M5.5 21.5v-4.2h4.2',
  nested: 'M4 10a8.5 8.5 0 0 1 15.4-3M20 14a8.5 8.5 0 0 1-15.4 3M19.6 3v4h-4M4.4 21v-4h4M9.5 12a2.5 2.5 0 1 0 2.5-2.5',
  condition: 'M12 3l9 9-9 9-9-9zM9 12l2.2 2.2L15.5 10',
  switch: 'M12 21v-7M12 14C12 9 5 10 5 4M12 14c0-5 7-4 7-10M12 14V4M3 6l2-2 2 2M17 6l2-2 2 2M10 6l2-2 2 2',
  error: 'M12 3l8 3v6c0 4.6-3.2 7.7-8 9-4.8-1.3-8-4.4-8-9V6zM12 8v5M12 16.2v.1',
  retry: 'M20 12a8 8 0 1 1-2.6-5.9M20.5 2.5v4.6h-4.6M12 8v4.5l3 1.8',
  wait: 'M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 7.5V12l3.2 2',
  event: 'M12 3a6 6 0 0 1 6 6c0 5 2 6.5 2.5 7.5h-17C4 15.5 6 14 6 9a6 6 0 0 1 6-6zM9.8 20a2.4 2.4 0 0 0 4.4 0',
  secret: 'M8 11a4.5 4.5 0 1 1 3.6 4.4L10 17H8v2H6v2H3v-3l5.2-5.2A4.5 4.5 0 0 1 8 11zM15.5 8.6v.1',
  variables:
    'M8 4c-3 0-1.5 5-2.6 6.6C4.9 11.5 4 12 3 12c1 0 1.9.5 2.4 1.4C6.5 15 5 20 8 20M16 4c3 0 1.5 5 2.6 6.6.5.9 1.4 1.4 2.4 1.4-1 0-1.9.5-2.4 1.4C17.5 15 19 20 16 20M10 9.5l4 5M14 9.5l-4 5',
  pages: 'M7 3h8l4 4v10H7zM15 3v4h4M5 7v14h10',
  output: 'M9 4H5.5A1.5 1.5 0 0 0 4 5.5v13A1.5 1.5 0 0 0 5.5 20H9M9.5 12H21M16.5 7.5 21 12l-4.5 4.5',
  parallel: 'M12 3v4M6 21v-8a3 3 0 0 1 3-3h6a3 3 0 0 1 3 3v8M12 7v14',
  undo: 'M9 5 4 10l5 5M4 10h10a6 6 0 0 1 0 12h-4',
  approval: 'M8.5 11.5l3 3L20 6M20 12v6a2.5 2.5 0 0 1-2.5 2.5h-11A2.5 2.5 0 0 1 4 18V7a2.5 2.5 0 0 1 2.5-2.5H14',
  fail: 'M8.3 3h7.4L21 8.3v7.4L15.7 21H8.3L3 15.7V8.3zM12 8v5M12 16v.1',
  page: 'M4 4.5h16a1.5 1.5 0 0 1 1.5 1.5v12a1.5 1.5 0 0 1-1.5 1.5H4A1.5 1.5 0 0 1 2.5 18V6A1.5 1.5 0 0 1 4 4.5zM2.5 9h19M6 6.8v.1M8.5 6.8v.1',
  edge: 'M7 18.5a4.4 4.4 0 0 1-.4-8.7 5.7 5.7 0 0 1 11 1.2A3.8 3.8 0 0 1 17.2 18.5z',
  terminal: 'M3.5 5h17v14h-17zM7 9.5l3 2.7-3 2.7M12.5 15h4.5',
  play: 'M7 4.5v15L19.5 12z',
  reload: 'M20 11a8 8 0 1 0-1.2 5.3M20.5 5.5V11H15',
  copy: 'M9 8.5h11V21H9zM15 8.5V3H4v12.5h5',
  check: 'M4.5 12.5l5 5L19.5 7',
  equal: 'M5 9h14M5 15h14',
  differ: 'M5 9h14M5 15h14M17 4L7 20',
  arrow: 'M5 12h14M13 6l6 6-6 6',
  back: 'M19 12H5M11 6l-6 6 6 6',
  sun: 'M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z',
  contrast: 'M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 3v18M15 6v12M18 8v8',
} as const;

export type IconName = keyof typeof paths;

/** An icon without a name of its own: the text beside it says what it means. */
export function icon(name: IconName): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=${paths[name]} /></svg>`;
}
