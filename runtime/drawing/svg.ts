/**
 * The picture of a plan as an SVG that stands alone: one element, no script, nothing to load. Every text of the author is
 * data in it, and nothing of it is read as markup.
 *
 * Colours are attributes, so that it is complete for any viewer and where a page forbids styles; its style sheet does no
 * more than replace them where the reader prefers a dark ground.
 */
import type { Plan, PlanStep } from '../definition/plan.js';
import { isJsonObject, type Json } from '../json.js';
import { NODE, type PlacedEdge, type PlacedLoop, type PlacedNode } from './layout-model.js';
import { layoutOf } from './plan-layout.js';
import { type Colour, type StepType, stepColours, stepIcons, stepNames } from './step-look.js';

const MARGIN = 18;
const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";
/** Characters of a line; what is wider than its box fades out before that. */
const LONGEST_LINE = 60;
const LONGEST_PORTS = 40;
/** Where the text of a step begins, and how much room it has. */
const TEXT = { x: 52, width: NODE.width - 52 - 8 } as const;
/** Where it begins to fade out. */
const FADE = 0.88;
const WIDEST_NAME = TEXT.width * FADE;

const ground: Colour = { light: '#f6f7f9', dark: '#0c0e12' };
const card: Colour = { light: '#ffffff', dark: '#15181f' };
const border: Colour = { light: '#d9dde4', dark: '#2f3541' };
const words: Colour = { light: '#171a21', dark: '#e9ebf0' };
const quiet: Colour = { light: '#59616f', dark: '#9aa3b2' };
const way: Colour = { light: '#9aa3b2', dark: '#566175' };
const failing: Colour = { light: '#c97b84', dark: '#a8656b' };

/** An SVG document, in pixels at its natural size. */
export function toSvg(plan: Plan): string {
  const { width, height, nodes, edges, loops } = layoutOf(plan);
  const box = { width: Math.ceil(width) + 2 * MARGIN, height: Math.ceil(height) + 2 * MARGIN };
  const types = [...new Set(plan.order.map(({ type }) => type))];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="newtflow" width="${box.width}" height="${box.height}" viewBox="${-MARGIN} ${-MARGIN} ${box.width} ${box.height}" role="img" direction="ltr" font-family="${FONT}">`,
    `<title>${line(plan.name)}</title>`,
    `<style>${darkStyle(types)}</style>`,
    definitions(),
    `<rect class="ground" x="${-MARGIN}" y="${-MARGIN}" width="${box.width}" height="${box.height}" rx="12" fill="${ground.light}"/>`,
    ...loops.map(frame),
    ...loops.flatMap(join),
    '<g fill="none" stroke-width="1.6">',
    ...edges.map(edgePath),
    '</g>',
    `<g class="port" font-size="11" font-weight="500" text-anchor="middle" fill="${quiet.light}" stroke="${ground.light}" stroke-width="5" stroke-linejoin="round" paint-order="stroke">`,
    ...edges.flatMap(portLabel),
    ...nodes.filter(({ id }) => id === plan.config.onError).map(({ x, y }) => smallText({ x, y: y - 9 }, 'on error')),
    '</g>',
    ...nodes.map((node) => (node.end ? end(node) : stepCard(plan, node))),
    '</svg>',
    '',
  ].join('\n');
}

function definitions(): string {
  const arrow = (kind: string, { light }: Colour): string =>
    `<marker id="newtflow-${kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="${kind}-head" d="M0.5 0.8 7 4 0.5 7.2z" fill="${light}"/></marker>`;
  const area = `x="${TEXT.x - 2}" y="2" width="${TEXT.width + 2}" height="${NODE.height - 4}"`;
  return [
    '<defs>',
    arrow('way', way),
    arrow('failing', failing),
    `<linearGradient id="newtflow-fading"><stop offset="${FADE}" stop-color="#fff"/><stop offset="1" stop-color="#000"/></linearGradient>`,
    `<mask id="newtflow-fade" maskUnits="userSpaceOnUse" ${area}><rect ${area} fill="url(#newtflow-fading)"/></mask>`,
    '</defs>',
  ].join('');
}

