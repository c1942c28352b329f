import { from, type ObservableInput, lastValueFrom } from 'rxjs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { fileStore } from '../../agents/fileStore.ts';
import type { SessionRecord, SessionStore } from '../../agents/index.ts';
import { memoryStore } from '../../agents/memoryStore.ts';
import { sqliteStore } from '../../agents/sqliteStore.ts';

/** The folder of the test that runs. */
export const place = { folder: '' };

/** Gives each test a folder of its own. */
export function useNewFolder(): void {
  beforeEach(() => {
    place.folder = mkdtempSync(join(tmpdir(), 'session-'));
  });
  afterEach(() => {
    rmSync(place.folder, { recursive: true });
  });
}

/** The stores by name. What `open` makes twice in one test has the same sessions, as two processes would. */
export const stores: readonly { readonly name: string; readonly open: () => SessionStore }[] = [
  { name: 'memoryStore', open: memoryStore },
  { name: 'fileStore', open: () => fileStore(join(place.folder, 'chats')) },
  { name: 'sqliteStore', open: () => sqliteStore(join(place.folder, 'chats.db')) },
];

/** The records of a session that has begun, with this said at these moments. */
export function recordsOf(texts: readonly string[], at = 1): readonly SessionRecord[] {
  return [
    { type: 'session', version: 1, at, messageCount: 0 },
    ...texts.map((content, index): SessionRecord => ({
      type: 'send',
      message: { role: 'user', content },
      at: at + index + 1,
      messageCount: index + 1,
    })),
  ];
}

/** Waits for the end, and gives the last value. */
export function done<T>(input: ObservableInput<T>): Promise<T | undefined> {
  return lastValueFrom(from(input), { defaultValue: undefined });
}
