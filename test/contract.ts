import { forkJoin, ignoreElements, map, type OperatorFunction, toArray } from 'rxjs';
import { describe } from 'vitest';
import type { StreamChunk } from '../src/index.ts';
import { chunks } from './chunks.ts';
import { it } from './marbles.ts';

/** What every operator of this library owes its source and its subscriber. */
export function behavesAsOperator(
  name: string,
  create: () => OperatorFunction<StreamChunk, unknown>,
  { catchesErrors = false }: { readonly catchesErrors?: boolean } = {},
): void {
  describe(`${name} as an operator`, () => {
    it('does nothing before it is subscribed to', (m) => {
      const source = m.cold('sa-f|', chunks);
      void source.pipe(create());

      m.expect(source).toHaveSubscriptions([]);
    });

    it('completes when an empty source completes', (m) => {
      const source = m.cold<StreamChunk>('--|');
      const result = source.pipe(create(), ignoreElements());

      m.expect(result).toBeObservable('--|');
    });

    it(catchesErrors ? 'completes after an error' : 'passes on an error of the source as it is', (m) => {
      const source = m.cold<StreamChunk>('--#');
      const expected = catchesErrors ? '--|' : '--#';

      m.expect(source.pipe(create(), ignoreElements())).toBeObservable(expected);
    });

    it('subscribes once to the source, and unsubscribes when unsubscribed from', (m) => {
      const source = m.cold('s-a-b-c-', chunks);
      const unsub = '        ^---!';

      m.expect(source.pipe(create(), ignoreElements()), unsub).toBeObservable('-----');
      m.expect(source).toHaveSubscriptions(unsub);
    });

    it('keeps its state per subscription', (m) => {
      const result = m.cold('s-a-t-f|', { ...chunks, t: chunks.b }).pipe(
        create(),
        toArray(),
        map((all) => JSON.stringify(all)),
      );
      const same = forkJoin([result, result]).pipe(map(([one, other]) => one === other));

      m.expect(same).toBeObservable('-------(s|)', { s: true });
    });
  });
}