/** Rules reach nothing outside, should the picture be put into a page. */
function darkStyle(types: readonly StepType[]): string {
  const rule = (selector: string, property: 'fill' | 'stroke', { dark }: Colour): string =>
    `.newtflow ${selector}{${property}:${dark}}`;
  const rules = [
    rule('.ground', 'fill', ground),
    rule('.card', 'fill', card),
    rule('.card', 'stroke', border),
    rule('.name', 'fill', words),
    rule('.kind', 'fill', quiet),
    rule('.port', 'fill', quiet),
    rule('.port', 'stroke', ground),
    rule('.way', 'stroke', way),
    rule('.way-head', 'fill', way),
    rule('.failing', 'stroke', failing),
    rule('.failing-head', 'fill', failing),
    rule('.frame', 'fill', stepColours.loop),
    rule('.frame', 'stroke', stepColours.loop),
    rule('.ring', 'fill', card),
    rule('.join', 'fill', way),
    ...types.flatMap((type) => [
      rule(`.${type} .tile`, 'fill', stepColours[type]),
      rule(`.${type} .icon`, 'stroke', stepColours[type]),
    ]),
  ];
  return `@media (prefers-color-scheme:dark){${rules.join('')}}`;
}

function frame({ x, y, width, height }: PlacedLoop): string {
  const { light } = stepColours.loop;
  return `<rect class="frame" x="${x}" y="${y}" width="${width}" height="${height}" rx="14" fill="${light}" fill-opacity="0.05" stroke="${light}" stroke-opacity="0.4" stroke-dasharray="3 4"/>`;
}

/** Where branches meet. */
function join({ join: bar, y, height }: PlacedLoop): string[] {
  if (bar === null) return [];
  const [x, width] = [bar.from, bar.to - bar.from];
  return [`<rect class="join" x="${x}" y="${y + height - 3}" width="${width}" height="6" rx="3" fill="${way.light}"/>`];
}

const isFailing = ({ ports }: PlacedEdge): boolean => ports.every((port) => port === 'error' || port === 'failure');

function edgePath(edge: PlacedEdge): string {
  const [kind, { light }] = isFailing(edge) ? ['failing', failing] : ['way', way];
  const dashes = isFailing(edge) ? ' stroke-dasharray="4 4"' : edge.back ? ' stroke-dasharray="2 4"' : '';
  return `<path class="${kind}" d="${edge.path}" stroke="${light}"${dashes} marker-end="url(#newtflow-${kind})"/>`;
}

function portLabel({ ports, labelAt }: PlacedEdge): string[] {
  const label = ports.filter((port) => port !== 'success').join(' / ');
  return label === '' ? [] : [smallText(labelAt, line(label, LONGEST_PORTS))];
}

function smallText({ x, y }: { readonly x: number; readonly y: number }, text: string): string {
  return `<text x="${x}" y="${y}" dy="0.32em">${text}</text>`;
}

function end({ x, y, width, height }: PlacedNode): string {
  const middle = y + height / 2;
  return `<g><title>End</title><circle class="ring way" cx="${x}" cy="${middle}" r="${width / 2 - 1}" fill="${card.light}" stroke="${way.light}" stroke-width="1.6"/><circle class="way-head" cx="${x}" cy="${middle}" r="4.5" fill="${way.light}"/></g>`;
}

function stepCard(plan: Plan, { id, x, y }: PlacedNode): string {
  const step = plan.steps.get(id);
  if (step === undefined) return '';
  const { light } = stepColours[step.type];
  const about = aboutOf(plan, step);
  const kind = about ?? stepNames[step.type];
  const names = twoLines(step.name);
  const high = names.length > 1 ? 19.5 : 25;
  const told = [step.name, `${step.slug}: ${stepNames[step.type]}${about === undefined ? '' : `, ${about}`}`];
  return [
    `<g class="${step.type}" transform="translate(${x - NODE.width / 2} ${y})">`,
    `<title>${told.map((text) => line(text, 500)).join('\n')}</title>`,
    `<rect class="card" width="${NODE.width}" height="${NODE.height}" rx="11" fill="${card.light}" stroke="${border.light}" stroke-width="1.2"/>`,
    `<rect class="tile" x="10" y="12" width="32" height="32" rx="8" fill="${light}" fill-opacity="0.13"/>`,
    `<path class="icon" transform="translate(18 20)" d="${stepIcons[step.type]}" fill="none" stroke="${light}" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round"/>`,
    '<g mask="url(#newtflow-fade)">',
    ...names.map(
      (name, index) =>
        `<text class="name" x="${TEXT.x}" y="${high + 14 * index}" font-size="13" font-weight="600" fill="${words.light}">${markup(name)}</text>`,
    ),
    `<text class="kind" x="${TEXT.x}" y="${names.length > 1 ? 49 : 42}" font-size="11.5" fill="${quiet.light}">${line(kind)}</text>`,
    '</g></g>',
  ].join('');
}

