import { css } from 'lit';

/** Plain elements, buttons, and small things that stand everywhere. */
export const base = css`
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
