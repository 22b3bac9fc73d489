import type { Issue } from '../../runtime/index.js';
import type { Json } from '../../runtime/ports.js';
import type { SourceFile } from './files.js';
import type { Paint } from './paint.js';
import { line, type Shown, show } from './shown.js';

type Place = Pick<SourceFile, 'name' | 'locate'>;

/** `file:line:column: error: message [CODE]`, and below it what to do. Editors make such lines clickable. */
export function issueText(file: Place, issue: Issue, colours: Paint): Shown {
  const at = issue.location ?? file.locate(issue.path);
  const place = at === undefined ? file.name : `${file.name}:${at.line}:${at.column}`;
  const severity = issue.severity === 'error' ? colours.red('error') : colours.yellow('warning');
  const hint = issue.hint === undefined ? '' : line`    ${issue.hint}`;
  return show`${line`${colours.bold(place)}: ${severity}: ${placeless(issue)} ${colours.dim(`[${issue.code}]`)}`}${hint}`;
}

/** The message without the place, which stands before it already. */
function placeless({ message, location }: Issue): string {
  const place = location === undefined ? '' : `Line ${location.line}, column ${location.column}: `;
  if (place === '' || !message.startsWith(place)) return message;
  const rest = message.slice(place.length);
  return `${rest.charAt(0).toUpperCase()}${rest.slice(1)}`;
}

/** An issue with its place, for machines. */
export function issueJson(file: Place, issue: Issue): Record<string, Json> {
  const at = issue.location ?? file.locate(issue.path);
  const { code, severity, path, step, field, message, hint } = issue;
  return {
    code,
    severity,
    path,
    ...(at === undefined ? {} : { line: at.line, column: at.column }),
    ...(step === undefined ? {} : { step }),
    ...(field === undefined ? {} : { field }),
    message,
    ...(hint === undefined ? {} : { hint }),
  };
}

/** "2 errors", "1 warning". */
export function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}
