const simple: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['b', '\b'],
  ['f', '\f'],
  ['v', '\v'],
  ['0', '\0'],
  ['\n', ''],
  ['\u2028', ''],
  ['\u2029', ''],
]);

/**
 * What a quoted string says, its escapes as in JavaScript.
 * @param raw the literal with its quotes
 * @param fail called with a message and an offset into `raw` when an escape means nothing
 */
export function decodeString(raw: string, fail: (message: string, offset: number) => never): string {
  const body = raw.slice(1, -1);
  if (!body.includes('\\')) return body;
  let text = '';
  let index = 0;
  while (index < body.length) {
    const slash = body.indexOf('\\', index);
    if (slash === -1) return text + body.slice(index);
    const read = readEscape(body, slash + 1, (message) => fail(message, slash + 1));
    text += body.slice(index, slash) + read.text;
    index = read.end;
  }
  return text;
}

interface Escape {
  readonly text: string;
  readonly end: number;
}

function readEscape(body: string, at: number, fail: (message: string) => never): Escape {
  const letter = body.charAt(at);
  if (letter === 'x') return readHex(body, at + 1, 2, fail);
  if (letter === 'u')
    return body.charAt(at + 1) === '{' ? readBraced(body, at + 2, fail) : readHex(body, at + 1, 4, fail);
  if (letter === '\r') return { text: '', end: body.charAt(at + 1) === '\n' ? at + 2 : at + 1 };
  if (/[1-9]/.test(letter) || (letter === '0' && /[0-9]/.test(body.charAt(at + 1)))) {
    fail('Octal escapes are not allowed; write \\x and two hexadecimal digits');
  }
  return { text: simple.get(letter) ?? letter, end: at + 1 };
}

function readHex(body: string, at: number, digits: number, fail: (message: string) => never): Escape {
  const hex = body.slice(at, at + digits);
  if (hex.length !== digits || !/^[0-9a-fA-F]+$/.test(hex)) fail(`Expected ${digits} hexadecimal digits`);
  return { text: String.fromCharCode(Number.parseInt(hex, 16)), end: at + digits };
}

function readBraced(body: string, at: number, fail: (message: string) => never): Escape {
  const end = body.indexOf('}', at);
  const hex = end === -1 ? '' : body.slice(at, end);
  const code = /^[0-9a-fA-F]{1,8}$/.test(hex) ? Number.parseInt(hex, 16) : Number.POSITIVE_INFINITY;
  if (code > 0x10ffff) fail('Expected a code point, such as \\u{1F600}');
  return { text: String.fromCodePoint(code), end: end + 1 };
}
