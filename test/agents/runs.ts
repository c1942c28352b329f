import { defer, map, type Observable, timer } from 'rxjs';
import { z } from 'zod';
import type { Agent, RunOptions } from '../../agents/index.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import type { ChunkOf, StreamChunk } from '../../src/chunk.ts';
import type { AssistantPart, Message } from '../../src/message.ts';
import type { LanguageModel } from '../../src/model.ts';
import type { RunState } from '../../src/runState.ts';
import { tool } from '../../src/tool.ts';
import { type ChunkDraft, type Timeline, toolCall } from '../../testing/index.ts';
import { fakeCapabilities } from '../../testing/fakeModel.ts';
import { listChunks } from '../chunks.ts';

/** Answers with the city after a millisecond for each letter of it. */
export const weather = tool({
  name: 'weather',
  description: 'Tells the weather of a city',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => wait(city.length, `sunny in ${city}`),
});

/** Answers at once. */
export const add = tool({
  name: 'add',
  parameters: z.object({ a: z.number(), b: z.number() }),
  execute: ({ a, b }) => a + b,
});

/** A value that comes later, without progress of its own worth looking at. */
export function wait<T>(milliseconds: number, value: T): Observable<T> {
  return timer(milliseconds).pipe(map(() => value));
}

/** Calls of {@link weather}, in one frame. */
export function ask(...cities: readonly string[]): readonly ChunkDraft[] {
  return cities.flatMap((city) => toolCall('weather', { city }));
}

/**
 * What a run did and when, a line for each frame since the given one: `4: weather(Bern), finish tool-calls, +assistant`.
 *
 * Progress, deltas of arguments, usage and raw events are left out.
 */
export function outline(run: Timeline, since = 0): string[] {
  const lines = new Map<number, string[]>();
  for (const { frame, notification } of run.messages) {
    const word =
      notification.kind === 'N'
        ? describeChunk(notification.value as StreamChunk)
        : notification.kind === 'E'
          ? `# ${String(notification.error)}`
          : '|';
    if (word !== '') lines.set(frame, [...(lines.get(frame) ?? []), word]);
  }
  return [...lines].map(([frame, words]) => `${frame - since}: ${words.join(', ')}`);
}

function describeChunk(chunk: StreamChunk): string {
  switch (chunk.type) {
    case 'start':
      return `${chunk.agent ?? '?'} ${chunk.round ?? '?'}`;
    case 'text-delta':
      return `"${chunk.text}"`;
    case 'tool-call':
      return `${chunk.toolName}(${Object.values(chunk.arguments).map(String).join()})`;
    case 'tool-call-invalid':
      return `invalid ${chunk.toolName}`;
    case 'approval-request':
      return `may ${chunk.toolName}?`;
    case 'tool-result':
      return `${chunk.toolName} ${chunk.isError ? '!' : '='} ${String(chunk.result)}`;
    case 'restart':
      return `restart ${chunk.attempt}`;
    case 'finish':
      return `finish ${chunk.reason}`;
    case 'message':
      return `+${chunk.message.role}`;
    case 'run-finish':
      return `end ${chunk.reason}`;
    default:
      return '';
  }
}

/** The messages that a run adds to its conversation. */
export function messagesOf(chunks: readonly StreamChunk[]): readonly Message[] {
  return chunks.flatMap((chunk) => (chunk.type === 'message' ? [chunk.message] : []));
}

/** The results of tools, in the order in which they came. */
export function resultsOf(chunks: readonly StreamChunk[]): unknown[] {
  return chunks.flatMap((chunk) => (chunk.type === 'tool-result' ? [chunk.result] : []));
}

/** The only end of a run. */
export function endOf(chunks: readonly StreamChunk[]): ChunkOf<'run-finish'> {
  const ends = chunks.filter((chunk) => chunk.type === 'run-finish');
  const [end] = ends;
  if (!end || ends.length > 1) throw new Error(`The run ends ${ends.length} times`);
  return end;
}

/** The state of a run that waits, as it comes out of a store. */
export function stateOf(chunks: readonly StreamChunk[]): RunState {
  return JSON.parse(JSON.stringify(endOf(chunks).state)) as RunState;
}

/** What is wrong with a conversation for a provider, as words; none where it can be sent. */
export function faultsOf(messages: readonly Message[]): string[] {
  return messages.flatMap((message, index) => {
    const next = messages[index + 1];
    const answers = next?.role === 'tool' ? next.content.map(({ toolCallId }) => toolCallId) : [];
    const calls = message.role === 'assistant' ? callsOf(message.content) : [];
    const isRight = message.role === 'assistant' ? sameList(calls, answers) : next?.role !== 'tool';
    const isEmpty = message.role !== 'user' && message.content.length === 0;
    return [
      ...(isRight ? [] : [`${index} ${message.role}: calls ${calls.join()}, answers ${answers.join()}`]),
      ...(isEmpty ? [`${index} ${message.role}: empty`] : []),
    ];
  });
}

function callsOf(content: string | readonly AssistantPart[]): string[] {
  if (typeof content === 'string') return [];
  return content.flatMap((part) =>
    part.type === 'tool-call-invalid' || (part.type === 'tool-call' && !part.providerExecuted)
      ? [part.toolCallId]
      : [],
  );
}

function sameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((each, index) => each === other[index]);
}

/** An agent's stream, whose grammar is held. */
export function streamOf<Context>(
  one: Agent<Context>,
  options?: RunOptions<Context>,
): Observable<StreamChunk> {
  return one.stream('Hi', options).pipe(verifyGrammar());
}

/** A model that answers at once, with the chunks for that call, from 1. */
export function syncModel(
  answer: (call: number) => readonly ChunkDraft[],
): LanguageModel & { readonly asked: number } {
  let asked = 0;
  return {
    provider: 'test',
    model: 'test-1',
    capabilities: fakeCapabilities,
    get asked() {
      return asked;
    },
    stream: () => defer(() => listChunks(answer(++asked))),
  };
}
