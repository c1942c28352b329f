import { defer, from, mergeMap, type Observable, of } from 'rxjs';
import type { SessionHistory, SessionRecord, SessionStore } from '../../agents/index.ts';
import type { FakeModel } from '../../testing/index.ts';

/** A message of the user, as histories and requests have it. */
export const user = (content: string) => ({ role: 'user', content });

/** An answer of text, as histories and requests have it. */
export const assistant = (text: string, mark?: typeof partial) => ({
  role: 'assistant',
  content: [{ type: 'text', text }],
  ...mark,
});

/** The mark of an answer that was cut off. */
export const partial = { partial: true } as const;

/** The messages of a model's call, from 0. */
export function asked(model: FakeModel, call: number): unknown {
  return model.calls[call]?.request.messages;
}

/** The history as it stands, of a session that answers synchronously. */
export function historyOf(session: { readonly history: Observable<SessionHistory> }): SessionHistory {
  let now: SessionHistory | undefined;
  session.history.subscribe((history) => (now = history)).unsubscribe();
  if (!now) throw new Error('The session has no history yet');
  return now;
}

/** A session's log, of a store that answers synchronously. */
export function logOf(store: SessionStore, id: string): readonly SessionRecord[] {
  const log: SessionRecord[] = [];
  from(store.read(id))
    .subscribe((records) => log.push(...records))
    .unsubscribe();
  return log;
}

/** What a log tells, in words. */
export function typesOf(log: readonly SessionRecord[]): string {
  return log.map(({ type }) => type).join(' ');
}

/** A store whose writes wait for these, one after the other; later ones for nothing. */
export function slowed(store: SessionStore, ...waits: readonly Observable<unknown>[]): SessionStore {
  const turns = waits[Symbol.iterator]();
  return {
    ...store,
    append: (id, records, after) =>
      defer(() => {
        const turn = turns.next();
        return turn.done ? of(undefined) : turn.value;
      }).pipe(mergeMap(() => store.append(id, records, after))),
  };
}
