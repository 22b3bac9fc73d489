import { css } from 'lit';

/** The graph and the details of a step. */
export const graph = css`
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
  .join {
    fill: light-dark(#b4bbc7, #465063);
    transition: fill 250ms;
  }
  .join.met {
    fill: var(--_ok);
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
  .port.taken {
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
  .graph.still :is(.spinner > g, .card) {
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
  .child {
    display: grid;
    gap: 6px;
    justify-items: start;
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
