import { html, nothing, type TemplateResult } from 'lit';
import { icon } from './icons.js';
import { stageHash } from './route.js';
import { type Feature, type Story, stories } from './stories.js';

/** `missing`: the slug that the address names, where there is no such workflow. */
export function welcomeView(missing?: string): TemplateResult {
  return html`
    ${missing === undefined ? nothing : html`<p class="missing" role="alert">There is no workflow “${missing}” here. These are all there are.</p>`}
    <section class="hero">
      <div class="hero-text">
        <p class="eyebrow">An embeddable, durable workflow runtime</p>
        <h1>One workflow. Two places.<br />The same history.</h1>
        <p class="lead">
          Newtflow runs a workflow, written as plain JSON, inside your web page, offline, and on a Cloudflare Worker, at the
          edge. One small interpreter does both and writes down every step. Close the page half-way, and it grows back.
        </p>
        <p class="hero-actions">
          <a class="button primary" href=${stageHash('order_fulfilment')}>${icon('play')} Run one now</a>
          <a class="button" href="#/start">${icon('terminal')} Put it on your page</a>
        </p>
      </div>
      ${twoPlaces()}
    </section>
    <section aria-labelledby="gallery-title">
      <h2 id="gallery-title">Twelve workflows to try</h2>
      <p class="sub">Each runs twice, here and on the edge, from the same JSON and the same input. Then compare.</p>
      <ul class="cards">
        ${stories.map(card)}
      </ul>
    </section>
  `;
}

function card(story: Story): TemplateResult {
  return html`
    <li class="card">
      <p class="category">${story.category}</p>
      <h3><a href=${stageHash(story.slug)}>${story.name}</a></h3>
      <p>${story.line}</p>
      ${chips(story.features)}
    </li>
  `;
}

export function chips(features: readonly Feature[]): TemplateResult {
  return html`
    <ul class="chips" aria-label="Uses">
      ${features.map((feature) => html`<li>${icon(feature.icon)}${feature.text}</li>`)}
    </ul>
  `;
}

/** The idea in one picture: one document, two hosts, one journal. */
function twoPlaces(): TemplateResult {
  return html`
    <div class="picture" role="img" aria-label="One workflow runs in the page and on the edge, and both write the same history.">
      <div class="sheet">
        <span class="sheet-name">order_fulfilment.json</span>
        <i></i><i></i><i></i><i></i>
      </div>
      <div class="places">
        <div class="place">${icon('page')}<b>In this page</b><span>IndexedDB</span></div>
        <img src="/newt.svg" width="84" height="84" alt="" />
        <div class="place">${icon('edge')}<b>On the edge</b><span>Durable Object</span></div>
      </div>
      <div class="journal">
        <span class="tick">1</span><span class="tick">2</span><span class="tick">3</span><span class="tick">4</span
        ><span class="tick">5</span><b>${icon('equal')} equal, event by event</b>
      </div>
    </div>
  `;
}
