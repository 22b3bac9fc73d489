/**
 * What each published attack on expressions must come to, and why: an attack that is refused because it is badly built
 * shows nothing. Most are code of JavaScript, which is no expression here; so each also comes turned into our grammar, to
 * go for the same thing.
 */

/** Refused, with a code and words of its message; or else a value, undefined where what is asked for is not there. */
export type Verdict = { readonly code: string; readonly says: string } | { readonly gives: unknown };

export interface Judged {
  readonly verdict: Verdict;
  /** The same attack as an expression of ours. */
  readonly turned: readonly (readonly [source: string, verdict: Verdict])[];
}

const nothing: Verdict = { gives: undefined };
const gives = (value: unknown): Verdict => ({ gives: value });
const invalid = (says: string): Verdict => ({ code: 'EXPRESSION_INVALID', says });
const tooMuch = (says: string): Verdict => ({ code: 'EXPRESSION_LIMIT', says });

const noMethods = invalid('Values have no methods');
const noAssignment = invalid('to compare, write ==');
/** A function of JavaScript: its body is read as an object, its parameters as a group without anything in it. */
const noFunction = invalid('Expected : after a key');
const noArrow = invalid('Expected an expression between the parentheses');
const notCalled = (name: string): Verdict => invalid(`There is no function ${name}`);
const noKey = invalid('A key must be a text or a number');

const finds = (...sources: string[]) => sources.map((source) => [source, nothing] as const);

const constructors = finds(
  'constructor',
  'constructor.constructor',
  'a.constructor.constructor',
  "a['constructor']['constructor']",
  "''['c' + 'onstructor']['c' + 'onstructor']",
  '(0).toFixed.constructor',
  '({})["toString"]["constructor"]',
  '{}[true ? "constructor" : "benign"]',
  "a|get('constructor.constructor')",
  "[a]|map('constructor')|first",
  '[a][.constructor]|first',
);
const called = [["constructor('return process')", notCalled('constructor')]] as const;
const globals = finds('process', 'process.mainModule', 'globalThis', 'require', 'a?.process?.env', 'Function.name');

