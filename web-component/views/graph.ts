import { html, nothing, type SVGTemplateResult, svg, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { NODE, type PlacedEdge, type PlacedLoop, type PlacedNode } from '../../runtime/tooling.js';
import { cssProperties } from '../css-properties.js';
import { icon, iconPath, stepIcon } from '../icons.js';
import { isMessageKey } from '../messages.js';
import { currentVisit, type Visit } from '../visit.js';
import { type StepStatus, statusIcon, tone } from './status.js';
import type { ViewContext } from './view.js';

export interface GraphRequests {
  select(slug: string): void;
  /** Moves the keyboard's place in the graph. */
  focus(slug: string): void;
  zoom(factor: number | null): void;
  /** A person scrolls the graph. */
  moved(): void;
}
export interface GraphState {
  /** The step that Tab reaches. */
  readonly focused: string | null;
  /** Null fits the width. */
  readonly zoom: number | null;
}

const MARGIN = 14;
const NO_PROPERTIES = {};
const NAME_WIDTH = NODE.width - 50 - 8;
/** Below this part of its size the text of the graph cannot be read: then it scrolls. */
const LEAST_SCALE = 0.6;

export function graphView(context: ViewContext, state: GraphState, requests: GraphRequests): TemplateResult {
  const { run, t } = context;
  const { drawing } = run;
  if (drawing === null) return html``;
  const { layout, plan } = drawing;
  const width = layout.width + 2 * MARGIN;
  const height = layout.height + 2 * MARGIN;
  const scale = state.zoom ?? 1;
  const box = `${-MARGIN} ${-MARGIN} ${width} ${height}`;
  const key = (event: KeyboardEvent): void => moveFocus(event, context, requests);
  return html`<section class="panel graph-panel" part="graph" aria-label=${context.region(t('graph.title'))}>
    <div class="panel-head">
      <h3 class="panel-title">${t('graph.title')}</h3>
      ${zoomButtons(context, state, requests)}
    </div>
    <div class="graph-scroll" @pointerdown=${requests.moved} @wheel=${{ handleEvent: requests.moved, passive: true }} ${cssProperties({ '--_natural': `${height * scale}px` })}>
      <svg class="graph ${state.zoom === null ? 'fit' : ''} ${run.active ? '' : 'still'}" viewBox=${box} width=${width * scale} height=${height * scale}
        ${cssProperties(state.zoom === null ? { 'min-inline-size': `${width * LEAST_SCALE}px` } : NO_PROPERTIES)}
        role="group" aria-label=${t('graph.label', { name: plan.name })} @keydown=${key}>
        <defs>${fade(context)}${arrow(context, 'idle')}${arrow(context, 'taken')}${arrow(context, 'error')}</defs>
        ${layout.loops.map(
          ({ x, y, width, height }) =>
            svg`<rect class="loop-frame" x=${x} y=${y} width=${width} height=${height} rx="14" />`,
        )}
        ${layout.loops.map((loop) => joinView(context, loop))}
        <g class="edges">${repeat(
          byTaken(context, layout.edges),
          ([edge]) => `${edge.from} ${edge.to}`,
          ([edge, times]) => edgeView(context, edge, times),
        )}</g>
        ${layout.edges.map((edge) => portView(context, edge))}
        ${repeat(
          layout.nodes,
          (node) => node.id,
          (node) => (node.end ? endView(context, node) : nodeView(context, node, state, requests)),
        )}
      </svg>
    </div>
  </section>`;
}

function zoomButtons(context: ViewContext, state: GraphState, requests: GraphRequests): TemplateResult {
  const { t } = context;
  const zoom = state.zoom ?? 1;
  const button = (name: 'minus' | 'fit' | 'plus', label: string, factor: number | null): TemplateResult =>
    html`<button type="button" class="icon-button" aria-label=${label} title=${label}
      @click=${() => requests.zoom(factor)}>${icon(name)}</button>`;
  return html`<div class="zoom" part="zoom">
    ${button('minus', t('graph.zoomOut'), Math.max(0.3, zoom / 1.25))}
    ${button('fit', t('graph.zoomFit'), null)}
    ${button('plus', t('graph.zoomIn'), Math.min(2.5, zoom * 1.25))}
  </div>`;
}

/** A name that is too long fades out, however wide the font. */
function fade(context: ViewContext): SVGTemplateResult {
  const gradient = context.id('fade-out');
  return svg`<linearGradient id=${gradient}><stop offset="0.88" stop-color="#fff" /><stop offset="1" stop-color="#000" /></linearGradient>
    <mask id=${context.id('fade')} maskUnits="userSpaceOnUse" x="50" y="6" width=${NAME_WIDTH} height="44">
      <rect x="50" y="6" width=${NAME_WIDTH} height="44" fill="url(#${gradient})" /></mask>`;
}

function arrow(context: ViewContext, kind: string): SVGTemplateResult {
  return svg`<marker id=${context.id(`arrow-${kind}`)} class="arrow ${kind}" viewBox="0 0 8 8" refX="7" refY="4"
    markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0.5 0.8 7 4 0.5 7.2z" /></marker>`;
}

/** How often an edge was taken; a `default` port stands for any that is not mapped. */
function timesTaken({ run }: ViewContext, edge: Pick<PlacedEdge, 'from' | 'ports'>): number {
  const { model, drawing } = run;
  if (model === null || drawing === null) return 0;
  const ports = drawing.plan.steps.get(edge.from)?.ports;
  let times = 0;
  for (const [port, count] of model.taken.get(edge.from) ?? []) {
    const mapped = ports?.has(port) === true || !edge.ports.includes('default');
    if (edge.ports.includes(mapped ? port : 'default')) times += count;
  }
  return times;
}

const isError = (edge: PlacedEdge): boolean => edge.ports.every((port) => port === 'error' || port === 'failure');

/** Edges taken are drawn over those that are not. */
function byTaken(context: ViewContext, edges: readonly PlacedEdge[]): (readonly [PlacedEdge, number])[] {
  const counted = edges.map((edge) => [edge, timesTaken(context, edge)] as const);
  return counted.sort(([, one], [, other]) => Math.sign(one) - Math.sign(other));
}

function edgeView(context: ViewContext, edge: PlacedEdge, times: number): SVGTemplateResult {
  const { run } = context;
  const flowing = run.active && [...(run.model?.step(edge.to)?.open ?? [])].some((visit) => flowsTo(visit, edge));
  const kind = times > 0 ? 'taken' : isError(edge) ? 'error' : 'idle';
  const classes = `edge ${kind} ${isError(edge) ? 'failing' : ''} ${edge.back ? 'back' : ''} ${flowing ? 'flowing' : ''}`;
  return svg`<g class=${classes}><path d=${edge.path} marker-end="url(#${context.id(`arrow-${kind}`)})" /></g>`;
}

/** The ports that lead that way, over all lines. */
function portView(context: ViewContext, { ports, from, labelAt }: PlacedEdge): SVGTemplateResult | typeof nothing {
  const label = ports.filter((port) => port !== 'success').join(' / ');
  if (label === '') return nothing;
  const taken = timesTaken(context, { ports, from }) > 0;
  return svg`<text class="port ${taken ? 'taken' : ''}" x=${labelAt.x} y=${labelAt.y} dy="0.32em" text-anchor="middle">${label}</text>`;
}

/** Whether an edge led to a visit that is under way: then it moves. */
function flowsTo({ via, status }: Visit, edge: PlacedEdge): boolean {
  const [slug, port = ''] = via?.split(' ') ?? [];
  return status !== 'looping' && status !== 'branching' && slug === edge.from && edge.ports.includes(port);
}

/** Where branches meet: lit once the step that owns them is done. */
function joinView({ run }: ViewContext, { slug, join, y, height }: PlacedLoop): SVGTemplateResult | typeof nothing {
  if (join === null) return nothing;
  const met = (run.model?.takenCount(slug, 'done') ?? 0) > 0;
  return svg`<rect class="join ${met ? 'met' : ''}" x=${join.from} y=${y + height - 3} width=${join.to - join.from} height="6" rx="3" />`;
}

function endView({ run, t }: ViewContext, node: PlacedNode): SVGTemplateResult {
  const reached = run.drawing?.layout.edges.some(
    (edge) => edge.to === node.id && edge.ports.some((port) => (run.model?.takenCount(edge.from, port) ?? 0) > 0),
  );
  const middle = node.y + node.height / 2;
  return svg`<g class="end ${reached ? 'reached' : ''}"><title>${t('graph.end')}</title>
    <circle cx=${node.x} cy=${middle} r=${node.width / 2 - 1} /><circle class="core" cx=${node.x} cy=${middle} r="4.5" /></g>`;
}

function nodeView(
  context: ViewContext,
  node: PlacedNode,
  state: GraphState,
  requests: GraphRequests,
): SVGTemplateResult {
  const { run } = context;
  const step = run.drawing?.plan.steps.get(node.id);
  const view = run.model?.step(node.id);
  const visit = currentVisit(view);
  const status: StepStatus = visit?.status ?? 'pending';
  const type = step?.type ?? 'action';
  const name = step?.name ?? node.id;
  const entry = state.focused ?? run.drawing?.plan.entry;
  const selected = run.selection?.slug === node.id;
  const left = node.x - NODE.width / 2;
  const choose = (): void => requests.select(node.id);
  return svg`<g class="node type-${type} is-${status} tone-${tone(status)} ${selected ? 'selected' : ''}"
    transform="translate(${left} ${node.y})" role="button" data-step=${node.id}
    tabindex=${entry === node.id ? '0' : '-1'} aria-pressed=${selected ? 'true' : 'false'}
    aria-label=${labelOf(context, node.id, status)}
    @click=${choose} @focus=${() => requests.focus(node.id)}>
    <title>${name}</title>
    <rect class="halo" x="-4" y="-4" width=${NODE.width + 8} height=${NODE.height + 8} rx="15" />
    <rect class="card" width=${NODE.width} height=${NODE.height} rx="11" />
    <rect class="tile" x="10" y="12" width="32" height="32" rx="8" />
    <g class="type-icon" transform="translate(18 20)">${iconPath(stepIcon(type))}</g>
    <g mask="url(#${context.id('fade')})"><text class="name" x="52" y="25">${name.slice(0, 40)}</text>
      <text class="kind" x="52" y="42">${subtitle(context, node.id).slice(0, 44)}</text></g>
    ${
      status === 'pending'
        ? nothing
        : svg`<g class="mark" transform="translate(${NODE.width - 13} -7)"><circle cx="9" cy="9" r="9" />
            <g class="mark-icon ${statusIcon(status)}" transform="translate(3 3)">
              <g transform="scale(0.75)">${iconPath(statusIcon(status))}</g></g></g>`
    }
  </g>`;
}

/** Begins with all that is written on the step, so that who speaks to the page can name it. */
function labelOf(context: ViewContext, slug: string, status: StepStatus): string {
  const { run, t } = context;
  const step = run.drawing?.plan.steps.get(slug);
  const kind = subtitle(context, slug);
  const type = typeName(context, step?.type ?? 'action');
  const values = { name: step?.name ?? slug, kind, status: t(`visit.${status}`) };
  return t('graph.node', { ...values, kind: kind.startsWith(type) ? kind : `${kind}, ${type}` });
}

/** The second line: how far a loop is, how often a step was visited, else what it does. */
function subtitle(context: ViewContext, slug: string): string {
  const { run, t } = context;
  const step = run.drawing?.plan.steps.get(slug);
  const view = run.model?.step(slug);
  const visit = currentVisit(view);
  if (step === undefined) return '';
  const kind = step.type === 'action' ? step.action : typeName(context, step.type);
  const all = view?.visits ?? [];
  const undoes = visit !== undefined && visit.compensates !== null;
  const visits = undoes ? all.filter((each) => each.compensates === null) : all;
  // What became of a body stands at the visit that ran it, not at one that undid it.
  const far = progressOf(context, visits.at(-1));
  const counts = [
    ...(far === '' ? [] : [far]),
    ...(far === '' && visits.length > 1 ? [t('graph.visits', { count: visits.length })] : []),
    ...(view !== undefined && far === '' && view.open.size > 1 ? [t('graph.atOnce', { count: view.open.size })] : []),
  ];
  const undone = undoes ? [t(`visit.${visit.status}`)] : [];
  return [kind, ...counts, ...undone].join(' · ');
}

/** How far a step with a body is, in few words; empty for any other. */
export function countOf(context: ViewContext, visit: Visit | undefined): string {
  if (visit === undefined) return '';
  if (visit.rounds > 0) return roundsOf(context, visit);
  const count = visit.branches.length;
  const number = visit.branches.filter(({ status }) => status === 'succeeded').length;
  return count === 0 ? '' : context.t('graph.roundOf', { number, count });
}

/** How far a step with a body is; empty for any other. */
function progressOf(context: ViewContext, visit: Visit | undefined): string {
  const far = countOf(context, visit);
  const count = (visit?.roundsFailed ?? 0) + (visit?.branches.filter(({ status }) => status === 'failed').length ?? 0);
  return far === '' || count === 0 ? far : `${far} · ${context.t('graph.failed', { count })}`;
}

/** How far a loop is: `3 of 10`, or `3 rounds` where nobody knows how many there will be. */
function roundsOf({ t }: ViewContext, { rounds, roundsInAll }: Visit): string {
  if (roundsInAll !== null) return t('graph.roundOf', { number: rounds, count: roundsInAll });
  return t(rounds === 1 ? 'graph.round' : 'graph.rounds', { count: rounds });
}

export function typeName({ t }: ViewContext, type: string): string {
  const key = `type.${type}`;
  return isMessageKey(key) ? t(key) : type;
}

/** Arrow keys go to the nearest step that way, Home and End to the first and last. */
function moveFocus(event: KeyboardEvent, context: ViewContext, requests: GraphRequests): void {
  const { drawing } = context.run;
  if (drawing === null) return;
  const nodes = drawing.layout.nodes.filter((node) => !node.end);
  const here = event.target instanceof Element ? event.target.closest('[data-step]')?.getAttribute('data-step') : null;
  const from = nodes.find((node) => node.id === here) ?? nodes[0];
  if (from === undefined) return;
  if (event.key === 'Enter' || event.key === ' ') {
    event.preventDefault();
    requests.select(from.id);
    return;
  }
  const to = event.key === 'Home' ? nodes[0] : event.key === 'End' ? nodes.at(-1) : nearest(nodes, from, event.key);
  if (to === undefined) return;
  event.preventDefault();
  requests.focus(to.id);
}

function nearest(nodes: readonly PlacedNode[], from: PlacedNode, key: string): PlacedNode | undefined {
  // Down the next row counts more than standing straight below, so that no branch is passed over.
  const ahead: Readonly<Record<string, (dx: number, dy: number) => readonly [number, number]>> = {
    ArrowDown: (dx, dy) => [dy, Math.abs(dx) / 2],
    ArrowUp: (dx, dy) => [-dy, Math.abs(dx) / 2],
    ArrowRight: (dx, dy) => [dx, 2 * Math.abs(dy)],
    ArrowLeft: (dx, dy) => [-dx, 2 * Math.abs(dy)],
  };
  const measure = ahead[key];
  if (measure === undefined) return undefined;
  let best: PlacedNode | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const node of nodes) {
    const [along, across] = measure(node.x - from.x, node.y - from.y);
    const cost = along + across;
    if (along > 1 && cost < least) {
      least = cost;
      best = node;
    }
  }
  return best;
}
