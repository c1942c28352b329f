import { lastValueFrom, tap } from 'rxjs';
import { isRxllmError } from '../../src/errors.ts';
import type { FinishChunk, StreamChunk } from '../../src/chunk.ts';
import type { PartialResponse } from '../../src/message.ts';
import type { LanguageModel } from '../../src/model.ts';
import { ResponseBuilder } from '../../src/response.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import { anthropic } from '../../providers/anthropic.ts';
import { ollama } from '../../providers/ollama.ts';
import { openai } from '../../providers/openai.ts';
import { openaiChat } from '../../providers/openaiChat.ts';

/** What a recording made of a stream: how it ended and what had come. */
export interface Outcome {
  readonly response: PartialResponse;
  readonly thinkingParts: readonly string[];
  readonly finish: FinishChunk | undefined;
  /** Any error; one that is not of the library is a failure of it. */
  readonly error: unknown;
}

/** A recorded answer of a server. */
export interface Recording {
  readonly protocol: string;
  readonly model: string;
  readonly body: Uint8Array;
  readonly status: number;
  readonly headers: Record<string, string>;
}

/** Where the body is cut: everything at once, every byte, or pieces of random sizes. */
export type Cut = 'whole' | 'bytes' | { readonly random: () => number };

/** Plays a recorded body through the real SDK and the provider, and collects what comes. */
export async function play(recording: Recording, cut: Cut): Promise<Outcome> {
  const model = modelFor(recording, () =>
    Promise.resolve(new Response(toStream(recording.body, cut), recording)),
  );
  const response = new ResponseBuilder();
  const blocks = new Map<number, string>();
  let finish: FinishChunk | undefined;
  let failure: unknown;

  const collect = (chunk: StreamChunk) => {
    response.add(chunk);
    if (chunk.type === 'thinking-delta')
      blocks.set(chunk.block, (blocks.get(chunk.block) ?? '') + chunk.text);
    if (chunk.type === 'finish') finish = chunk;
  };
  try {
    await lastValueFrom(model.stream('Hello').pipe(verifyGrammar(), tap(collect)), {
      defaultValue: undefined,
    });
  } catch (error) {
    failure = error;
  }
  return {
    response: isRxllmError(failure) ? failure.partial : response.partial,
    thinkingParts: [...blocks.values()],
    finish,
    error: failure,
  };
}

function modelFor({ protocol, model: name }: Recording, fetch: typeof globalThis.fetch): LanguageModel {
  const model = name === '' ? 'recorded' : name;
  switch (protocol) {
    case 'openai-chat':
    case 'openai-compatible':
      return openaiChat(model, { apiKey: 'none', fetch });
    case 'openai-responses':
      return openai(model, { apiKey: 'none', fetch });
    case 'anthropic':
      return anthropic(model, { apiKey: 'none', fetch });
    case 'ollama':
      return ollama(model, { fetch });
    default:
      throw new Error(`Unknown protocol ${protocol}`);
  }
}

function toStream(body: Uint8Array, cut: Cut): ReadableStream<Uint8Array> {
  let position = 0;
  const nextSize = () =>
    cut === 'whole' ? body.length : cut === 'bytes' ? 1 : 1 + Math.floor(cut.random() ** 3 * 400);

  return new ReadableStream({
    pull(controller) {
      if (position >= body.length) {
        controller.close();
        return;
      }
      const size = nextSize();
      controller.enqueue(body.slice(position, position + size));
      position += size;
    },
  });
}
