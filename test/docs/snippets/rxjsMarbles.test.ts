import { selectText } from 'rxllm/operators';
import { assertTimelines, chunkMarbles, thinking } from 'rxllm/testing';
import { configure, type Context } from 'rxjs-marbles';
import { expect, it } from 'vitest';

const { marbles } = configure({ run: true, frameworkMatcher: true, assertDeepEqual: assertTimelines });

it(
  'reads the text without the thinking',
  marbles((m: Context) => {
    const source = chunkMarbles(m.scheduler).coldChunks('--t-H-i|', { t: thinking('hm') });

    m.expect(source.pipe(selectText())).toBeObservable('----H-i|');
    m.expect(source).toHaveSubscriptions('^------!');
    m.flush();
    expect(source.subscriptions).toHaveLength(1);
  }),
);
