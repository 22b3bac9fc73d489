import { ValidationError } from '../../runtime/index.js';

/** The last item of a page: where the next one goes on. */
export interface Position {
  readonly startedAt: number;
  readonly id: string;
}

export function encodeCursor(position: Position): string {
  return `${position.startedAt.toString(36)}.${encodeURIComponent(position.id)}`;
}

/** @throws ValidationError `INVALID_REQUEST` for text that no page ever returned. */
export function decodeCursor(cursor: string): Position {
  const dot = cursor.indexOf('.');
  const startedAt = Number.parseInt(cursor.slice(0, dot), 36);
  const id = dot > 0 && Number.isSafeInteger(startedAt) ? decoded(cursor.slice(dot + 1)) : undefined;
  if (id !== undefined && encodeCursor({ startedAt, id }) === cursor) return { startedAt, id };
  const message = 'The cursor is not one that a page before returned.';
  throw new ValidationError(message, [{ code: 'INVALID_CURSOR', severity: 'error', path: '/cursor', message }], {
    code: 'INVALID_REQUEST',
    field: 'cursor',
  });
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
