import { describe, expect, it } from 'vitest';
import type { StreamChunk } from '../../src/index.ts';
import {
  drawTimelines,
  drawTimelinesSvg,
  finish,
  inVirtualTime,
  type LabelledTimeline,
  restart,
  thinking,
  toolCall,
  usage,
} from '../../testing/index.ts';
import { forbidClocks } from './noClock.ts';
import { allElements, notificationsOf, readXml, type XmlElement } from './xml.ts';

forbidClocks();

const values = {
  c: toolCall('weather', { city: 'Bern' }),
  f: finish('length'),
  r: restart(),
  t: thinking('hm'),
  u: usage({ inputTokens: 1 }),
};

/** The timeline of a diagram. */
function timeline(diagram: string, label = '', more: Partial<LabelledTimeline> = {}): LabelledTimeline {
  let messages: LabelledTimeline['messages'] = [];
  inVirtualTime(({ coldChunks, recordTimeline, flush }) => {
    const recorded = recordTimeline(coldChunks(diagram, values));
    flush();
    ({ messages } = recorded);
  })();
  return { label, messages, ...more };
}

/** A timeline of other values than chunks. */
function valuesAt(...timed: readonly (readonly [frame: number, value: unknown])[]): LabelledTimeline {
  return {
    label: '',
    messages: timed.map(([frame, value]) => ({ frame, notification: { kind: 'N', value } })),
  };
}

const draw = (...timelines: readonly LabelledTimeline[]) => readXml(drawTimelinesSvg(timelines));
const withClass = (svg: XmlElement, name: string) =>
  allElements(svg).filter(({ attributes }) => attributes.get('class')?.split(' ').includes(name));
const numberOf = (element: XmlElement | undefined, name: string) => Number(element?.attributes.get(name));
/** The middle of what stands at a character, by its letter. */
const placeOf = (svg: XmlElement, letter: string) => {
  const found = withClass(svg, 'notification').find((each) => each.children.at(-1)?.text === letter);
  return { x: numberOf(found?.children.at(-1), 'x'), y: numberOf(found?.children.at(-1), 'y') };
};

