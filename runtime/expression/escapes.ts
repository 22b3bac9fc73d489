/** What a letter after the backslash stands for; any other stands for itself. A line that ends there goes on. */
const simple: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['b', '\b'],
  ['f', '\f'],
  ['v', '\v'],
  ['0', '\0'],
  ['\n', ''],
  ['\r', ''],
  ['\r\n', ''],
  ['\u2028', ''],
  ['\u2029', ''],
]);

/** A backslash and what it takes with it: a code point, or else one character; of digits two, to refuse octal ones. */
const escapes = /\\(?:u\{([\da-fA-F]{1,8})\}|u([\da-fA-F]{4})|x([\da-fA-F]{2})|(\r\n|\d\d?|.))/gs;

/**
 * What a quoted string says, its escapes as in JavaScript.
 * @param raw the literal with its quotes
 * @param fail called with a message and an offset into `raw` when an escape means nothing
 */
export function decodeString(raw: string, fail: (message: string, offset: number) => never): string {
  const body = raw.slice(1, -1);
  return body.replaceAll(escapes, (_all, braced?: string, four?: string, two?: string, letter = '', offset = 0) => {
    const hex = braced ?? four ?? two;
    const point = Number.parseInt(hex ?? '', 16);
    if (point <= 0x10ffff) return String.fromCodePoint(point);
    if (hex !== undefined || letter === 'u' || letter === 'x') {
      fail('Expected hexadecimal digits, such as \\x41, \\u0041 or \\u{1F600}', offset + 1);
    }
    if (/[1-9]|0./.test(letter))
      fail('Octal escapes are not allowed; write \\x and two hexadecimal digits', offset + 1);
    return simple.get(letter) ?? letter;
  });
}
