import { css } from 'lit';

/** How the panels stand, and what is shown around a run. */
export const page = css`
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
  .tools .button {
    gap: 6px;
    padding-inline: 9px;
    font-size: 13px;
  }
  .controls {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
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

  .approval {
    display: grid;
    gap: 6px;
    border-color: color-mix(in oklab, var(--_wait) 55%, var(--_line));
    background: color-mix(in oklab, var(--_wait) 5%, var(--_panel));
  }
  .approval .panel-title .icon {
    color: var(--_wait);
    font-size: 15px;
  }
  .approval-text {
    white-space: pre-line;
    overflow-wrap: anywhere;
    text-wrap: pretty;
  }
  .approval-facts {
    font-size: 12.5px;
  }
  .approval form {
    margin-block-start: 6px;
  }
  .approval textarea:not(.code) {
    min-block-size: 56px;
  }
  .decide {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
  }
  .decide .button {
    flex: 1 1 120px;
    min-block-size: 38px;
    max-inline-size: 240px;
  }
  .outcome:not(.panel) {
    display: grid;
    gap: 10px;
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

  @container workflow-runner (max-width: 560px) {
    .badges {
      gap: 4px;
    }
    .badge {
      gap: 4px;
      padding-inline: 6px;
      font-size: 11.5px;
    }
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
