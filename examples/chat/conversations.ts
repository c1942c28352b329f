import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { firstValueFrom, from } from 'rxjs';
import { type Message, toErrorFacts, type ToolCallPart, type ToolResultPart } from 'rxllm';
import type { SessionEntry, SessionMessage, SessionStore } from 'rxllm/agents';
import { sqliteStore } from 'rxllm/agents/sqliteStore';
import type { Entry } from '../start/lane.ts';
import { show } from '../start/lines.ts';

/** Where conversations are kept, unless somebody says otherwise. */
export function defaultStore(): string {
  return join(dataFolder(process.platform, process.env), 'rxllm', 'chats.db');
}

/** The folder in which the user's programs keep what is theirs. */
export function dataFolder(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): string {
  const home = homedir();
  if (platform === 'win32') return env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support');
  // An empty or relative one does not count, says the specification.
  const folder = env['XDG_DATA_HOME'] ?? '';
  return folder.startsWith('/') ? folder : join(home, '.local', 'share');
}

/**
 * Opens the store of a file, which is made where there is none.
 *
 * @throws {Error} saying in one line why it cannot
 */
export async function openStore(file: string): Promise<SessionStore> {
  try {
    mkdirSync(dirname(file), { recursive: true });
    const store = sqliteStore(file);
    await listOf(store, 1);
    return store;
  } catch (error) {
    throw new Error(`the store ${file} cannot be opened: ${toErrorFacts(error).message}`, { cause: error });
  }
}

/** The conversations, the one used last first. */
export function listOf(store: SessionStore, limit?: number): Promise<readonly SessionEntry[]> {
  return firstValueFrom(from(store.list(limit === undefined ? {} : { limit })));
}

/** A line for each conversation in which something was said. */
export function describeList(entries: readonly SessionEntry[]): string {
  const kept = entries.filter(({ messageCount }) => messageCount > 0);
  if (kept.length === 0) return 'There is no conversation yet.';
  const lines = kept.map(({ id, title = '', updatedAt, messageCount }) => {
    const day = new Date(updatedAt).toISOString().slice(0, 16).replace('T', ' ');
    return `${show(id)}  ${day}  ${String(messageCount).padStart(3)} messages  ${show(title)}`;
  });
  return lines.join('\n');
}

/** An id that can be typed. */
export function newId(): string {
  return randomUUID().slice(0, 8);
}

/** What a conversation is called in lists: how it begins. */
export function titleOf(message: string): string {
  const line = show(message);
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

/** What the user said. */
export function textOf({ content }: Message): string {
  if (typeof content === 'string') return content;
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

/** What was said between two messages of the user, as it was drawn when it came. */
export function toEntries(messages: readonly SessionMessage[]): readonly Entry[] {
  return messages.flatMap((message, at): readonly Entry[] => {
    if (message.role !== 'assistant') return [];
    const { content } = message;
    const parts = typeof content === 'string' ? [{ type: 'text', text: content } as const] : content;
    const results = messages[at + 1];
    const entries = parts.flatMap((part, block): readonly Entry[] => {
      switch (part.type) {
        case 'text':
        case 'refusal':
          return [{ kind: 'text', text: part.text, block }];
        case 'thinking':
          return [{ kind: 'thinking', text: part.text, block }];
        case 'tool-call':
          return [toToolEntry(part, results?.role === 'tool' ? results.content : [])];
        default:
          return [];
      }
    });
    return message.partial
      ? [...entries, { kind: 'error', message: 'The answer was cut off here.' }]
      : entries;
  });
}

function toToolEntry(
  { toolCallId, toolName, arguments: args }: ToolCallPart,
  results: readonly ToolResultPart[],
): Entry {
  const found = results.find((result) => result.toolCallId === toolCallId);
  const { result, isError = false } = found ?? {};
  const chunk = { type: 'tool-result', toolCallId, toolName, result, isError, durationMs: 0 } as const;
  return { kind: 'tool', toolCallId, toolName, arguments: args, ...(found && { result: chunk }) };
}
