/**
 * Who may import whom. The rules are the two tables below; the rest reads the imports (type-only ones too) from the
 * syntax trees and reports what breaks a rule, any import cycle, and any use of machine-dependent time in the core.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { parseSync } from 'vite';

const base = ['json', 'errors', 'shapes', 'ports', 'common'];

/**
 * The first pattern that matches a file names its layer. A layer may import itself, the layers in `may`, in types only
 * those in `types`, and of packages only those in `packages` (a name, or a prefix that ends with a colon or a slash).
 * @type {{ layer: string, files: RegExp, may: string[], types?: string[], packages: string[] }[]}
 */
const layers = [
  { layer: 'json', files: /^runtime\/json\.ts$/, may: [], packages: ['@noble/hashes/'] },
  { layer: 'errors', files: /^runtime\/errors\.ts$/, may: ['json'], packages: [] },
  { layer: 'shapes', files: /^runtime\/engine\/(journal|state)\.ts$/, may: ['json', 'errors'], packages: [] },
  {
    layer: 'ports',
    files: /^runtime\/ports\.ts$/,
    may: ['json', 'errors', 'shapes'],
    types: ['expression'],
    packages: [],
  },
  { layer: 'parse', files: /^runtime\/expression\/parse\.ts$/, may: [...base, 'expression'], packages: ['jsep'] },
  { layer: 'expression', files: /^runtime\/expression\//, may: [...base, 'parse'], packages: [] },
  {
    layer: 'mustache',
    files: /^runtime\/template\/compile\.ts$/,
    may: [...base, 'expression', 'parse', 'template'],
    packages: ['mustache'],
  },
  {
    layer: 'template',
    files: /^runtime\/template\//,
    may: [...base, 'expression', 'parse', 'mustache'],
    packages: [],
  },
  {
    layer: 'definition',
    files: /^runtime\/definition\//,
    may: [...base, 'expression', 'parse', 'template', 'mustache'],
    packages: ['@cfworker/json-schema', '@noble/hashes/'],
  },
  { layer: 'drawing', files: /^runtime\/drawing\//, may: [...base, 'definition'], packages: [] },
  {
    layer: 'engine',
    files: /^runtime\/engine\//,
    may: [...base, 'expression', 'parse', 'template', 'mustache', 'definition'],
    types: ['actions'],
    packages: ['@noble/hashes/', 'croner'],
  },
  {
    layer: 'actions',
    files: /^runtime\/actions\//,
    may: [...base, 'definition'],
    types: ['engine', 'expression', 'template', 'mustache'],
    packages: ['@cfworker/json-schema'],
  },
  { layer: 'memory', files: /^runtime\/memory\//, may: [...base, 'definition'], types: ['engine'], packages: [] },
  {
    layer: 'testing',
    files: /^runtime\/testing\//,
    may: [...base, 'expression', 'definition', 'engine', 'memory'],
    types: ['template', 'actions'],
    packages: [],
  },
  {
    layer: 'index',
    files: /^runtime\/(index|run|plan|actions|operations|testing|tooling)\.ts$/,
    may: [
      ...base,
      'expression',
      'parse',
      'template',
      'mustache',
      'definition',
      'drawing',
      'engine',
      'actions',
      'memory',
      'testing',
    ],
    packages: [],
  },
  // Any other file beside index.ts: small helpers that know nothing of workflows.
  { layer: 'common', files: /^runtime\/[^/]+\.ts$/, may: ['json', 'errors'], packages: ['@noble/hashes/'] },
  {
    layer: 'worker',
    files: /^src\/worker\//,
    may: ['index', 'ports'],
    packages: ['cloudflare:', 'hono', 'hono/', '@hono/', 'croner', '@noble/hashes/', '@cfworker/json-schema'],
  },
  { layer: 'cli', files: /^src\/cli\//, may: ['index', 'ports'], packages: ['node:', 'yaml'] },
  {
    layer: 'web-component',
    files: /^web-component\//,
    may: ['index', 'ports'],
    packages: ['lit', 'lit/', 'idb'],
  },
];

/**
 * Entries that lead, by whatever way, to no file of the layers in `without`, and to no package: but for those in `later`,
 * by an `import()`.
 * @type {{ entry: string, without: string[], later: string[] }[]}
 */
const apart = [
  { entry: 'runtime/run.ts', without: ['parse', 'mustache'], later: [] },
  { entry: 'runtime/plan.ts', without: ['parse', 'mustache'], later: ['@cfworker/json-schema'] },
];

/** The core answers the same on every machine: it reads no clock, no time zone and no locale of its own. */
const dependsOnMachine =
  /^(toLocale\w*|localeCompare|[gs]et(FullYear|Month|Date|Day|Hours|Minutes|Seconds|Milliseconds)|getTimezoneOffset)$/;

/** Which time zones there are, only the machine can say; a schedule is checked against those it will be reckoned in. */
const zones = 'runtime/definition/time-zone.ts';

/** @typedef {{ to: string, isFile: boolean, typeOnly: boolean, later: boolean, line: number }} Import */
/** @typedef {{ type: string, start: number, [key: string]: unknown }} Node */

const published = globSync(['runtime/**/*.ts', 'src/**/*.{ts,tsx}', 'web-component/**/*.ts']);
const others = globSync(['{test,bench,examples,tools}/**/*.{ts,mjs}'], {
  exclude: ['**/node_modules/**', '**/dist/**', '**/fixtures/**', '**/.wrangler/**'],
});
/** @type {Map<string, Import[]>} */
const graph = new Map();
/** @type {string[]} */
const problems = [];

for (const file of [...published, ...others].map((path) => path.replaceAll('\\', '/'))) {
  if (!file.endsWith('.d.ts')) graph.set(file, read(file));
}
for (const file of published) checkLayer(file.replaceAll('\\', '/'));
for (const one of apart) checkApart(one);
for (const cycle of cycles()) problems.push(`import cycle: ${cycle.join(' → ')}`);

if (graph.size === 0) problems.push('no file was checked');
for (const problem of problems) console.error(problem);
console.log(`${graph.size} files, ${problems.length} problems with their boundaries`);
process.exitCode = problems.length > 0 ? 1 : 0;

/**
 * @param {string} file
 * @returns {Import[]}
 */
function read(file) {
  const text = readFileSync(file, 'utf8');
  const { program, errors } = parseSync(file, text);
  for (const error of errors) problems.push(`${file}: ${error.message}`);
  /** @type {Import[]} */
  const imports = [];
  const lineAt = (/** @type {number} */ offset) => text.slice(0, offset).split('\n').length;
  visit(program, (node) => {
    const target = importTarget(node);
    if (target) {
      const isFile = target.startsWith('.');
      imports.push({
        to: isFile ? resolve(file, target) : target,
        isFile,
        typeOnly: isTypeOnly(node),
        later: node.type === 'ImportExpression',
        line: lineAt(node.start),
      });
    }
    const machine = file.startsWith('runtime/') && file !== zones && machineUse(node);
    if (machine) problems.push(`${file}:${lineAt(node.start)} ${machine} differs from machine to machine`);
  });
  return imports;
}

/**
 * @param {unknown} value
 * @param {(node: Node) => void} enter
 */
function visit(value, enter) {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, enter);
  } else if (isNode(value)) {
    enter(value);
    for (const child of Object.values(value)) visit(child, enter);
  }
}

/**
 * @param {unknown} value
 * @returns {value is Node}
 */
function isNode(value) {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/**
 * The module that a node imports, if it imports one.
 * @param {Node} node
 */
function importTarget(node) {
  const carriers = [
    'ImportDeclaration',
    'ExportNamedDeclaration',
    'ExportAllDeclaration',
    'ImportExpression',
    'TSImportType',
    'TSExternalModuleReference',
  ];
  if (!carriers.includes(node.type)) return undefined;
  const source = node.source ?? node.argument ?? node.expression;
  if (!isNode(source)) return undefined;
  return typeof source.value === 'string' ? source.value : undefined;
}

/** @param {Node} node */
function isTypeOnly(node) {
  if (node.type === 'TSImportType' || node.importKind === 'type' || node.exportKind === 'type') return true;
  const { specifiers } = node;
  return (
    Array.isArray(specifiers) &&
    specifiers.length > 0 &&
    specifiers.every((specifier) => specifier.importKind === 'type' || specifier.exportKind === 'type')
  );
}

/** @param {Node} node */
function machineUse(node) {
  if (node.type === 'NewExpression' || node.type === 'CallExpression') {
    const called = node.callee;
    const noClock = node.type === 'NewExpression' && Array.isArray(node.arguments) && node.arguments.length > 0;
    if (isNode(called) && called.type === 'Identifier' && called.name === 'Date' && !noClock) return 'the current date';
  }
  if (node.type === 'Identifier' && node.name === 'Intl') return 'Intl';
  if (node.type !== 'MemberExpression' || !isNode(node.property)) return undefined;
  const name = node.property.name ?? node.property.value;
  return typeof name === 'string' && dependsOnMachine.test(name) ? `.${name}` : undefined;
}

/**
 * @param {string} from
 * @param {string} target
 */
function resolve(from, target) {
  const path = normalize(join(dirname(from), target)).replaceAll('\\', '/');
  const jsx = path.replace(/\.js$/, '.tsx');
  return existsSync(jsx) ? jsx : path.replace(/\.js$/, '.ts');
}

/** @param {string} file */
function layerOf(file) {
  return layers.find(({ files }) => files.test(file));
}

/** @param {string} file */
function checkLayer(file) {
  if (file.endsWith('.d.ts')) return;
  const own = layerOf(file);
  if (!own) {
    problems.push(`${file} belongs to no layer: move it into one, or give it one in tools/boundaries.mjs`);
    return;
  }
  for (const { to, isFile, typeOnly, line } of graph.get(file) ?? []) {
    const other = layerOf(to);
    if (!isFile) {
      const allowed = own.packages.some((name) => (/[:/]$/.test(name) ? to.startsWith(name) : to === name));
      if (!allowed) problems.push(`${file}:${line} ${own.layer} may not import the package ${to}`);
    } else if (other) {
      const allowed =
        other === own || own.may.includes(other.layer) || (typeOnly && (own.types ?? []).includes(other.layer));
      if (!allowed) problems.push(`${file}:${line} ${own.layer} may not import ${other.layer} (${to})`);
    } else if (!to.endsWith('.json') || /^(test|bench|examples|tools)\//.test(to)) {
      problems.push(`${file}:${line} ${own.layer} may not import ${to}`);
    }
  }
}

/** @param {(typeof apart)[number]} rule */
function checkApart({ entry, without, later }) {
  const atOnce = reached([entry], (one) => !one.later);
  for (const file of reached([entry], () => true)) {
    const layer = layerOf(file)?.layer ?? '';
    if (without.includes(layer)) problems.push(`${entry} leads to ${file}, and may not to ${layer}`);
    for (const { to, isFile, typeOnly } of graph.get(file) ?? []) {
      if (isFile || typeOnly || (!atOnce.has(file) && later.includes(to))) continue;
      problems.push(`${entry} leads to the package ${to}, by ${file}`);
    }
  }
}

/**
 * The files that are run with some, themselves among them.
 * @param {string[]} files
 * @param {(one: Import) => boolean} follows
 */
function reached(files, follows) {
  const found = new Set(files);
  for (const file of found) {
    for (const one of graph.get(file) ?? []) if (one.isFile && !one.typeOnly && follows(one)) found.add(one.to);
  }
  return found;
}

/** Each group of files that import one another in a circle, found as strongly connected components (Tarjan). */
function cycles() {
  /** @type {string[][]} */
  const found = [];
  /** @type {Map<string, { index: number, low: number }>} */
  const seen = new Map();
  /** @type {string[]} */
  const stack = [];
  /** @param {string} file */
  const enter = (file) => {
    const mark = { index: seen.size, low: seen.size };
    seen.set(file, mark);
    stack.push(file);
    for (const { to } of graph.get(file) ?? []) {
      if (!graph.has(to)) continue;
      if (to === file) found.push([file, file]);
      const known = seen.get(to);
      if (!known) mark.low = Math.min(mark.low, enter(to).low);
      else if (stack.includes(to)) mark.low = Math.min(mark.low, known.index);
    }
    if (mark.low === mark.index) {
      const group = stack.splice(stack.indexOf(file));
      if (group.length > 1) found.push(circle(group));
    }
    return mark;
  };
  for (const file of graph.keys()) if (!seen.has(file)) enter(file);
  return found;
}

/**
 * One actual circle within a group of files that reach one another.
 * @param {string[]} group
 */
function circle(group) {
  /** @type {string[]} */
  const path = [];
  let file = group[0];
  while (file !== undefined && !path.includes(file)) {
    path.push(file);
    file = graph.get(file)?.find(({ to }) => group.includes(to))?.to;
  }
  return file === undefined ? path : [...path.slice(path.indexOf(file)), file];
}
