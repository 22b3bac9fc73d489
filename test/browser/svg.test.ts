import { describe, expect, it } from 'vitest';
import { compile } from '../../runtime/index.js';
import { toSvg } from '../../runtime/tooling.js';

const hostile = `</title><script>globalThis.reached = 1</script> & "x" 'y' ]]> <image href="//x/" onerror="1"/>`;
const plan = compile({
  name: hostile,
  steps: [
    {
      ...{ stepSlug: 'a', name: hostile, stepType: 'switch' },
      ...{ config: { value: JSON.stringify(hostile) }, nextSteps: { [hostile]: 'b', default: 'b' } },
    },
    { stepSlug: 'b', name: 'Second', stepType: 'action', config: { type: 'do_it' }, nextSteps: { success: 'end' } },
  ],
});

describe('the SVG of a plan', () => {
  it('is XML to a browser, with every text as text and nothing in it that runs or loads', () => {
    const { documentElement: root } = new DOMParser().parseFromString(toSvg(plan), 'image/svg+xml');
    expect(root.namespaceURI).toBe('http://www.w3.org/2000/svg');
    expect(root.querySelectorAll('parsererror, script, image, foreignObject, a, use')).toHaveLength(0);
    expect(root.querySelector(':scope > title')?.textContent).toBe(`${hostile.slice(0, 59)}…`);
    const attributes = [...root.querySelectorAll('*')].flatMap((element) => element.getAttributeNames());
    expect(attributes.filter((name) => /^on|href|^style$/.test(name))).toEqual([]);
  });

  it('is drawn as an image at its own size', async () => {
    const image = new Image();
    image.src = `data:image/svg+xml,${encodeURIComponent(toSvg(plan))}`;
    await image.decode();
    const root = new DOMParser().parseFromString(toSvg(plan), 'image/svg+xml').documentElement;
    expect([image.naturalWidth, image.naturalHeight].map(String)).toEqual([
      root.getAttribute('width'),
      root.getAttribute('height'),
    ]);
  });

  it('keeps its style to itself in a page, and its text in its boxes', () => {
    const place = document.createElement('div');
    place.innerHTML = toSvg(plan);
    document.body.append(place);
    const apart = document.createElement('p');
    apart.className = 'card name';
    document.body.append(apart);
    expect(getComputedStyle(apart).fill).toBe('rgb(0, 0, 0)');
    expect(Reflect.get(globalThis, 'reached')).toBeUndefined();
    const second = [...place.querySelectorAll('text.name')].find((text) => text.textContent === 'Second');
    const card = second?.closest('g.action')?.querySelector('.card')?.getBoundingClientRect();
    const text = second?.getBoundingClientRect();
    expect(text?.right).toBeLessThan(card?.right ?? 0);
    expect(text?.bottom).toBeLessThan(card?.bottom ?? 0);
    place.remove();
    apart.remove();
  });
});
