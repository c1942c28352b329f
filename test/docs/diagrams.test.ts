import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runDiagrams } from '../../docs/diagrams/diagrams.ts';
import { documented } from '../../docs/diagrams/documented.ts';
import { drawDiagram } from '../../docs/diagrams/drawDiagram.ts';
import * as facts from '../../docs/diagrams/facts/index.ts';
import { readFunction } from '../../docs/diagrams/readSource.ts';
import { readTimelines } from '../../docs/diagrams/readTimeline.ts';
import { runTimeline } from '../../docs/diagrams/runTimeline.ts';
import { writeOverview } from '../../docs/diagrams/writeOverview.ts';
import { writePage } from '../../docs/diagrams/writePage.ts';

/** No stream goes through it. */
const withoutTimeline = ['operators/retryBudget.ts'];
const files = documented.filter((file) => !withoutTimeline.includes(file));

/** The rows as a comment shows them, or as they happened. */
function draw(rows: ReturnType<typeof runTimeline>, side: 'expected' | 'actual'): string {
  return rows.map((row) => `${row.label.padEnd(12)}${row[side]}`).join('\n');
}

function run(
  timelines: string,
  ...others: Parameters<typeof runTimeline> extends [unknown, ...infer Rest] ? Rest : never
) {
  return readTimelines(timelines).map((diagram) => draw(runTimeline(diagram, ...others), 'actual'));
}

describe.each(files.map((file) => ({ file, name: basename(file, '.ts') })))(
  'the timelines of $name',
  ({ file }) => {
    const documented = readFunction(file);
    const diagrams = documented.timelines === '' ? [] : runDiagrams(documented);

    it('are there', () => {
      expect(diagrams.length).toBeGreaterThan(0);
    });

    it.each(diagrams.map(({ title, text, rows }) => ({ title: title || text.split('\n')[0], rows })))(
      'are what happens: $title',
      ({ rows }) => {
        expect(draw([...rows], 'actual')).toBe(draw([...rows], 'expected'));
      },
    );
  },
);

describe('the facts of timelines', () => {
  it('belong to timelines', () => {
    const names = files.map((file) => basename(file, '.ts'));

    expect(names).toEqual(expect.arrayContaining(Object.keys(facts)));
  });
});

describe('a timeline that is wrong', () => {
  const right = `
source:  s-a-b-f|        s: start, a b: text, f: finish
result:  --1-2--|        accumulateText(), 1: 'a', 2: 'ab'
`;

  it('is not told from one that is right by its spelling', () => {
    expect(run(right)).toEqual(['source      s-a-b-f|\nresult      --1-2--|']);
  });

  it.each([
    { what: 'a moment', wrong: right.replace('--1-2--|', '---12--|') },
    { what: 'an end', wrong: right.replace('--1-2--|', '--1-2---|') },
    { what: 'an end that is an error', wrong: right.replace('--1-2--|', '--1-2--#') },
    { what: 'one value too many', wrong: right.replace('--1-2--|', '--1-22-|') },
    { what: 'one value too few', wrong: right.replace('--1-2--|', '--1----|') },
  ])('shows what happens in its place: $what', ({ wrong }) => {
    expect(run(wrong)).toEqual(['source      s-a-b-f|\nresult      --1-2--|']);
  });

  it('has a question mark for a value that is not what the comment says', () => {
    expect(run(right.replace("'ab'", "'ba'"))).toEqual(['source      s-a-b-f|\nresult      --1-?--|']);
  });

  it('has a question mark for a property that is not what the comment says', () => {
    const timeline = `
source:  s-(f|)        s: start, f: finish
result:  S-(F|)        stampTime(), S.at: 0, F.at: 3
`;
    expect(run(timeline)).toEqual(['source      s-(f|)\nresult      S-(?|)']);
  });

  it('has a question mark for another error', () => {
    const timeline = `
source:  --s-----|        s: start
result:  --#              withTimeout({ first: 5 }), #: GuardError
`;
    expect(run(timeline)).toEqual(['source      --s-----|\nresult      --s--?']);
  });

  it('says that an input was not subscribed to', () => {
    const timeline = `
source:  --s-(f|)        s: start, f: finish
other:   --s-(f|)
result:  --s-(f|)        verifyGrammar()
`;
    expect(run(timeline)[0]).toContain('other       (not subscribed to)');
  });

  it('fails where a call is none, a letter stands outside of a call, or the legend says nothing', () => {
    const source = 'source:  s-a-f|     s: start, a: text, f: finish\n';

    expect(() => run(`${source}result:  s-a-f|     nothing()`)).toThrow('nothing is not defined');
    expect(() =>
      run(`source:  a-f|     a: text, f: finish, s: start\nresult:  a-f|     verifyGrammar()`),
    ).toThrow("'a' stands outside of a call in 'a-f|'");
  });
});