/** What a step does, as its author wrote it, where that tells more than its type. */
function aboutOf(plan: Plan, step: PlanStep): string | undefined {
  const config = configOf(plan, step);
  if (step.type === 'action') {
    const { operation } = isJsonObject(config.parameters) ? config.parameters : {};
    return typeof operation === 'string' ? `${step.action}.${operation}` : step.action;
  }
  const field = telling[step.type] ?? [];
  const value = field.map((name) => config[name]).find((one) => typeof one === 'string' || typeof one === 'number');
  if (value === undefined) return undefined;
  const text = String(value);
  const holds = step.type === 'condition' ? BRACES : WHOLE;
  return text.replace(holds, '$1');
}

/** An expression reads as well without its braces; in a text they tell it from the words around it. */
const BRACES = /\{\{([^{}]*)\}\}/g;
const WHOLE = /^\s*\{\{([^{}]*)\}\}\s*$/;

const telling: Readonly<Partial<Record<StepType, readonly string[]>>> = {
  condition: ['expression'],
  switch: ['value'],
  loop: ['items', 'while'],
  wait: ['for', 'until'],
  wait_for_event: ['event'],
  workflow: ['workflow'],
  fail: ['code'],
};

function configOf({ definition }: Plan, { index }: PlanStep): Readonly<Record<string, Json>> {
  const step: Json = (Array.isArray(definition.steps) ? definition.steps[index] : undefined) ?? null;
  return isJsonObject(step) && isJsonObject(step.config) ? step.config : {};
}

/** A text on one line. */
function line(text: string, longest = LONGEST_LINE): string {
  const signs = signsOf(text);
  return markup(signs.length > longest ? [...signs.slice(0, longest - 1), '…'] : signs);
}

/** A name on one line, or on two where one is too short for it: broken between words where that helps. */
function twoLines(name: string): readonly (readonly string[])[] {
  const signs = signsOf(name).slice(0, LONGEST_LINE);
  let room = 0;
  for (let used = widthOf(signs[0]); room < signs.length && used <= WIDEST_NAME; used += widthOf(signs[room]))
    room += 1;
  if (room >= signs.length) return [signs];
  const space = signs.lastIndexOf(' ', room);
  const cut = space > 0 ? space : room;
  return [signs.slice(0, cut), signs.slice(signs[cut] === ' ' ? cut + 1 : cut)];
}

/** Pixels that a sign of a name takes in a wide font: no viewer says what it will use. */
function widthOf(sign = ''): number {
  if (/[\u1100-\u11ff\u2e80-\uffdc\u{10000}-\u{10ffff}]/u.test(sign)) return 13;
  if (/[ijlftrI.,:;'|! ]/.test(sign)) return 5.5;
  if (/[mwMWQ@%]/.test(sign)) return 12.5;
  return /\p{Lu}/u.test(sign) ? 10 : 9;
}

const signsOf = (text: string): readonly string[] => [...text.replace(/\s+/g, ' ').trim()];

/** What XML can hold, and a viewer reads as text. */
function markup(signs: readonly string[]): string {
  return signs
    .join('')
    .replace(UNSAFE, '\u{fffd}')
    .replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? '');
}

/** What XML may not hold, and what turns the reading direction, so that the words say something else than they hold. */
const UNSAFE = /[\p{Cc}\p{Cs}\ufffe\uffff\u2028-\u202e\u2066-\u2069]/gu;
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