describe('drawTimelinesSvg', () => {
  it('shows each notification once, with its frame and its words', () => {
    expect(notificationsOf(draw(timeline('-H-i-|')))).toEqual([
      '1 ms: start test test-1',
      '1 ms: text "H" in block 0',
      '3 ms: text "i" in block 0',
      '5 ms: finish stop',
      '5 ms: complete',
    ]);
  });

  it('tells kinds of chunks apart by their shape, not by the colour alone', () => {
    const svg = draw(timeline('H-t-c-u-f-r-#'), valuesAt([0, { a: 1 }]), timeline('H|'));
    const looks = [
      'text',
      'thinking',
      'tool',
      'usage',
      'finish',
      'restart',
      'start',
      'complete',
      'error',
      'other',
    ];
    const shapeOf = (look: string) => {
      const { name = '', attributes } =
        withClass(svg, look)
          .at(-1)
          ?.children.find(({ name }) => name !== 'title') ?? {};
      return name + (attributes?.get('rx') ?? '') + (attributes?.get('d')?.replace(/^M[-\d. ]+/, '') ?? '');
    };
    const shapes = new Map(looks.map((look) => [look, shapeOf(look)]));

    expect(shapes.get('thinking')).toBe(shapes.get('text'));
    expect(svg.text).toContain('.rxllm-timelines .thinking>*{stroke-dasharray');
    expect(shapes.get('other')).toBe(shapes.get('text'));
    expect(svg.text).toMatch(/\.rxllm-timelines \.other>:not\(text\)[^{]*\{fill-opacity:0/);
    expect(new Set(shapes.values()).size).toBe(looks.length - 2);
  });

  it('shows refusals as text, the end of a run as a finish, and what has no look of its own as any value', () => {
    const svg = draw(
      valuesAt(
        [0, { type: 'refusal-delta', text: 'no', block: 0 }],
        [1, { type: 'approval-request', toolCallId: 'a', toolName: 'pay', arguments: {} }],
        [2, { type: 'run-finish', reason: 'stop', durationMs: 1, rounds: 1 }],
        [3, { type: 'raw', event: {} }],
      ),
    );

    expect(withClass(svg, 'notification').map(({ attributes }) => attributes.get('class'))).toEqual([
      'notification text',
      'notification tool',
      'notification finish',
      'notification other',
    ]);
  });

  it('cuts words that are endless, and tells times as clocks do', () => {
    const svg = draw(
      valuesAt([0.1, 'x'], [0.3, { type: 'text-delta', text: 'y'.repeat(9_999), block: 0 }], [90.7, 1]),
    );

    expect(svg.text.length).toBeLessThan(5_000);
    expect(withClass(svg, 'cut').map(({ text }) => text)).toEqual(['90.4 ms']);
    expect(withClass(svg, 'axis').map(({ text }) => text)).toEqual(['0 ms', '0.3', '90.7']);
  });

  it('puts equal frames below each other and time in proportion', () => {
    const svg = draw(timeline('a---b-c'), timeline('--d-e'));
    const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map((letter) => placeOf(svg, letter).x) as [
      number,
      number,
      number,
      number,
      number,
    ];

    expect(e).toBe(b);
    expect(d - a).toBe(b - d);
    expect(c - b).toBe(d - a);
    expect(placeOf(svg, 'd').y).toBeGreaterThan(placeOf(svg, 'a').y);
  });

  it('stacks the notifications of a frame, in a frame of their own', () => {
    const svg = draw(timeline('-c|'));
    const [first, second, third] = ['t', 'T', 'c'].map((letter) => placeOf(svg, letter));

    expect([second?.x, third?.x]).toEqual([first?.x, first?.x]);
    expect((second?.y ?? 0) - (first?.y ?? 0)).toBe((third?.y ?? 0) - (second?.y ?? 0));
    expect(withClass(svg, 'group')).toHaveLength(2);
    expect(withClass(draw(timeline('a')), 'group')).toHaveLength(1);
    expect(withClass(draw(valuesAt([0, 'a'], [1, 'b'])), 'group')).toHaveLength(0);
  });

  it('begins another stack where one would be too high, and makes them higher where they would be too many', () => {
    const many = (count: number) =>
      draw(valuesAt(...Array.from({ length: count }, (_, nth) => [0, nth] as const)));
    const places = (svg: XmlElement) =>
      withClass(svg, 'notification').map((each) => numberOf(each.children.at(-1), 'x'));

    expect(new Set(places(many(6))).size).toBe(1);
    expect(new Set(places(many(7))).size).toBe(2);
    expect(Math.max(...places(many(500)))).toBeLessThan(420);
  });

  it('cuts a silence that is long for these timelines, and tells its length', () => {
    const svg = draw(timeline('-a-b 5s c-d-|'));
    const [cut] = withClass(svg, 'cut');

    expect(cut?.text).toBe('5001 ms');
    expect(numberOf(cut, 'x')).toBeGreaterThan(placeOf(svg, 'b').x);
    expect(numberOf(cut, 'x')).toBeLessThan(placeOf(svg, 'c').x);
    expect(withClass(draw(timeline('a-----b')), 'cut')).toEqual([]);
  });

  it('tells a silence at the beginning of a row, too', () => {
    const svg = draw(valuesAt(...Array.from({ length: 13 }, (_, nth) => [nth, 'a'] as const), [5_000, 'b']));
    const [cut] = withClass(svg, 'cut');

    expect(placeOf(svg, 'b').y).toBeGreaterThan(placeOf(svg, 'a').y);
    expect(numberOf(cut, 'x')).toBeGreaterThan(20);
    expect(numberOf(cut, 'x')).toBeLessThan(placeOf(svg, 'b').x);
  });

  it('takes the scale from what is usual, so that seconds are drawn like milliseconds', () => {
    for (const distance of [1, 7, 13, 40, 250, 60_000]) {
      const frames = [0, 1, 2, 3, 4].map((nth) => [nth * distance, String(nth)] as const);

      expect(withClass(draw(valuesAt(...frames)), 'cut')).toEqual([]);
    }
  });

  it('goes on in another row where the width is used up, labels and lines included', () => {
    const long = timeline('abcdefghijklmnopqrst-----------|', 'long');
    const svg = draw(long, timeline('a|', 'short'));
    const labels = withClass(svg, 'label').map(({ text }) => text);

    expect(labels).toEqual(['long', 'short', 'long']);
    expect(withClass(draw({ ...long, label: '' }), 'label')).toEqual([]);
    for (const { attributes } of allElements(svg)) {
      expect(Number(attributes.get('x') ?? 0)).toBeLessThan(420);
    }
    const wide = readXml(drawTimelinesSvg([long], { width: 2_000 }));
    expect(wide.attributes.get('width')).toBe('2000');
    expect(withClass(wide, 'label')).toHaveLength(1);
  });

  it('begins where a stream is subscribed to, and ends where it is left', () => {
    const late = timeline('--a-b-c-', 'late', { subscribedFrame: 1, unsubscribedFrame: 4 });
    const svg = draw(late, timeline('------|'));

    expect(notificationsOf(svg).slice(0, 4)).toEqual([
      '2 ms: start test test-1',
      '2 ms: text "a" in block 0',
      '4 ms: text "b" in block 0',
      '4 ms: unsubscribed',
    ]);
    expect(
      drawTimelines([late, timeline('A')])
        .split('\n')
        .slice(1, 3),
    ).toEqual(['  late      -(sa)-(b!)', '        (sA)--   --']);
    // RxJS writes down the end of the stream as the end of the subscription, too.
    const ended = timeline('-a|', '', { unsubscribedFrame: 2 });
    expect(drawTimelines([ended])).not.toContain('!');
    expect(drawTimelines([{ ...late, unsubscribedFrame: Infinity }])).not.toContain('!');
  });

  it('shows and explains nothing of before its reader came, nor of after', () => {
    const part = timeline('a-b-c|', '', { subscribedFrame: 1, unsubscribedFrame: 3 });

    expect(notificationsOf(draw(part))).toEqual(['2 ms: text "b" in block 0', '3 ms: unsubscribed']);
    expect(drawTimelines([part]).split('\n').slice(3)).toEqual([
      '  b  text "b" in block 0',
      '  !  unsubscribed',
    ]);
  });

  it('tells what the letters stand for, and the ends', () => {
    const svg = draw(timeline('-a-#'), timeline('-b|', '', { unsubscribedFrame: 1 }));
    const words = withClass(svg, 'words').map(({ text }) => text);

    expect(words).toEqual([
      'start test test-1',
      'text "a" in block 0',
      'text "b" in block 0',
      'error StreamInterruptedError: The stream broke',
      'off',
      'unsubscribed',
    ]);
  });

  it('wraps long words, and those without a space, too', () => {
    const svg = draw(valuesAt([0, 'x'.repeat(100)], [1, 'word '.repeat(20)], [2, '漢字'.repeat(40)]));
    const words = withClass(svg, 'words').map(({ text }) => text);

    expect(words.join('').replace(/\s/g, '')).toContain('x'.repeat(100));
    expect(words.every((line) => line.length <= 47)).toBe(true);
    expect(words.filter((line) => line.includes('漢')).every((line) => line.length <= 24)).toBe(true);
    expect(words.every((line) => !line.startsWith(' '))).toBe(true);
  });

  it('is an image with a name and a description for those who do not see it', () => {
    const svg = draw(timeline('-H|', 'source'), timeline('-', 'result'));
    const [title, description] = svg.children;

    expect(svg.attributes.get('role')).toBe('img');
    expect(title?.name).toBe('title');
    expect(title?.text).toBe('Marble diagram: source, result');
    expect(description?.name).toBe('desc');
    expect(description?.text).toBe(
      'source: at 1 ms start test test-1; at 1 ms text "H" in block 0; at 2 ms finish stop; at 2 ms complete.\nresult: nothing.',
    );
    expect(readXml(drawTimelinesSvg([timeline('-')], { title: 'A & B' })).children[0]?.text).toBe('A & B');
    expect(draw(timeline('-')).children[0]?.text).toBe('Marble diagram');
  });

  it('has no ids, so that many fit into a page, and is the same each time', () => {
    const timelines = [timeline('-H-c-|', 'source')];

    expect(allElements(draw(...timelines)).some(({ attributes }) => attributes.has('id'))).toBe(false);
    expect(drawTimelinesSvg(timelines)).toBe(drawTimelinesSvg(timelines));
  });

  it('takes the colour of the text around it, and as a file that of the system', () => {
    const [style = ''] = allElements(draw(timeline('H')))
      .filter(({ name }) => name === 'style')
      .map((each) => each.text);

    expect(style).toContain('currentColor');
    expect(style).toContain('.dark .rxllm-timelines .text{');
    expect(style).toMatch(/@media \(prefers-color-scheme:dark\)\{\.rxllm-timelines:root\{/);
    // In a page, the system's scheme may not be that of the page.
    expect(style.split('@media')[1]).not.toMatch(/\}\.rxllm-timelines(?!:root)/);
  });

  it('shows text as text, whatever it is', () => {
    const bad = `</text><script>alert(1)</script>"'&\u0000\ufffe\u001b`;
    const chunk = { type: 'tool-call-start', toolName: bad, toolCallId: bad, block: 0 } as StreamChunk;
    const svg = draw({ label: bad, messages: valuesAt([0, chunk], [1, bad]).messages });
    const elements = new Set(allElements(svg).map(({ name }) => name));

    expect(elements).not.toContain('script');
    expect(svg.text).toContain('<script>alert(1)</script>');
  });

  it('draws a line alone where nothing happens', () => {
    expect(draw().attributes.get('height')).not.toBe('NaN');
    expect(notificationsOf(draw(timeline('-')))).toEqual([]);
    expect(withClass(draw(timeline('-')), 'lane')[0]?.attributes.get('d')).toMatch(/H50m-6 -4l6 4l-6 4$/);
  });

  it('throws at a width in which nothing can be read', () => {
    expect(() => drawTimelinesSvg([], { width: 100 })).toThrow(
      'drawTimelinesSvg: width must be a number from 200 to 100000, not 100',
    );
    expect(() => drawTimelinesSvg([], { width: Infinity })).toThrow('not Infinity');
  });
});

describe('drawTimelines', () => {
  it('goes on in another row where the width is used up', () => {
    expect(
      drawTimelines([timeline('ABCDEFGHIJKLMNOP|', 'source')], { width: 30 })
        .split('\n\n')
        .slice(0, 2),
    ).toEqual([
      '  ms      0   1 3 5 7 9 11 14\n  source  (sA)BCDEFGHIJKLMNOP',
      '  ms      16\n  source  (f|)',
    ]);
  });

  it('tells the times of a clock that counts fractions', () => {
    const times = valuesAt([0.1, 'x'], [0.3, 'y'], [12.600_000_001, 'z']);

    expect(drawTimelines([times]).split('\n').slice(0, 2)).toEqual([
      '  ms         0.1       12.6',
      '       0.1ms xy 11.3ms z',
    ]);
    expect(notificationsOf(draw(times)).at(-1)).toBe('12.6 ms: "z"');
  });

  it('draws nothing of no timeline', () => {
    expect(drawTimelines([])).toBe('  ms\n');
    expect(() => drawTimelines([], { width: 3 })).toThrow(
      'drawTimelines: width must be a number from 20, not 3',
    );
  });
});