describe('the picture of a timeline', () => {
  const [diagram] = readTimelines(`
source:  s-a-b---f|        s: start, a b: text, f: finish
stop:    ----x
result:  s-a-(bF|)         interruptOn(stop), F: finish, reason 'aborted'
`);
  const picture = diagram ? drawDiagram('A title', runTimeline(diagram), diagram.meanings) : '';

  it('shows what happened and when, and nothing behind the moment in which the reader left', () => {
    const told = [...picture.matchAll(/class="notification \w+"><title>([^<]*)<\/title>/g)].map(
      ([, words]) => words,
    );

    expect(told).toEqual([
      '0 ms: start',
      '2 ms: text',
      '4 ms: unsubscribed',
      '4 ms: a value',
      '4 ms: unsubscribed',
      '0 ms: start',
      '2 ms: text',
      '4 ms: finish, reason &#39;aborted&#39;',
      '4 ms: complete',
    ]);
  });

  it('has the letters of the comment, the call, and what the letters mean', () => {
    const words = [...picture.matchAll(/<text class="(?:code|words)"[^>]*>([^<]*)</g)].map(
      ([, each]) => each,
    );

    expect(picture).toContain('>F</text>');
    expect(words).toEqual([
      'interruptOn(stop)',
      'start',
      'text',
      'a value',
      'finish, reason &#39;aborted&#39;',
      'unsubscribed',
    ]);
  });

  it('is told in words', () => {
    expect(picture).toContain('<title>A title</title>');
    expect(picture).toContain('result, interruptOn(stop): at 0 ms s: start; at 2 ms a: text');
  });
});

describe('the pages of the operators', () => {
  const pages = documented.map(readFunction);
  const readme = readFileSync('README.md', 'utf8');

  it('are all in the overview, in the order of the README', () => {
    const names = [...writeOverview(pages, readme).matchAll(/^\| \[`(\w+)`\]/gm)].map(([, name]) => name);

    expect(names.toSorted()).toEqual(pages.map(({ name }) => name).toSorted());
    expect(names.indexOf('withTimeout')).toBeLessThan(names.indexOf('retryStream'));
    expect(names.indexOf('retryStream')).toBeLessThan(names.indexOf('bufferChunks'));
  });

  it.each(pages)(
    '$name has its summary, its options with defaults, and no link that is left unresolved',
    (page) => {
      const markdown = writePage(page, { pages, size: 1234 });
      const options = page.types
        .filter(({ name }) => name.endsWith('Options'))
        .flatMap(({ members = [] }) => members);

      expect(markdown).toContain(`# ${page.name}\n`);
      expect(markdown).toContain('1.2 kB');
      expect(markdown).not.toContain('{@link');
      for (const { name, words } of options) {
        expect(words).not.toBe('');
        expect(markdown).toContain(`| \`${name}\` |`);
      }
    },
  );

  it('show every picture as text, too', () => {
    const [page] = pages.filter(({ name }) => name === 'withTimeout');
    const markdown = page ? writePage(page, { pages, size: undefined }) : '';

    expect(markdown.match(/<svg /g)).toHaveLength(2);
    expect(markdown).toContain(page?.timelines.trim());
    expect(markdown).not.toContain('Bundled alone');
  });

  it('are not written where a timeline is wrong', () => {
    const [page] = pages.filter(({ name }) => name === 'withTimeout');
    const wrong = page && { ...page, timelines: page.timelines.replace('s--a-b---#', 's--a-b----#') };

    expect(() => wrong && writePage(wrong, { pages, size: undefined })).toThrow(
      'The timeline of withTimeout is wrong\n  it says  result: s--a-b----#\n  there is result: s--a-b---#',
    );
  });
});
