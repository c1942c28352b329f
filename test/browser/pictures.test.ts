import { afterEach, describe, expect, it } from 'vitest';
import { drawTimelinesSvg } from '../../testing/drawTimelinesSvg.ts';

const bad = `</text></svg><script>globalThis.hacked = true</script><img src=x onerror="globalThis.hacked = true">"'&\u0000\u001b`;
const values = [
  { type: 'start', provider: bad, model: bad },
  bad,
  'b',
  'c',
  { type: 'usage', usage: { [bad]: bad } },
];
const svg = drawTimelinesSvg([
  { label: bad, messages: values.map((value, frame) => ({ frame, notification: { kind: 'N', value } })) },
]);

afterEach(() => {
  document.body.innerHTML = '';
  document.documentElement.classList.remove('dark');
});

function show(width = 'auto'): SVGSVGElement {
  document.body.innerHTML = `<div style="color:rgb(1, 2, 3);width:${width}">${svg}</div>`;
  const shown = document.querySelector('svg');
  if (!shown) throw new Error('There is no picture');
  return shown;
}

describe('a picture of timelines in a browser', () => {
  it('is XML, whatever is in it', () => {
    const parsed = new DOMParser().parseFromString(svg, 'image/svg+xml');

    expect(parsed.querySelector('parsererror')).toBeNull();
    expect(parsed.documentElement.namespaceURI).toBe('http://www.w3.org/2000/svg');
    expect(parsed.querySelectorAll('.notification')).toHaveLength(values.length);
    expect(parsed.querySelectorAll('script, img')).toHaveLength(0);
  });

  it('runs nothing of what is in it', async () => {
    show();
    await new Promise((resolve) => requestAnimationFrame(resolve));

    expect(globalThis).not.toHaveProperty('hacked');
    expect(document.querySelectorAll('script, img').length).toBe(
      document.querySelectorAll('head script').length,
    );
  });

  it('takes the colours of a page that is dark', () => {
    const colours = () => {
      const [mark, letter] = show().querySelectorAll('.notification.text, .notification.text text');
      return mark && letter && [getComputedStyle(mark).stroke, getComputedStyle(letter).fill];
    };
    const light = colours();
    document.documentElement.classList.add('dark');

    expect(light).toEqual(['rgb(9, 105, 218)', 'rgb(1, 2, 3)']);
    expect(colours()).toEqual(['rgb(88, 166, 255)', 'rgb(1, 2, 3)']);
  });

  it('is as narrow as its place, and whole', () => {
    const shown = show('300px');

    expect(shown.getBoundingClientRect().width).toBe(300);
    for (const each of shown.querySelectorAll('text, circle, rect, path')) {
      expect(each.getBoundingClientRect().right).toBeLessThanOrEqual(shown.getBoundingClientRect().right);
    }
  });

  it('is a picture where it is a file', async () => {
    const image = new Image();
    image.src = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
    await image.decode();

    expect(image.naturalWidth).toBe(420);
  });
});
