/**
 * What people bring with them from other languages and other systems, and how it is said here. Only hints and warnings come
 * of it: nothing of it is understood.
 */
import { builtinFunctions } from '../expression/functions.js';
import { didYouMean } from './nearest.js';

/** What others call our fields, ports and types of steps. */
const WORDS: Readonly<Record<string, string>> = {
  stepSlug: 'id slug',
  stepType: 'type',
  nextSteps: 'next then',
  type: 'action tool',
  parameters: 'params inputs arguments args with',
  port: 'then next',
  when: 'if condition expression',
  expression: 'condition if when',
  userPrompt: 'prompt',
  for: 'duration seconds',
  items: 'list over foreach',
  true: 'yes',
  false: 'no',
  success: 'next',
  error: 'failed fail',
  next: 'body',
  done: 'complete completed finished success',
  action: 'task tool function http set_variables',
  condition: 'if choice',
  loop: 'for foreach for_each while map',
  wait: 'delay sleep pause',
  llm: 'agent ai prompt model',
  output: 'return succeed end',
};

/** As {@link didYouMean}, of words that stand for one of ours as well. */
export function wordMeant(word: string, ours: readonly string[]): string | undefined {
  const theirs = word.toLowerCase();
  const same = ours.find((one) => Object.hasOwn(WORDS, one) && WORDS[one]?.split(' ').includes(theirs));
  return same === undefined ? didYouMean(word, ours) : `Did you mean \`${same}\`?`;
}

/** Names that stand for something elsewhere. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^(?:none|nil)$/i, 'Nothing is written `null`.'],
  [/^\$?(?:env|process)$/, 'Declare a secret under `config.secrets`, or a value under `config.variables`.'],
  [/[‘-”]/, 'Write straight quotes.'],
  [/^(?:item|index)$/, 'Inside a loop it is `loop.item`, `loop.index`.'],
  [
    /^(?:\$.+|outputs?|results?|data|response|json)$/,
    'What a step gave is `steps.<slug>.output`; the last one, `lastOutput`.',
  ],
];

export function nameHint(name: string): string | undefined {
  return NAMES.find(([form]) => form.test(name))?.[1];
}

/** What is no expression here, though it is one elsewhere. */
const FORMS: readonly (readonly [RegExp, string])[] = [
  [/#(?:each|if|unless)\b/, 'Write `{{#list}}…{{/list}}`, or `{{^list}}…{{/list}}`.'],
  [/^\s*=/, 'Leave it out.'],
  [/^[^?]*\|\s*\w+\s*:/, "Write `list|join(', ')`."],
  [/=>|\blambda\b|\[\*\]/, "Write `list|map('name')`, `list|filter('price > 10')` or `list[.price > 10]`."],
  [/`/, 'Texts stand in quotes, and are put together with `+`.'],
  [/\bDate\b/, "The time is `now`: `now|addDays(1)`, `now|formatDate('YYYY-MM-DD')`."],
  [/\bJSON\b/, 'Write `value|json`, or `text|parseJSON`.'],
  [/\blen\b/, 'Write `value|length`.'],
  [/\bif\b/, 'Write `condition ? one : other`.'],
  [/<>|\b(?:not|is|AND|OR|NOT)\b/, 'Write `!`, `==`, `!=`, `&&`, `||`; `one in list`, `!(one in list)`.'],
];

/** How to write what stands in a text that is no expression, where that is known. */
export function textHint(source: string): string | undefined {
  const code = source.replace(/'[^']*'|"[^"]*"/g, '');
  const form = FORMS.find(([one]) => one.test(code));
  if (form !== undefined) return form[1];
  const [, method = ''] = /\.\s*(?:to)?(\w+)\s*\(/.exec(code) ?? [];
  const wanted = method.toLowerCase().replace(/case$/, '');
  const name = [...builtinFunctions.keys()].find((one) => one.toLowerCase() === wanted);
  return name && `Write \`value|${name}\`.`;
}

const ROOTS = '(?:input|steps|secrets|variables|loop)';
const PATH = `${ROOTS}(?:\\??\\.\\w+|\\[['"]?[\\w-]+['"]?\\])+`;
/** A whole text that begins as an expression, a path in the brackets of other systems, and a template within quotes. */
const BARE = new RegExp(`^\\s*(?:=|\\$\\.?)?(${PATH}(?:\\s*[|*+<>=!?&].{0,80})?)\\s*$`);
const BRACKETED = new RegExp(`(?:\\$|^|[^{])\\{\\s*(${PATH})\\s*\\}`);
const QUOTED = /(['"])\{\{[^{}]*\}\}\1/;
/** A whole text that goes on after a template as an expression would. */
const BROKEN = /^\(*\{\{[^{}]*\}\}\)*\s+(?:[*+<>]=?\s*[\d(]|\*\s*\{|[!=]==?\s|\?\s.*\s:\s).{0,80}$/;
const SIGN = /^=(?=\{\{)|\$(?=\{\{\s*secrets\b)/;
const FORMAT = /\bformatDate\(\s*['"]([^'"]*)['"]/;
/** Years and days in small letters, and what begins with a percent sign. */
const FOREIGN = /y|%\w|(?:^|[^d])dd?(?:[^d]|$)/;
const WHOLE = /\{\{\s*(steps(?:\.\w+|\['[\w-]+'\]))\s*\}\}/;

export interface Oddity {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** What in a text is most likely not what was meant, though nothing is wrong with it. */
export function oddityOf(text: string): Oddity | undefined {
  const meant = (text.includes('{') ? BRACKETED : BARE).exec(text)?.[1] ?? BROKEN.exec(text)?.[0];
  if (meant !== undefined) return notATemplate(meant);
  const sign = SIGN.exec(text)?.[0];
  if (sign !== undefined) {
    const message = `The \`${sign}\` before the template is plain text, and makes a text of what it gives.`;
    return { code: 'NOT_A_TEMPLATE', message, hint: 'Leave it out.' };
  }
  const whole = WHOLE.exec(text)?.[1];
  if (whole === undefined) return text.includes('{{') ? formatOddity(text) : undefined;
  const message = `\`${whole}\` is all that there is of a step: its output, its error and its attempts.`;
  return { code: 'WHOLE_RESULT', message, hint: `Its output is \`${whole}.output\`.` };
}

/** As {@link oddityOf}, in an expression. */
export function expressionOddity(source: string): Oddity | undefined {
  const quoted = QUOTED.exec(source)?.[0];
  return quoted === undefined ? formatOddity(source) : notATemplate(quoted);
}

/** A pattern as others write it gives a text with its letters left in. */
function formatOddity(source: string): Oddity | undefined {
  const pattern = FORMAT.exec(source)?.[1];
  if (pattern === undefined || !FOREIGN.test(pattern.replace(/\[.*?\]/g, ''))) return undefined;
  const message = `\`${pattern}\` is no pattern of \`formatDate\`: some of its letters stay as they are.`;
  return { code: 'BAD_FORMAT', message, hint: 'It knows YYYY, MM, DD, HH, mm and ss, and `[text]` as it is.' };
}

function notATemplate(text: string): Oddity {
  const message = `\`${text}\` is plain text here, and is not worked out.`;
  const value = text.replace(/['"]?(?:\{\{|\}\})['"]?/g, '');
  return { code: 'NOT_A_TEMPLATE', message, hint: `The value is written \`{{${value}}}\`.` };
}
