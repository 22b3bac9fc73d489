/**
 * The most UTF-16 units of text in one row. A Durable Object's row holds 2 MB; a unit takes at most three bytes in UTF-8.
 */
export const CHUNK = 512 * 1024;

/** Cuts text into parts that fit a row each, never through a surrogate pair, which SQLite could not keep. */
export function split(text: string, size = CHUNK): string[] {
  if (text.length <= size) return [text];
  const parts: string[] = [];
  let start = 0;
  while (start < text.length) {
    let end = Math.min(start + size, text.length);
    const unit = text.charCodeAt(end - 1);
    if (end < text.length && unit >= 0xd800 && unit <= 0xdbff) end -= 1;
    parts.push(text.slice(start, end));
    start = end;
  }
  return parts;
}

/** Replaces a text of any length in the table `documents`, inside the caller's transaction. */
export function writeDocument(sql: SqlStorage, owner: string, kind: string, text: string): void {
  const parts = split(text);
  for (const [part, body] of parts.entries()) {
    sql.exec('INSERT OR REPLACE INTO documents (owner, kind, part, body) VALUES (?, ?, ?, ?)', owner, kind, part, body);
  }
  sql.exec('DELETE FROM documents WHERE owner = ? AND kind = ? AND part >= ?', owner, kind, parts.length);
}

/** The text written last, or undefined where there is none. */
export function readDocument(sql: SqlStorage, owner: string, kind: string): string | undefined {
  const rows = sql.exec<{ body: string }>(
    'SELECT body FROM documents WHERE owner = ? AND kind = ? ORDER BY part',
    owner,
    kind,
  );
  let text: string | undefined;
  for (const row of rows) text = (text ?? '') + row.body;
  return text;
}