export const verdicts: Readonly<Record<string, Judged>> = {
  'ctor-1': { verdict: noMethods, turned: [...constructors, ...called, ['this.a', invalid('no "this"')]] },
  'ctor-2': { verdict: noFunction, turned: globals },
  'ctor-arr': {
    verdict: noMethods,
    turned: [
      ["''[['constructor']]", noKey],
      ["''[['constructor']][['constructor']]", noKey],
    ],
  },
  'ctor-arr2': { verdict: noMethods, turned: [['({})[["toString"]]', noKey], ...constructors] },
  'ctor-assign': { verdict: noAssignment, turned: constructors },
  'ctor-runtime-key': { verdict: noFunction, turned: constructors },
  'num-ctor': { verdict: noMethods, turned: constructors },
  'proto-1': { verdict: nothing, turned: finds('"".toLowerCase', '"".toLowerCase.__proto__') },
  'proto-3': {
    verdict: nothing,
    turned: finds('obj.__proto__', "obj|get('__proto__')", '__proto__', "obj['__proto__'].polluted"),
  },
  'proto-esc': {
    verdict: nothing,
    turned: finds(String.raw`object["\u005f_proto__"]`, String.raw`object['__pro\x74o__']`),
  },
  // `+{…}` is no number.
  'proto-len': {
    verdict: gives(null),
    turned: [
      ['+{length: 4e9}', gives(null)],
      ['{length: 4e9}|join', gives('')],
    ],
  },
  'pollute-1': {
    verdict: noAssignment,
    turned: [
      ...finds(
        '{}|merge({__proto__: {polluted: 1}})|get("polluted")',
        "[['__proto__', {polluted: 1}]]|fromEntries|get('polluted')",
      ),
      ['Object.assign({}, a)', noMethods],
    ],
  },
  'identifier-inherit': { verdict: nothing, turned: finds('toString.name', "'toString' in a ? 1 : undefined") },
  'identifier-inherit2': { verdict: nothing, turned: finds('valueOf', '__defineGetter__', 'isPrototypeOf') },
  // The entry tells in words of a tree that is handed to the walker; whoever writes text gets there by these.
  'operator-inherit': {
    verdict: invalid('expected an operator'),
    turned: [
      ['1 constructor 2', invalid('expected an operator')],
      ['1 toString 2', invalid('expected an operator')],
      ['1|constructor', notCalled('constructor')],
      ['1|toString(2)', notCalled('toString')],
      ['1|__proto__', notCalled('__proto__')],
    ],
  },
  'jsonpath-226-2': {
    verdict: noAssignment,
    turned: finds('con', 'con.defineProperty', 'con.getOwnPropertyDescriptor', "con['entries']"),
  },
  'jsonpath-10.4.1': {
    verdict: noMethods,
    turned: finds('a.getPrototypeOf', 'a.constructor[a.getPrototypeOf]', 'Object.getPrototypeOf'),
  },
  'jsonpath-10.4.1-call': { verdict: noMethods, turned: finds('a.constructor.call', 'fn.call', 'fn.apply') },
  'jsonpath-10.4.1-bind': { verdict: noMethods, turned: finds('a.constructor.bind', 'fn.bind') },
  'asyncfn-ctor': {
    verdict: noMethods,
    turned: [
      ...finds('af', 'af.constructor'),
      ["af('return 1')", notCalled('af')],
      ['[af]', gives([null])],
      ['af|string', gives('')],
    ],
  },
  'n8n-destructure-computed': { verdict: noArrow, turned: constructors },
  'n8n-with': { verdict: noFunction, turned: [...constructors, ...called] },
  'n8n-class': {
    verdict: noArrow,
    turned: finds('Function', 'instance.method', 'instance.inherited', 'instance.constructor'),
  },
  'n8n-this-arrow': { verdict: noArrow, turned: [...globals, ['this?.process?.env', invalid('no "this"')]] },
  'n8n-prepareStack': { verdict: noAssignment, turned: finds('Error', 'Error.prepareStackTrace', 'error.stack') },
  'jsonata-1': {
    verdict: invalid('Unexpected "~"'),
    turned: [['{}|__proto__({"is_admin": true})', notCalled('__proto__')]],
  },
  'jsonata-3': {
    verdict: invalid('Unexpected "~"'),
    turned: [['{}|constructor({"is_admin": true})', notCalled('constructor')]],
  },
  // `fn` is a function of the host's scope: no data. `then` of an object that is not awaited is a key like any other.
  thenable: {
    verdict: gives({}),
    turned: [...finds('thenable.then', 'thenable["then"]'), ['{then: 1}|keys', gives(['then'])]],
  },
  // No function takes a regular expression: what looks like one is looked for as it stands.
  redos: {
    verdict: notCalled('matches'),
    turned: [
      ['"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!" contains "(a+)+$"', gives(false)],
      ['"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"|replace("(a+)+$", "")|length', gives(33)],
    ],
  },
  'dos-repeat': { verdict: noMethods, turned: [["'x'|repeat(1e9)", tooMuch('characters allowed')]] },
  'dos-join': {
    verdict: tooMuch('elements allowed'),
    turned: [["range(0, 40000)|join('xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx')", tooMuch('characters allowed')]],
  },
  'dos-len': {
    verdict: tooMuch('characters allowed'),
    turned: [[`${'1+'.repeat(6000)}1`, tooMuch('characters allowed')]],
  },
};

/** Of templates; the other entries are written out where they are tried. */
export const templateVerdicts: Readonly<Record<string, Verdict>> = {
  'm-ctor': gives('<>'),
  'm-hop': gives('<>'),
  'm-fnctor': gives('<>'),
  // A call of a helper by the name of `lookup`, without commas.
  'hb-1': invalid('Expected , between values'),
  'hb-partial': { code: 'TEMPLATE_INVALID', says: 'Partials' },
};
