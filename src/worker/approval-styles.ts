/**
 * The looks of the pages behind approval links. Served by the Worker itself: a site beside it may have any stylesheet of
 * its own, or none.
 */
export const APPROVAL_STYLES = `:root {
  color-scheme: light dark;
  --line: light-dark(#d9d8d2, #34403b);
  --strong: light-dark(#0d6b5c, #4fd0b5);
  --bad: light-dark(#b3202f, #ff8a96);
  font: 16px/1.5 system-ui, sans-serif;
  background: light-dark(#f6f5f1, #0f1413);
  color: light-dark(#17211e, #e8eeeb);
}
body {
  margin: 0;
}
main {
  box-sizing: border-box;
  inline-size: min(36rem, 100% - 2rem);
  margin: clamp(1rem, 8vh, 5rem) auto;
  padding: 1.25rem 1.5rem;
  border: 1px solid var(--line);
  border-radius: 14px;
  background: light-dark(#ffffff, #171d1b);
  overflow-wrap: break-word;
}
h1 {
  margin: 0 0 0.6rem;
  font-size: 1.4rem;
  line-height: 1.25;
}
p {
  margin: 0 0 1rem;
}
.text {
  white-space: pre-wrap;
}
label {
  font-weight: 600;
}
input:not([type="checkbox"]),
select,
textarea {
  box-sizing: border-box;
  inline-size: 100%;
  margin-block-start: 0.25rem;
  padding: 0.5rem 0.65rem;
  border: 1px solid light-dark(#8b918e, #67736e);
  border-radius: 8px;
  background: light-dark(#ffffff, #101413);
  color: inherit;
  font: inherit;
  font-weight: 400;
}
button {
  min-block-size: 44px;
  margin-inline-end: 0.4rem;
  padding: 0.4rem 1.4rem;
  border: 1px solid light-dark(#8b918e, #67736e);
  border-radius: 9px;
  background: none;
  color: inherit;
  font: inherit;
  font-weight: 600;
  cursor: pointer;
}
button[value="approved"] {
  border-color: var(--strong);
  background: var(--strong);
  color: light-dark(#ffffff, #08201b);
}
:focus-visible {
  outline: 3px solid var(--strong);
  outline-offset: 2px;
}
[aria-invalid] {
  outline: 2px solid var(--bad);
}
.refused {
  margin-block-end: 1rem;
  padding: 0.1rem 1rem;
  border-inline-start: 4px solid var(--bad);
}
.refused p {
  margin: 0.5rem 0 0;
}
small {
  color: light-dark(#545d59, #a3b0ab);
}
main > :last-child {
  margin-block-end: 0;
}
`;
