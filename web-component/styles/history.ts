import { css } from 'lit';

/** Timeline and log, and what a person’s settings change in all of it. */
export const history = css`
  .timeline {
    display: grid;
    max-block-size: var(--wf-timeline-height, 300px);
    overflow: auto;
    margin-inline: -8px;
  }
  .row {
    display: grid;
    grid-template-columns: minmax(90px, 170px) minmax(60px, 1fr) 62px;
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
  .row-name .row-count {
    flex: none;
    color: var(--_quiet);
    font-size: 12px;
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
  .bar.undo {
    border: 1px solid var(--_quiet);
    background: repeating-linear-gradient(65deg, transparent 0 2px, var(--_quiet) 2px 4px);
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
  .legend-part {
    display: inline-flex;
    align-items: center;
    gap: 6px;
  }
  .legend > .key:first-child {
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
  .key.undo {
    border: 1px solid var(--_quiet);
    background: repeating-linear-gradient(65deg, transparent 0 2px, var(--_quiet) 2px 4px);
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
    .row-name .row-count {
      display: none;
    }
    .row {
      grid-template-columns: minmax(70px, 44%) minmax(50px, 1fr) 54px;
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
