import { forkJoin, ignoreElements, map, type OperatorFunction, toArray } from 'rxjs';
import { describe } from 'vitest';
import { type StreamChunk, StreamInterruptedError } from '../src/index.ts';
import { it } from './marbles.ts';

const cut = new StreamInterruptedError('cut');

/** What every operator of this library owes its source and its subscriber. */
export function behavesAsOperator(
  name: string,
  create: () => OperatorFunction<StreamChunk, unknown>,
  { catchesErrors = false }: { readonly catchesErrors?: boolean } = {},
): void {
  describe(`${name} as an operator`, () => {
    it('does nothing before it is subscribed to', (m) => {
      const source = m.coldChunks('a-b|');
      void source.pipe(create());

      m.expect(source).toHaveSubscriptions([]);
    });

    it('completes when an empty source completes', (m) => {
      const source = m.coldChunks('--|');
      const result = source.pipe(create(), ignoreElements());

      m.expect(result).toBeObservable('--|');
    });

    it(catchesErrors ? 'completes after an error' : 'passes on an error of the source as it is', (m) => {
      const source = m.coldChunks('--#', {}, cut);
      const expected = catchesErrors ? '--|' : '--#';

      m.expect(source.pipe(create(), ignoreElements())).toBeObservable(expected, {}, cut);
    });

    it('subscribes once to the source, and unsubscribes when unsubscribed from', (m) => {
      const source = m.coldChunks('a-b-c-d-');
      const unsub = '              ^---!';

      m.expect(source.pipe(create(), ignoreElements()), unsub).toBeObservable('-----');
      m.expect(source).toHaveSubscriptions(unsub);
    });

    it('keeps its state per subscription', (m) => {
      const result = m.coldChunks('a-b-|').pipe(
        create(),
        toArray(),
        map((all) => JSON.stringify(all)),
      );
      const same = forkJoin([result, result]).pipe(map(([one, other]) => one === other));

      m.expect(same).toBeObservable('----(s|)', { s: true });
    });
  });
}
