import { performance } from 'node:perf_hooks';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { type Expression, findExpressions, type Hostile, hostileTo, toText } from './expressions.ts';

// The other backends start a process or a native program.
vi.stubEnv('RECHECK_BACKEND', 'pure');
const { checkSync } = await import('recheck');

const { literals, constructions } = findExpressions();

/** Expressions that are built while the program runs, by their file: how they come about. */
const built: Readonly<Record<string, (place: string) => Promise<Expression[]>>> = {
  'examples/chat/keyboard.ts': (place) => caughtIn(place, () => import('../../examples/chat/keyboard.ts')),
  'examples/start/printable.ts': (place) =>
    caughtIn(place, () => import('../../examples/start/printable.ts')),
  // Patterns of the program's author.
  'operators/internal/partialPattern.ts': () => Promise.resolve([]),
  'operators/internal/redactor.ts': () => Promise.resolve([]),
  'operators/redact.ts': () => Promise.resolve([]),
  // Of the path of a recording, in which a star is a whole segment: `/v1/projects/*/chat`.
  'testing/replayFetch.ts': () =>
    Promise.resolve([
      { place: 'testing/replayFetch.ts', source: '^/v1/accounts/[^/]+/projects/[^/]+/chat$', flags: '' },
    ]),
};

/** What the checker gives up on, since it counts up to a bound in it; the clock below judges these. */
const measuredOnly = ['examples/start/printable.ts', 'testing/secrets.ts'];

const expressions = [...literals];
for (const [place, collect] of Object.entries(built)) expressions.push(...(await collect(place)));

/** Counts up to 100 or more. */
const isMeasuredOnly = ({ place, source }: Expression) =>
  measuredOnly.includes(fileOf(place)) && /,\d{3,}\}/.test(source);

/** What the checker says of each; it is asked once. */
const verdicts = new Map<Expression, { readonly status: string; readonly attack: string | undefined }>();

function check(expression: Expression) {
  const known = verdicts.get(expression);
  if (known) return known;
  const found = checkSync(expression.source, expression.flags, { timeout: 20_000, randomSeed: 1 });
  const verdict = {
    status: found.status,
    attack: found.status === 'vulnerable' ? found.attack.pattern : undefined,
  };
  verdicts.set(expression, verdict);
  return verdict;
}

describe('regular expressions', () => {
  afterAll(() => vi.unstubAllEnvs());

  it('are all known, those included that are built while the program runs', () => {
    expect(new Set(constructions.map(({ file }) => file))).toEqual(new Set(Object.keys(built)));
    expect(expressions.length).toBeGreaterThan(50);
  });

  it.each(expressions.filter((expression) => !isMeasuredOnly(expression)))(
    '/$source/$flags takes linear time: $place',
    (expression) => {
      expect(check(expression)).toEqual({ status: 'safe', attack: undefined });
    },
    30_000,
  );

  it('read 1 MB of the text that they read slowest in a time that grows no faster than the text', () => {
    // One that the checker has caught has failed above, and could take hours here.
    const measured = expressions.filter(
      (expression) => isMeasuredOnly(expression) || check(expression).status === 'safe',
    );
    const slow = measured.flatMap((expression): object[] => {
      const few = slowest(expression, hostileTo(expression), 1_000).slice(0, 4);
      const [worst] = slowest(expression, few, 20_000);
      if (!worst) return [];
      const first = timeOf(expression, toText(worst, 20_000));
      if (first > 200) return [{ ...expression, worst, first }];
      const short = timeOf(expression, toText(worst, 100_000));
      const long = timeOf(expression, toText(worst, 1_000_000));
      // Below five milliseconds the clock tells of other things; what grows with the square takes minutes here.
      return long > 40 * Math.max(short, 5) ? [{ ...expression, worst, short, long }] : [];
    });

    expect(slow).toEqual([]);
  }, 60_000);
});

/** The texts, those first that take longest. */
function slowest(expression: Expression, texts: readonly Hostile[], length: number): Hostile[] {
  return texts
    .map((hostile) => ({ hostile, time: timeOf(expression, toText(hostile, length)) }))
    .sort((one, other) => other.time - one.time)
    .map(({ hostile }) => hostile);
}

/** Milliseconds to go through a whole text, the best of three. */
function timeOf({ source, flags }: Expression, text: string): number {
  const expression = new RegExp(source, flags);
  const times = Array.from({ length: 3 }, () => {
    const begin = performance.now();
    text.replace(expression, '');
    return performance.now() - begin;
  });
  return Math.min(...times);
}

function fileOf(place: string): string {
  return place.replace(/:\d+$/, '');
}

/** What a module builds when it is loaded. */
async function caughtIn(place: string, load: () => Promise<unknown>): Promise<Expression[]> {
  const caught: Expression[] = [];
  class Caught extends RegExp {
    constructor(source: string, flags = '') {
      super(source, flags);
      caught.push({ place, source, flags });
    }
  }
  vi.stubGlobal('RegExp', Caught);
  await load();
  vi.unstubAllGlobals();
  return caught;
}
