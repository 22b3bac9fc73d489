import { html, render } from 'lit';
import { icon } from './icons.js';

const themes = ['auto', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];
const icons = { auto: 'contrast', light: 'sun', dark: 'moon' } as const;
const names = { auto: 'as the system', light: 'light', dark: 'dark' } as const;
const key = 'newtflow-gallery-theme';

/** Lets the button go round auto, light and dark; the choice is kept in this browser. */
export function setUpTheme(button: HTMLButtonElement): void {
  let theme = stored();
  const show = (): void => {
    document.documentElement.dataset.theme = theme;
    button.ariaLabel = `Colours: ${names[theme]}`;
    button.title = button.ariaLabel;
    render(html`${icon(icons[theme])}`, button);
  };
  button.addEventListener('click', () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'auto';
    keep(theme);
    show();
  });
  button.hidden = false;
  show();
}

function stored(): Theme {
  try {
    const value = localStorage.getItem(key);
    return themes.find((theme) => theme === value) ?? 'auto';
  } catch {
    return 'auto'; // A browser that keeps nothing for this page still shows it.
  }
}

function keep(theme: Theme): void {
  try {
    localStorage.setItem(key, theme);
  } catch {
    // As above: the choice holds until the page closes.
  }
}
