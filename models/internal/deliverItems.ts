import { ignoreElements, type MonoTypeOperatorFunction, Observable, tap } from 'rxjs';

/** What comes of an item, the last of it marked. */
export interface ItemEvent {
  readonly index: number;
  readonly type: string;
}

/**
 * Delivers the events of items as they come, or item by item in their order, holding those that are early.
 *
 * `onEnd` is called behind the last event of an item, so that what it lets begin comes after; for that a `tap` would be
 * too early.
 */
export function deliverItems<T extends ItemEvent>(
  order: 'completed' | 'given',
  onEnd: () => void,
): MonoTypeOperatorFunction<T> {
  return (source) =>
    new Observable((subscriber) => {
      const held = new Map<number, T[]>();
      let turn = 0;
      let isPassing = false;

      const pass = (event: T) => {
        subscriber.next(event);
        if (event.type === 'item-chunk') return;
        held.delete(turn);
        turn += 1;
        onEnd();
      };
      const passInTurn = (event: T) => {
        // What comes while another is being delivered is behind it.
        if (event.index !== turn || isPassing) {
          const early = held.get(event.index);
          if (early) early.push(event);
          else held.set(event.index, [event]);
          return;
        }
        isPassing = true;
        for (let next: T | undefined = event; next; next = held.get(turn)?.shift()) pass(next);
        isPassing = false;
      };

      return source.pipe(tap(order === 'given' ? passInTurn : pass), ignoreElements()).subscribe(subscriber);
    });
}
