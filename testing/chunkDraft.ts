import type { ChunkOf, FinishReason, StreamChunk } from '../src/chunk.ts';
import { type ErrorDetails, StreamInterruptedError, toErrorFacts } from '../src/errors.ts';
import type { JsonObject } from '../src/json.ts';
import type { ThinkingKind } from '../src/message.ts';
import type { Usage } from '../src/usage.ts';

/** What a diagram knows of a chunk by its place, so that nobody need write it. */
interface Implied {
  readonly start: 'provider' | 'model';
  readonly finish: 'reason' | 'metadata';
  readonly restart: 'attempt';
  readonly 'approval-request': 'arguments';
  readonly 'tool-result': 'isError' | 'durationMs';
}

type ImpliedKey<Type> = 'block' | 'toolCallId' | (Type extends keyof Implied ? Implied[Type] : never);

type Loosened<Chunk, Keys extends PropertyKey> = Omit<Chunk, Keys> & Partial<Pick<Chunk, Keys & keyof Chunk>>;

type DraftOf<Chunk> = Chunk extends StreamChunk ? Loosened<Chunk, ImpliedKey<Chunk['type']>> : never;

/**
 * A chunk as it stands in a diagram: without what its place says, its block number for instance.
 *
 * Every {@link StreamChunk} is one too; what it says is kept.
 */
export type ChunkDraft = DraftOf<StreamChunk>;

/** The {@link ChunkDraft} of a type. */
export type ChunkDraftOf<Type extends StreamChunk['type']> = Extract<ChunkDraft, { readonly type: Type }>;

/** What the characters of a diagram stand for. Several chunks of one character come in one frame. */
export type ChunkValues = Readonly<Record<string, ChunkDraft | readonly ChunkDraft[]>>;

/**
 * What `#` of a diagram stands for: an error, or a function that makes one of what had arrived.
 *
 * Without one it is a `StreamInterruptedError`, which is worth a retry and has the `partial` of the diagram.
 *
 * @example
 * ```ts
 * coldChunks('--H-#', {}, (details) => new ProviderError('busy', { ...details, status: 529, retryable: true }));
 * ```
 */
export type ChunkError = Error | ((details: ErrorDetails) => unknown);

/** The service and model that diagrams tell of. */
export const fakeOrigin = { provider: 'test', model: 'test-1' } as const;

/** What of the error of `#` where the diagram gives none. */
export const brokenOff = 'The stream broke off';

/**
 * A piece of the answer, for a diagram; a single character needs no value.
 *
 * @example
 * ```ts
 * coldChunks('--H-w|', { H: text('Hello '), w: text('world') });
 * ```
 */
export function text(content: string): ChunkDraftOf<'text-delta'> {
  return { type: 'text-delta', text: content };
}

/**
 * A piece of the model's thinking, for a diagram.
 *
 * @example
 * ```ts
 * coldChunks('--t-H-i|', { t: thinking('A greeting.') });
 * ```
 */
export function thinking(content: string, kind: ThinkingKind = 'thinking'): ChunkDraftOf<'thinking-delta'> {
  return { type: 'thinking-delta', text: content, kind };
}

/**
 * A whole tool call in one frame, for a diagram: its start, its arguments and its end.
 *
 * The id is `call_` and the number of its block unless given. For a call that streams use the single chunks as values:
 * `{ type: 'tool-call-start', toolName: 'weather' }` and so on.
 *
 * @example
 * ```ts
 * fakeModel(scheduler, ['--c|', '--S-u-n|'], { values: { c: toolCall('weather', { city: 'Bern' }) } });
 * ```
 */
export function toolCall(
  toolName: string,
  args: JsonObject = {},
  toolCallId?: string,
): readonly ChunkDraft[] {
  const id = toolCallId === undefined ? {} : { toolCallId };
  return [
    { type: 'tool-call-start', toolName, ...id },
    { type: 'tool-call-delta', argumentsDelta: JSON.stringify(args), ...id },
    { type: 'tool-call', toolName, arguments: args, ...id },
  ];
}

