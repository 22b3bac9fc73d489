import { css } from 'lit';

/** The form. */
export const form = css`
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
  input[type='file'] {
    padding: 3px;
    color: var(--_quiet);
    font-size: 13px;
  }
  ::file-selector-button {
    min-block-size: 28px;
    margin-inline-end: 10px;
    padding: 2px 10px;
    border: 1px solid var(--_line);
    border-radius: 6px;
    background: var(--_raised);
    color: var(--_text);
    font: 550 13px var(--_font);
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
  .wrong :is(input:not([type='checkbox']), select, textarea, .choices) {
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
