import { css } from 'lit';

const tokens = css`
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
  .type-trigger {
    --_type: light-dark(#7432d6, #c09bff);
  }
  .type-action {
    --_type: light-dark(#1d5fd6, #79aeff);
  }
  .type-set_variables {
    --_type: light-dark(#4a5568, #aab4c4);
  }
  .type-llm {
    --_type: light-dark(#b0247f, #ff92d3);
  }
  .type-condition,
  .type-switch {
    --_type: light-dark(#8f5600, #f2b54c);
  }
  .type-loop,
  .type-parallel {
    --_type: light-dark(#0a7277, #4fd0d6);
  }
  .type-wait,
  .type-wait_for_event,
  .type-approval {
    --_type: light-dark(#5a6300, #cbd64b);
  }
  .type-output,
  .type-workflow {
    --_type: light-dark(#0b7646, #4cd69a);
  }
  .type-fail {
    --_type: light-dark(#c0232c, #ff8b8b);
  }
`;

const base = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  h2,
  h3,
  h4,
  p,
  ul,
  ol,
  pre {
    margin: 0;
    padding: 0;
  }
  ul,
  ol {
    list-style: none;
  }
  h2 {
    font-size: 17px;
    font-weight: 650;
    line-height: 1.3;
    letter-spacing: -0.012em;
    text-wrap: balance;
  }
  h3 {
    font-size: 13.5px;
    font-weight: 600;
    letter-spacing: -0.004em;
  }
  h4 {
    font-size: 12.5px;
    font-weight: 600;
    color: var(--_quiet);
  }
  code {
    font-family: var(--_mono);
    font-size: 0.92em;
    overflow-wrap: anywhere;
  }
  button,
  input,
  select,
  textarea {
    font: inherit;
    color: inherit;
  }
  button {
    cursor: pointer;
  }
  :focus-visible {
    outline: var(--_focus);
    outline-offset: 2px;
  }
  .hidden {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .icon {
    flex: none;
    inline-size: 1.15em;
    block-size: 1.15em;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.5;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .icon.play {
    fill: currentColor;
  }
  .type-icon {
    color: var(--_type);
  }
  .quiet {
    color: var(--_quiet);
  }
  .number {
    font-variant-numeric: tabular-nums;
    unicode-bidi: plaintext;
  }
  .error {
    color: var(--_fail);
  }
  .stack {
    display: grid;
    gap: 12px;
    justify-items: start;
  }

  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 7px;
    min-block-size: 34px;
    padding: 5px 13px;
    border: 1px solid var(--_line);
    border-radius: 9px;
    background: var(--_raised);
    box-shadow: var(--_shadow);
    font-weight: 550;
    font-size: 13.5px;
    transition:
      background-color 120ms,
      border-color 120ms,
      opacity 120ms;
  }
  .button:hover:not(:disabled) {
    border-color: var(--_line-strong);
  }
  .button.primary {
    inline-size: 100%;
    min-block-size: 38px;
    border-color: transparent;
    background: var(--_accent);
    color: var(--_on-accent);
  }
  .button.primary .icon {
    fill: currentColor;
    inline-size: 0.95em;
  }
  .button.primary:hover:not(:disabled) {
    background: color-mix(in oklab, var(--_accent) 88%, var(--_text));
  }
  .button:disabled {
    cursor: default;
    opacity: 0.55;
  }
  .icon-button {
    display: inline-grid;
    place-items: center;
    inline-size: 28px;
    block-size: 28px;
    border: 0;
    border-radius: 7px;
    background: none;
    color: var(--_quiet);
  }
  .icon-button:hover {
    background: var(--_sunken);
    color: var(--_text);
  }
  .link {
    min-block-size: 24px;
    padding: 0 2px;
    border: 0;
    background: none;
    color: var(--_accent);
    font-weight: 550;
    text-decoration: underline;
    text-underline-offset: 3px;
    text-decoration-thickness: 1px;
  }
  .pill {
    display: inline-flex;
    align-items: center;
    gap: 5px;
    padding: 2px 9px 2px 7px;
    border-radius: 99px;
    background: color-mix(in oklab, var(--_tone) 11%, transparent);
    color: var(--_tone);
    font-size: 12px;
    font-weight: 600;
    line-height: 18px;
    white-space: nowrap;
  }
  .code-chip {
    padding: 1px 6px;
    border-radius: 5px;
    background: color-mix(in oklab, var(--_text) 7%, transparent);
    color: var(--_quiet);
    font-size: 11.5px;
    font-weight: 500;
    white-space: normal;
  }
`;

const page = css`
  .runner {
    display: grid;
    gap: 14px;
    grid-template-columns: minmax(0, 1fr);
  }
  .side {
    align-content: start;
  }
  .side,
  .main,
  .below {
    display: grid;
    gap: 14px;
    grid-template-columns: minmax(0, 1fr);
    min-inline-size: 0;
  }
  .panel {
    min-inline-size: 0;
    padding: 14px 16px 16px;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_panel);
    box-shadow: var(--_shadow);
  }
  .panel-head {
    display: flex;
    align-items: center;
    gap: 10px;
    min-block-size: 28px;
    margin-block: -3px 9px;
  }
  .panel-head .quiet {
    font-size: 12.5px;
  }
  .panel-head > :last-child:not(.panel-title) {
    margin-inline-start: auto;
  }
  .panel-title {
    display: flex;
    align-items: center;
    gap: 7px;
  }

  .toolbar {
    display: flex;
    flex-wrap: wrap;
    align-items: start;
    justify-content: space-between;
    gap: 10px 20px;
  }
  .title {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 10px;
    min-inline-size: 0;
    flex: 1 1 260px;
  }
  .description {
    inline-size: 100%;
    color: var(--_quiet);
    font-size: 13px;
    text-wrap: pretty;
  }
  .tools {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
  }
  .badges {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
  }
  .badge {
    display: inline-flex;
    align-items: center;
    gap: 5px;
    padding: 2px 8px;
    border: 1px solid var(--_line);
    border-radius: 7px;
    background: var(--_panel);
    color: var(--_quiet);
    font-size: 12px;
    font-weight: 500;
    line-height: 18px;
    white-space: nowrap;
  }
  .badge[class*='tone-'] {
    border-color: color-mix(in oklab, var(--_tone) 45%, transparent);
    color: var(--_tone);
  }

  .notice {
    display: flex;
    gap: 10px;
    padding: 12px 14px;
    border: 1px solid color-mix(in oklab, var(--_tone) 30%, transparent);
    border-radius: var(--_radius);
    background: color-mix(in oklab, var(--_tone) 6%, var(--_panel));
    overflow-wrap: anywhere;
  }
  .notice > .icon {
    margin-block-start: 2px;
    color: var(--_tone);
    font-size: 15px;
  }
  .notice-body {
    display: grid;
    gap: 3px;
    min-inline-size: 0;
  }
  .notice-title {
    font-weight: 600;
  }
  .notice summary {
    min-block-size: 24px;
    color: var(--_quiet);
    font-size: 13px;
    cursor: pointer;
  }
  .notice .where,
  .help {
    color: var(--_quiet);
    font-size: 13px;
  }
  .notice ul {
    margin-block-start: 4px;
    font-size: 13px;
  }
  .notice li a {
    display: inline-block;
    min-block-size: 24px;
    color: inherit;
    text-underline-offset: 3px;
  }

  .issues {
    display: grid;
    margin-block-start: 10px;
  }
  .issues li {
    display: flex;
    gap: 10px;
    padding-block: 10px;
    border-block-start: 1px solid var(--_line);
  }
  .issues .icon {
    margin-block-start: 3px;
    color: var(--_tone);
  }
  .issue-message {
    font-weight: 500;
    overflow-wrap: anywhere;
  }
  .issue-where {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 8px;
    margin-block-start: 2px;
    color: var(--_quiet);
    font-size: 12.5px;
  }
  .warnings {
    padding-block: 9px;
  }
  .warnings summary {
    display: flex;
    align-items: center;
    gap: 8px;
    min-block-size: 24px;
    color: var(--_quiet);
    font-size: 13px;
    cursor: pointer;
  }
  .count {
    padding-inline: 7px;
    border-radius: 99px;
    background: var(--_sunken);
    font-size: 12px;
  }

  .empty {
    display: grid;
    gap: 4px;
    justify-items: center;
    padding: 44px 20px;
    border: 1px dashed var(--_line);
    border-radius: var(--_radius);
    color: var(--_quiet);
    text-align: center;
  }
  .skeleton {
    block-size: 220px;
    border-radius: var(--_radius);
    background: var(--_sunken);
  }

  .json-block {
    display: grid;
    gap: 4px;
    min-inline-size: 0;
  }
  .json-head {
    display: flex;
    align-items: center;
    justify-content: space-between;
  }
  .json {
    max-block-size: 260px;
    padding: 10px 12px;
    overflow: auto;
    border-radius: 8px;
    background: var(--_sunken);
    font: 12px/1.6 var(--_mono);
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    tab-size: 2;
  }
  pre.json,
  textarea.code {
    direction: ltr;
    text-align: left;
  }
  .json.prose {
    unicode-bidi: plaintext;
    font: 13.5px/1.55 var(--_font);
  }
  .json-key {
    color: light-dark(#5b3cc4, #b7a6ff);
  }
  .json-string {
    color: light-dark(#0b6b41, #7fdcae);
  }
  .json-atom {
    color: light-dark(#a8410a, #ffb183);
  }
  .outcome .json {
    max-block-size: 340px;
  }
  .outcome.done .panel-title .icon {
    color: var(--_ok);
  }

  @container workflow-runner (min-width: 880px) {
    .runner.has-side.has-main .layout {
      display: grid;
      grid-template-columns: minmax(260px, 340px) minmax(0, 1fr);
      align-items: stretch;
      gap: 14px;
    }
    .has-side.has-main .graph-scroll {
      flex: 1 1 0;
      min-block-size: min(var(--_natural), var(--wf-graph-height, 680px));
      max-block-size: none;
    }
    .below.both {
      grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
    }
  }
  .layout {
    display: grid;
    gap: 14px;
    grid-template-columns: minmax(0, 1fr);
  }
`;

const form = css`
  form {
    display: grid;
    gap: 15px;
    margin-block-start: 12px;
  }
  .field {
    display: grid;
    gap: 5px;
    min-inline-size: 0;
  }
  .label {
    display: flex;
    justify-content: space-between;
    gap: 10px;
    font-size: 13px;
    font-weight: 550;
  }
  .required {
    color: var(--_quiet);
    font-size: 12px;
    font-weight: 400;
  }
  .tick .required {
    margin-inline-start: 8px;
  }
  input:not([type='checkbox']),
  select,
  textarea {
    inline-size: 100%;
    min-inline-size: 0;
    min-block-size: 36px;
    padding: 6px 10px;
    border: 1px solid var(--_line-strong);
    border-radius: 8px;
    background: var(--_bg);
    transition: border-color 120ms;
  }
  textarea {
    min-block-size: 84px;
    resize: vertical;
    line-height: 1.45;
  }
  textarea.code {
    font: 12.5px/1.55 var(--_mono);
  }
  ::placeholder {
    color: var(--_quiet);
    opacity: 0.85;
  }
  input:focus-visible,
  select:focus-visible,
  textarea:focus-visible {
    outline-offset: 0;
    border-color: var(--_accent);
  }
  input:disabled,
  select:disabled,
  textarea:disabled {
    background: var(--_sunken);
    color: var(--_quiet);
  }
  .wrong :is(input:not([type='checkbox']), select, textarea) {
    border-color: var(--_fail);
  }
  .tick {
    display: flex;
    align-items: center;
    gap: 9px;
    min-block-size: 28px;
    font-size: 13.5px;
  }
  input[type='checkbox'] {
    flex: none;
    inline-size: 18px;
    block-size: 18px;
    margin: 3px;
    accent-color: var(--_accent);
  }
  .choices {
    display: grid;
    padding: 5px 8px;
    max-block-size: 220px;
    overflow: auto;
    border: 1px solid var(--_line);
    border-radius: 8px;
  }
  @container workflow-runner (min-width: 520px) and (max-width: 879px) {
    form {
      grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
      align-items: start;
    }
    form > :not(.field),
    .field:is(.textarea, .json, .multiselect) {
      grid-column: 1 / -1;
    }
  }
  .note {
    display: flex;
    align-items: center;
    gap: 6px;
    flex-wrap: wrap;
    color: var(--_quiet);
    font-size: 12.5px;
  }
  .note.error {
    flex-wrap: nowrap;
    align-items: start;
    color: var(--_fail);
  }
  .note.error .icon {
    margin-block-start: 2px;
  }
`;

const graph = css`
  .graph-panel {
    display: flex;
    flex-direction: column;
    position: relative;
    padding-block-end: 0;
    padding-inline: 0;
    overflow: hidden;
  }
  .graph-panel .panel-head {
    padding-inline: 16px;
  }
  .zoom {
    display: flex;
    gap: 2px;
  }
  .graph-scroll {
    overflow: auto;
    max-block-size: var(--wf-graph-height, 680px);
    border-block-start: 1px solid var(--_line);
    background: var(--_sunken) radial-gradient(var(--_line) 1px, transparent 1px) 0 0 / 18px 18px;
    overscroll-behavior: contain;
  }
  .graph {
    display: block;
    margin-inline: auto;
    direction: ltr;
  }
  .graph.fit {
    max-inline-size: 100%;
    block-size: auto;
  }
  .loop-frame {
    fill: color-mix(in oklab, light-dark(#0a7277, #4fd0d6) 5%, transparent);
    stroke: color-mix(in oklab, light-dark(#0a7277, #4fd0d6) 35%, transparent);
    stroke-dasharray: 3 4;
  }
  .edge path {
    fill: none;
    stroke: light-dark(#b4bbc7, #465063);
    stroke-width: 1.6;
    transition: stroke 250ms;
  }
  .edge.error path {
    stroke: color-mix(in oklab, var(--_fail) 45%, light-dark(#b4bbc7, #465063));
    stroke-dasharray: 4 4;
  }
  .edge.back path {
    stroke-dasharray: 2 4;
  }
  .edge.taken path {
    stroke: var(--_ok);
    stroke-width: 2;
  }
  .edge.taken.failing path {
    stroke: var(--_fail);
  }
  .edge.flowing path {
    stroke: var(--_run);
    stroke-dasharray: 6 5;
    animation: flow 700ms linear infinite;
  }
  .arrow.idle path {
    fill: light-dark(#b4bbc7, #465063);
  }
  .arrow.taken path {
    fill: var(--_ok);
  }
  .arrow.error path {
    fill: color-mix(in oklab, var(--_fail) 45%, light-dark(#b4bbc7, #465063));
  }
  .port {
    fill: var(--_quiet);
    stroke: var(--_sunken);
    stroke-width: 5px;
    paint-order: stroke;
    stroke-linejoin: round;
    font: 500 11px var(--_font);
  }
  .edge.taken .port {
    fill: var(--_text);
  }
  .end circle {
    fill: var(--_panel);
    stroke: light-dark(#b4bbc7, #465063);
    stroke-width: 1.6;
  }
  .end .core {
    fill: light-dark(#b4bbc7, #465063);
    stroke: none;
  }
  .end.reached circle {
    stroke: var(--_ok);
  }
  .end.reached .core {
    fill: var(--_ok);
  }
  .node {
    cursor: pointer;
    outline: none;
  }
  .node .card {
    fill: var(--_panel);
    stroke: var(--_line);
    stroke-width: 1.2;
    filter: drop-shadow(0 1px 1.5px light-dark(rgb(20 25 40 / 0.09), rgb(0 0 0 / 0.4)));
    transition: stroke 200ms;
  }
  .node .tile {
    fill: color-mix(in oklab, var(--_type) 13%, transparent);
  }
  .glyph {
    fill: none;
    stroke: currentColor;
    stroke-width: 1.5;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .node .name {
    fill: var(--_text);
    font: 600 13px var(--_font);
  }
  .node .kind {
    fill: var(--_quiet);
    font: 400 11.5px var(--_font);
  }
  .node:hover .card {
    stroke: var(--_line-strong);
  }
  .node .halo {
    fill: none;
    stroke: transparent;
    stroke-width: 2;
  }
  .node.selected .halo {
    stroke: var(--_accent);
  }
  .node:focus-visible .halo {
    stroke: var(--_accent);
    stroke-dasharray: 5 3;
  }
  .node:not(.is-pending) .card {
    stroke: color-mix(in oklab, var(--_tone) 60%, var(--_line));
  }
  .node:is(.is-running, .is-waiting, .is-retrying, .is-failed, .is-looping) .card {
    stroke: var(--_tone);
    stroke-width: 1.6;
  }
  .node.is-running .card {
    animation: breathe 1.6s ease-in-out infinite;
  }
  .node .mark circle {
    fill: color-mix(in oklab, var(--_tone) 18%, var(--_panel));
    stroke: var(--_sunken);
    stroke-width: 2;
  }
  .mark-icon {
    color: var(--_tone);
  }
  .mark-icon .glyph {
    stroke-width: 2.2;
  }
  .spinner {
    animation: turn 900ms linear infinite;
  }
  .mark-icon.spinner > g {
    animation: turn 900ms linear infinite;
    transform-box: fill-box;
    transform-origin: center;
  }
  .mark-icon.spinner {
    animation: none;
  }
  @keyframes turn {
    to {
      rotate: 360deg;
    }
  }
  @keyframes flow {
    to {
      stroke-dashoffset: -22;
    }
  }
  @keyframes breathe {
    50% {
      filter: drop-shadow(0 0 7px color-mix(in oklab, var(--_run) 55%, transparent));
    }
  }

  .inspector {
    display: grid;
    gap: 13px;
    align-content: start;
    min-inline-size: 0;
    padding: 14px 16px 16px;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_panel);
  }
  .inspector > * {
    min-inline-size: 0;
  }
  .inspector-head {
    display: flex;
    align-items: start;
    gap: 10px;
  }
  .inspector-head .tile {
    display: grid;
    flex: none;
    place-items: center;
    inline-size: 32px;
    block-size: 32px;
    border-radius: 8px;
    background: color-mix(in oklab, var(--_type) 13%, transparent);
  }
  .inspector-name {
    flex: 1;
    min-inline-size: 0;
    overflow-wrap: anywhere;
  }
  .inspector-name .quiet {
    font-size: 12px;
  }
  .facts {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 5px 12px;
    font-size: 12.5px;
  }
  .attempts {
    display: grid;
    gap: 6px;
    margin-block-start: 6px;
    font-size: 13px;
  }
  .attempts li {
    display: flex;
    gap: 8px;
  }
  .attempts .icon {
    margin-block-start: 3px;
    color: var(--_tone);
  }
  .attempts .quiet {
    display: block;
  }
  @container workflow-runner (min-width: 700px) {
    .main.with-inspector {
      position: relative;
    }
    .main.with-inspector .inspector {
      position: absolute;
      inset-block: 52px 10px;
      /* The right side on purpose: the graph is not mirrored, and keeps its main way left. */
      right: 10px;
      inline-size: min(340px, 55%);
      overflow: auto;
      box-shadow: 0 8px 28px light-dark(rgb(20 25 40 / 0.16), rgb(0 0 0 / 0.55));
    }
    .main.with-inspector .graph-scroll {
      min-block-size: max(min(var(--_natural), var(--wf-graph-height, 680px)), 380px);
      max-block-size: none;
    }
  }
`;

const history = css`
  .timeline {
    display: grid;
    max-block-size: var(--wf-timeline-height, 300px);
    overflow: auto;
    margin-inline: -8px;
  }
  .row {
    display: grid;
    grid-template-columns: minmax(90px, 150px) minmax(60px, 1fr) 62px;
    align-items: center;
    gap: 10px;
    inline-size: 100%;
    min-block-size: 30px;
    padding: 2px 8px;
    border: 0;
    border-radius: 7px;
    background: none;
    text-align: start;
    font-size: 12.5px;
  }
  .row:hover,
  .line:hover {
    background: var(--_sunken);
  }
  .row:focus-visible,
  .line:focus-visible {
    outline-offset: -2px;
  }
  .row.selected,
  .line.selected {
    background: color-mix(in oklab, var(--_accent) 11%, transparent);
  }
  .row-name,
  .line-step {
    display: flex;
    align-items: center;
    gap: 7px;
    min-inline-size: 0;
  }
  .row-name span,
  .line-step span {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .row-time {
    color: var(--_quiet);
    text-align: end;
    font-size: 12px;
    white-space: nowrap;
  }
  .track {
    position: relative;
    block-size: 16px;
    border-radius: 5px;
    background: color-mix(in oklab, var(--_text) 4%, transparent);
    overflow: hidden;
  }
  .bar,
  .gap {
    position: absolute;
    inset-block: 3px;
    min-inline-size: 3px;
    border-radius: 3px;
  }
  .gap {
    inset-block: 0;
    border-radius: 0;
    background: repeating-linear-gradient(115deg, transparent 0 4px, color-mix(in oklab, var(--_text) 9%, transparent) 4px 5px);
  }
  .bar.ok {
    background: var(--_ok);
  }
  .bar.run {
    background: var(--_run);
  }
  .bar.fail {
    background: var(--_fail);
  }
  .bar.cut {
    background: var(--_calm);
  }
  .bar.wait {
    inset-block: 5px;
    border: 1px solid var(--_wait);
    background: repeating-linear-gradient(115deg, transparent 0 3px, color-mix(in oklab, var(--_wait) 50%, transparent) 3px 5px);
  }
  .bar.loop {
    inset-block: 6.5px;
    opacity: 0.5;
  }
  .bar.live {
    animation: pulse 1.4s ease-in-out infinite;
  }
  @keyframes pulse {
    50% {
      opacity: 0.55;
    }
  }
  .legend {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 6px;
    margin-block-start: 10px;
    color: var(--_quiet);
    font-size: 11.5px;
  }
  .key {
    inline-size: 12px;
    block-size: 8px;
    margin-inline-start: 8px;
    border-radius: 2px;
  }
  .key:first-child {
    margin-inline-start: 0;
  }
  .key.ok {
    background: var(--_ok);
  }
  .key.run {
    background: var(--_run);
  }
  .key.fail {
    background: var(--_fail);
  }
  .key.wait {
    border: 1px solid var(--_wait);
  }

  .log-frame {
    position: relative;
    margin-inline: -8px;
  }
  .log-scroll {
    block-size: var(--wf-log-height, 300px);
    overflow: auto;
    overscroll-behavior: contain;
  }
  .log {
    position: relative;
    overflow: hidden;
  }
  .log > li {
    position: absolute;
    inset-inline: 0;
    block-size: 30px;
  }
  .line {
    display: flex;
    align-items: center;
    gap: 8px;
    inline-size: 100%;
    block-size: 30px;
    padding: 0 8px;
    border: 0;
    border-radius: 7px;
    background: none;
    text-align: start;
    font-size: 12.5px;
    white-space: nowrap;
  }
  .line-time {
    flex: none;
    inline-size: 62px;
    color: var(--_quiet);
    text-align: end;
    font-size: 11.5px;
  }
  .line-icon {
    color: var(--_tone);
  }
  .line-step {
    flex: 0 1 auto;
    max-inline-size: 46%;
    font-weight: 550;
  }
  .line-text {
    flex: 1 1 0;
    min-inline-size: 40px;
    overflow: hidden;
    color: var(--_quiet);
    text-overflow: ellipsis;
  }
  .line.tone-fail .line-text {
    color: var(--_fail);
  }
  .follow {
    position: absolute;
    inset-block-end: 10px;
    inset-inline-end: 18px;
    background: var(--_raised);
  }
  .search {
    display: flex;
    align-items: center;
    gap: 6px;
    inline-size: min(180px, 45%);
    padding-inline-start: 8px;
    border: 1px solid var(--_line);
    border-radius: 8px;
    color: var(--_quiet);
  }
  .search:focus-within {
    outline: var(--_focus);
  }
  .search input[type='search'] {
    min-block-size: 28px;
    padding: 2px 6px 2px 0;
    border: 0;
    outline: 0;
    background: none;
    color: var(--_text);
    font-size: 12.5px;
  }

  @container workflow-runner (max-width: 460px) {
    .row {
      grid-template-columns: minmax(70px, 104px) minmax(50px, 1fr) 54px;
      gap: 7px;
    }
    .line-time {
      inline-size: 52px;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation: none !important;
      transition: none !important;
    }
  }
  @media (forced-colors: active) {
    .bar {
      border: 1px solid CanvasText;
    }
    .bar:is(.ok, .run, .fail) {
      forced-color-adjust: none;
    }
    .node .card {
      fill: Canvas;
      stroke: CanvasText;
    }
    .node .name,
    .node .kind,
    .port {
      fill: CanvasText;
    }
    .port {
      stroke: Canvas;
    }
    .key {
      forced-color-adjust: none;
    }
    .node.selected .halo,
    .node:focus-visible .halo {
      stroke: Highlight;
    }
    .edge path,
    .end circle {
      stroke: GrayText;
    }
    .edge.taken path {
      stroke: Highlight;
    }
    .row.selected,
    .line.selected {
      outline: 2px solid Highlight;
      outline-offset: -2px;
    }
    .pill,
    .badge,
    .button {
      border: 1px solid CanvasText;
    }
  }
`;

export const styles = [tokens, base, page, form, graph, history];