/** Facts of a {@link toolResult} that its place in the diagram does not tell. */
export interface ToolResultFacts {
  /** @defaultValue the first call of that tool, in the current model call, that has no result yet */
  readonly toolCallId?: string;
  /** @defaultValue false */
  readonly isError?: boolean;
  /** Milliseconds. @defaultValue the time since the call, in the diagram */
  readonly durationMs?: number;
}

/**
 * What a tool has given back, for a diagram.
 *
 * @example
 * ```ts
 * const c = toolCall('weather', { city: 'Bern' });
 * const run = coldChunks('--c---|', { c }).pipe(executeTools([weather]));
 * expectChunks(run).toBe('--(cr)|', { c, r: toolResult('weather', 'sunny in Bern') });
 * ```
 */
export function toolResult(
  toolName: string,
  result: unknown,
  facts: ToolResultFacts = {},
): ChunkDraftOf<'tool-result'> {
  return { type: 'tool-result', toolName, result, ...facts };
}

/**
 * What a running tool tells, for a diagram; the call is found like that of {@link toolResult}.
 *
 * @example
 * ```ts
 * const p = toolProgress('weather', 'asking the satellite');
 * ```
 */
export function toolProgress(
  toolName: string,
  value: unknown,
  toolCallId?: string,
): ChunkDraftOf<'tool-progress'> {
  return { type: 'tool-progress', toolName, value, ...(toolCallId !== undefined && { toolCallId }) };
}

/**
 * A tool that waits for consent, for a diagram; the call is found like that of {@link toolResult}.
 *
 * @example
 * ```ts
 * const a = approvalRequest('pay');
 * ```
 */
export function approvalRequest(toolName: string, toolCallId?: string): ChunkDraftOf<'approval-request'> {
  return { type: 'approval-request', toolName, ...(toolCallId !== undefined && { toolCallId }) };
}

/**
 * What the call has used so far, for a diagram; the total is the sum unless given.
 *
 * @example
 * ```ts
 * const u = usage({ inputTokens: 12, outputTokens: 3 });
 * ```
 */
export function usage(counts: Partial<Usage>): ChunkOf<'usage'> {
  const { inputTokens = 0, outputTokens = 0 } = counts;
  return {
    type: 'usage',
    usage: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, ...counts },
  };
}

/**
 * The end of a model call, for a diagram that goes on behind it; `|` brings its own.
 *
 * The reason is `tool-calls` if there was one and else `stop`, the usage the last one of the call, unless given.
 *
 * @example
 * ```ts
 * coldChunks('--H-i-f|', { f: finish('length') });
 * ```
 */
export function finish(reason?: FinishReason, used?: Partial<Usage>): ChunkDraftOf<'finish'> {
  return {
    type: 'finish',
    ...(reason !== undefined && { reason }),
    ...(used && { usage: usage(used).usage }),
  };
}

/** Facts of a {@link restart}. */
export interface RestartFacts extends Partial<Omit<ChunkOf<'restart'>, 'type' | 'error'>> {
  /** The error that voided the attempt. @defaultValue the one that `#` stands for */
  readonly error?: unknown;
}

/**
 * What `retryStream` tells of a failed attempt, for a diagram.
 *
 * `attempt` is counted by the diagram, `maxAttempts` is 3 and `delayMs` is 0 unless given.
 *
 * @example
 * ```ts
 * const model = fakeModel(scheduler, ['--H-#', '--H-i|']);
 * const answer = model.stream('Hello').pipe(retryStream({ delay: 4, random: () => 0 }));
 * expectChunks(answer).toBe('--H-r---H-i|', { r: restart({ delayMs: 2 }) });
 * ```
 */
export function restart({ error, ...facts }: RestartFacts = {}): ChunkDraftOf<'restart'> {
  const cause = error ?? new StreamInterruptedError(brokenOff, { provider: fakeOrigin.provider });
  return { type: 'restart', maxAttempts: 3, delayMs: 0, error: toErrorFacts(cause), ...facts };
}
