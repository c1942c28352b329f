import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runDiagrams } from '../../docs/diagrams/diagrams.ts';
import * as facts from '../../docs/diagrams/facts/index.ts';
import { readFunction } from '../../docs/diagrams/readSource.ts';
import { readTimelines } from '../../docs/diagrams/readTimeline.ts';
import { runTimeline } from '../../docs/diagrams/runTimeline.ts';

/** No stream of chunks goes through it. */
const noOperators = ['index', 'retryBudget'];
const operators = globSync('operators/*.ts').filter((file) => !noOperators.includes(basename(file, '.ts')));
const models = ['fallbackTo', 'hedge', 'pipeModel', 'raceModels'].map((name) => `models/${name}.ts`);

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

describe.each([...operators, ...models].map((file) => ({ file, name: basename(file, '.ts') })))(
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
    const names = [...operators, ...models].map((file) => basename(file, '.ts'));

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
