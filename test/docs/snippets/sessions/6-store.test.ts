import { defer, EMPTY, of } from 'rxjs';
import { SinkError } from 'rxllm';
import {
  session,
  type SessionEntry,
  type SessionRecord,
  type SessionStore,
  toSessionEntry,
} from 'rxllm/agents';
import { inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

/** What is kept of a session. */
interface Kept {
  readonly entry: SessionEntry;
  readonly records: readonly SessionRecord[];
}

/** Keeps sessions as texts, as `localStorage` does. */
function textStore(texts: Map<string, string>): SessionStore {
  const kept = (id: string) => JSON.parse(texts.get(id) ?? 'null') as Kept | null;
  return {
    append: (id, records, after) =>
      defer(() => {
        const { entry, records: before } = kept(id) ?? { entry: undefined, records: [] };
        if (before.length !== after) throw new SinkError(`"${id}" has changed`, { code: 'CONFLICT' });
        const next: Kept = { entry: toSessionEntry(id, records, entry), records: [...before, ...records] };
        texts.set(id, JSON.stringify(next));
        return EMPTY;
      }),
    read: (id) => defer(() => of(kept(id)?.records ?? [])),
    list: ({ limit } = {}) =>
      defer(() => {
        const entries = [...texts.keys()].flatMap((id) => kept(id)?.entry ?? []);
        return of(entries.sort((one, other) => other.updatedAt - one.updatedAt).slice(0, limit));
      }),
    delete: (id) =>
      defer(() => {
        texts.delete(id);
        return EMPTY;
      }),
  };
}

it(
  'keeps sessions in a place of its own',
  inVirtualTime(({ fakeModel, recordTimeline, flush }) => {
    const texts = new Map<string, string>();
    const model = fakeModel(['-H-i|', '-O-k|']);
    recordTimeline(session({ model, store: textStore(texts), id: 'work' }).send('Hello'));
    flush();
    const chat = session({ model, store: textStore(texts), id: 'work' });
    recordTimeline(chat.send('Go on'));
    flush();

    expect(model.calls[1]?.request.messages).toHaveLength(3);
    expect([...texts.keys()]).toEqual(['work']);
    chat.delete().subscribe();
    expect(texts.size).toBe(0);
  }),
);
