import { defer, EMPTY, of } from 'rxjs';
import { checkEnd } from './internal/storeErrors.ts';
import { checkLimit, latestOf } from './internal/storeList.ts';
import {
  type SessionEntry,
  type SessionRecord,
  type SessionStore,
  toSessionEntry,
} from './internal/sessionRecords.ts';

/**
 * Makes a store that keeps sessions as long as the program runs; in browsers, too.
 *
 * It answers synchronously, so a session on it takes no time of its own.
 *
 * @example
 * ```ts
 * const store = memoryStore();
 * const chat = session({ model, store, id: 'work' });
 * const { title } = await firstValueFrom(chat.save({ title: 'At work' }));
 * ```
 *
 * @see `rxllm/agents/fileStore` and `rxllm/agents/sqliteStore`, which outlive the program.
 */
export function memoryStore(): SessionStore {
  const logs = new Map<string, SessionRecord[]>();
  const entries = new Map<string, SessionEntry>();

  return {
    append: (id, records, after) =>
      defer(() => {
        const log = logs.get(id) ?? [];
        checkEnd(id, log.length, after);
        log.push(...records);
        logs.set(id, log);
        entries.set(id, toSessionEntry(id, records, entries.get(id)));
        return EMPTY;
      }),
    read: (id) => defer(() => of([...(logs.get(id) ?? [])])),
    list: (options = {}) => {
      checkLimit(options);
      return defer(() => of(latestOf([...entries.values()], options)));
    },
    delete: (id) =>
      defer(() => {
        logs.delete(id);
        entries.delete(id);
        return EMPTY;
      }),
  };
}
