import { css, unsafeCSS } from 'lit';
import { stepColours } from '../../runtime/tooling.js';

/** Colours and measures, each of which a page may replace by a custom property. */
export const tokens = css`
  :host {
    --_bg: var(--wf-background, light-dark(#ffffff, #101217));
    --_panel: var(--wf-panel, light-dark(#ffffff, #15181f));
    --_sunken: var(--wf-sunken, light-dark(#f6f7f9, #0c0e12));
    --_raised: var(--wf-raised, light-dark(#ffffff, #1b1f28));
    --_line: var(--wf-border, light-dark(#e3e6eb, #272c37));
    --_line-strong: light-dark(#8d95a3, #6a7384);
    --_text: var(--wf-text, light-dark(#171a21, #e9ebf0));
    --_quiet: var(--wf-text-quiet, light-dark(#59616f, #9aa3b2));
    --_accent: var(--wf-accent, light-dark(#4f46e5, #8f8cff));
    --_on-accent: var(--wf-on-accent, light-dark(#ffffff, #0d0e14));
    --_ok: var(--wf-success, light-dark(#0b7646, #4cd69a));
    --_fail: var(--wf-danger, light-dark(#c0232c, #ff8b8b));
    --_run: var(--wf-running, light-dark(#1d5fd6, #79aeff));
    --_wait: var(--wf-waiting, light-dark(#8f5600, #f2b54c));
    --_calm: var(--_quiet);
    --_radius: var(--wf-radius, 12px);
    --_font: var(--wf-font, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif);
    --_mono: var(--wf-font-mono, ui-monospace, 'SF Mono', 'Cascadia Code', Menlo, Consolas, monospace);
    --_shadow: 0 1px 2px light-dark(rgb(20 25 40 / 0.05), rgb(0 0 0 / 0.3));
    --_focus: 2px solid var(--_accent);

    display: block;
    container: workflow-runner / inline-size;
    color: var(--_text);
    font: 400 14px/1.5 var(--_font);
    text-align: start;
    -webkit-font-smoothing: antialiased;
  }
  :host([hidden]) {
    display: none;
  }
  .tone-ok {
    --_tone: var(--_ok);
  }
  .tone-fail {
    --_tone: var(--_fail);
  }
  .tone-run {
    --_tone: var(--_run);
  }
  .tone-wait {
    --_tone: var(--_wait);
  }
  .tone-calm {
    --_tone: var(--_calm);
  }
  ${unsafeCSS(typeColours())}
`;

/** One class for each type of step, with its colour. */
function typeColours(): string {
  return Object.entries(stepColours)
    .map(([type, { light, dark }]) => `.type-${type} { --_type: light-dark(${light}, ${dark}); }`)
    .join('\n');
}
