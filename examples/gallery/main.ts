import '../../web-component/define.js';
import { render } from 'lit';
import { readRoute } from './route.js';
import { Stage } from './stage.js';
import { findStory } from './stories.js';
import { setUpTheme } from './theme.js';
import { useItView } from './use-it.js';
import { welcomeView } from './welcome.js';

const main = document.querySelector('main');
const themeButton = document.querySelector<HTMLButtonElement>('button.theme');
const title = document.title;
let stage: Stage | undefined;

/** Shows what the address names. Each view gets a fresh place, so that nothing of the one before lives on. */
function show(first: boolean): void {
  if (main === null) return;
  stage?.close();
  stage = undefined;
  const place = document.createElement('div');
  const route = readRoute(location.hash);
  const story = route.view === 'stage' ? findStory(route.slug) : undefined;
  main.replaceChildren(place);
  document.title = story === undefined ? title : `${story.name} · Newtflow`;
  if (route.view === 'stage' && story !== undefined) stage = new Stage(place, story, route.runs);
  else if (route.view === 'start') render(useItView(), place);
  else render(welcomeView(route.view === 'stage' ? route.slug : undefined), place);
  if (first) return;
  scrollTo({ top: 0, behavior: 'instant' });
  main.focus({ preventScroll: true });
}

if (themeButton !== null) setUpTheme(themeButton);
addEventListener('hashchange', () => show(false));
show(true);
