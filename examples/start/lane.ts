import { materialize, type Observable, type ObservableNotification, scan, startWith, timestamp } from 'rxjs';
import { type RestartChunk, type StreamChunk, toErrorFacts, type ToolResultChunk } from 'rxllm';

/** One thing that happened in a conversation. */
export type Entry =
  | {
      readonly kind: 'thinking' | 'text';
      readonly text: string;
      readonly block: number;
      readonly isVoid?: true;
    }
  | ToolEntry
  | { readonly kind: 'restart'; readonly chunk: RestartChunk }
  | { readonly kind: 'error'; readonly message: string };

/** A tool call with what is known of its run. */
export interface ToolEntry {
  readonly kind: 'tool';
  readonly toolCallId: string;
  readonly toolName: string;
  readonly arguments: unknown;
  readonly progress?: unknown;
  readonly result?: ToolResultChunk;
  readonly isVoid?: true;
}

/** A conversation as the screen shows it. */
export interface Lane {
  readonly name: string;
  readonly model: string;
  readonly state: 'running' | 'done' | 'interrupted' | 'failed';
  readonly entries: readonly Entry[];
  /** Where in `entries` the current model call begins. */
  readonly callStart: number;
  /** For the rate: characters that came, and the milliseconds in which they streamed. */
  readonly characters: number;
  readonly streamedMs: number;
  readonly lastDelta?: number | undefined;
}

/** Emits the lane of a conversation, at once and at each change. Never errors: a failure is an entry. */
export function watchLane(
  run: Observable<StreamChunk>,
  { name, model, signal }: { name: string; model: string; signal: AbortSignal },
): Observable<Lane> {
  const empty: Lane = {
    name,
    model,
    state: 'running',
    entries: [],
    callStart: 0,
    characters: 0,
    streamedMs: 0,
  };

  return run.pipe(
    materialize(),
    timestamp(),
    scan((lane, { value, timestamp: now }) => advance(lane, value, now, signal), empty),
    startWith(empty),
  );
}

/** Tokens a second while it streams, at four characters a token; the exact number is known only at the end. */
export function tokenRate({ characters, streamedMs }: Lane): number | undefined {
  return streamedMs < 200 ? undefined : characters / 4 / (streamedMs / 1000);
}

function advance(
  lane: Lane,
  event: ObservableNotification<StreamChunk>,
  now: number,
  signal: AbortSignal,
): Lane {
  if (event.kind === 'C') return { ...lane, state: signal.aborted ? 'interrupted' : 'done' };
  if (event.kind === 'E') {
    const error: Entry = { kind: 'error', message: toErrorFacts(event.error).message };
    return { ...lane, state: 'failed', entries: [...lane.entries, error] };
  }
  return take(lane, event.value, now);
}

function take(lane: Lane, chunk: StreamChunk, now: number): Lane {
  const { entries, callStart } = lane;

  switch (chunk.type) {
    case 'start': {
      const standing = entries.filter((entry) => !('isVoid' in entry));
      return { ...lane, entries: standing, callStart: standing.length, lastDelta: undefined };
    }
    case 'text-delta':
    case 'thinking-delta': {
      const streamedMs = lane.streamedMs + (now - (lane.lastDelta ?? now));
      const characters = lane.characters + chunk.text.length;
      return { ...lane, entries: grow(entries, chunk), characters, streamedMs, lastDelta: now };
    }
    case 'tool-call': {
      const { toolCallId, toolName } = chunk;
      return {
        ...lane,
        entries: [...entries, { kind: 'tool', toolCallId, toolName, arguments: chunk.arguments }],
      };
    }
    case 'tool-progress':
      return { ...lane, entries: amend(entries, chunk.toolCallId, { progress: chunk.value }) };
    case 'tool-result':
      return { ...lane, entries: amend(entries, chunk.toolCallId, { result: chunk }) };
    case 'restart': {
      const voided = entries.slice(callStart).map((entry) => ({ ...entry, isVoid: true }) as const);
      return { ...lane, entries: [...entries.slice(0, callStart), ...voided, { kind: 'restart', chunk }] };
    }
    default:
      return lane;
  }
}

/** Adds a piece to the block it belongs to, which is the last one or new. */
function grow(
  entries: readonly Entry[],
  { type, text, block }: { type: 'text-delta' | 'thinking-delta'; text: string; block: number },
): readonly Entry[] {
  const kind = type === 'text-delta' ? 'text' : 'thinking';
  const before = entries.at(-1);
  return before?.kind === kind && before.block === block
    ? [...entries.slice(0, -1), { kind, block, text: before.text + text }]
    : [...entries, { kind, block, text }];
}

/** Amends the latest call of that id: ids are unique only within a model call. */
function amend(
  entries: readonly Entry[],
  toolCallId: string,
  news: Pick<ToolEntry, 'progress'> | Pick<ToolEntry, 'result'>,
): readonly Entry[] {
  const index = entries.findLastIndex((entry) => entry.kind === 'tool' && entry.toolCallId === toolCallId);
  return entries.map((entry, at) => (at === index && entry.kind === 'tool' ? { ...entry, ...news } : entry));
}
