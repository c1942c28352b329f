import { defer, finalize, isObservable, type Observable, throwError } from 'rxjs';
import type { TestScheduler } from 'rxjs/testing';
import type { StreamChunk } from '../src/chunk.ts';
import type { Message } from '../src/message.ts';
import type { Capabilities, LanguageModel } from '../src/model.ts';
import { type ModelRequest, toRequest } from '../src/request.ts';
import { type ChunkError, type ChunkValues, fakeOrigin } from './chunkDraft.ts';
import { toChunkMessages } from './chunkMessages.ts';
import { format } from './format.ts';
import { type FakeAnswer, FakeRounds, type FakeScript } from './fakeRounds.ts';

/** Options of {@link fakeModel}. */
export interface FakeModelOptions {
  /** What the characters of the rounds stand for. @defaultValue every one is a piece of text */
  readonly values?: ChunkValues;
  /** What `#` of the rounds stands for. @defaultValue a `StreamInterruptedError` with the partial */
  readonly error?: ChunkError;
  /** @defaultValue 'test' */
  readonly provider?: string;
  /** @defaultValue 'test-1' */
  readonly model?: string;
  /** @defaultValue it can do everything */
  readonly capabilities?: Partial<Capabilities>;
}

/** One call of a {@link FakeModel}: what was asked, and when. */
export interface FakeCall {
  /** The request as it was, its messages copied. */
  readonly request: ModelRequest;
  readonly subscribedFrame: number;
  /** When the call ended or was unsubscribed from; Infinity while it is open. */
  readonly unsubscribedFrame: number;
}

/** A model that plays a script, from {@link fakeModel}. */
export interface FakeModel extends LanguageModel {
  /** The calls so far; a call is a subscription, so every attempt of a retry is one. */
  readonly calls: readonly FakeCall[];
  /** When they were open, for `expectSubscriptions(model.subscriptions).toBe(['^--!'])`. */
  readonly subscriptions: ReturnType<TestScheduler['createColdObservable']>['subscriptions'];
}

/**
 * A model that answers as the test says, at the moments the test says.
 *
 * A script is a list of rounds or a function. A round is a diagram of chunks, any stream, or either with `when`. Each
 * call, that is each subscription, takes the first round whose `when` fits the last message of the request, however
 * often it was taken; if there is none, the first round without `when` that has not been taken. Put `#` into a round
 * to let it fail.
 *
 * ```text
 * 1st call:   --c|              c: toolCall('weather')
 * 2nd call:   --S-u-n|          fakeModel(scheduler, ['--c|', '--S-u-n|'], { values: { c } })
 * ```
 *
 * A call for which the script has no round errors with an `Error` that tells what was asked and what there is; the
 * same error is thrown out of the `flush` of the scheduler, so that no `catchError` can hide it. Unsubscribing ends
 * the call; `calls` and `subscriptions` tell when.
 *
 * @example
 * ```ts
 * const model = fakeModel(scheduler, ['--H-#', '--H-i|']);
 * const answer = model.stream('Hello').pipe(retryStream({ delay: 4, random: () => 0 }));
 * ```
 *
 * @see {@link chunkMarbles} for the notation of the rounds.
 */
export function fakeModel(
  scheduler: TestScheduler,
  script: FakeScript,
  options: FakeModelOptions = {},
): FakeModel {
  const { provider = fakeOrigin.provider, model = fakeOrigin.model } = options;
  if (!Array.isArray(script) && typeof script !== 'function') {
    throw new TypeError(`fakeModel: script must be a list of rounds or a function, not ${format(script)}`);
  }
  const rounds = new FakeRounds(script);
  const log = scheduler.createColdObservable('');
  const calls: FakeCall[] = [];

  const toStream = ({ answer, values = options.values, error = options.error }: FakeAnswer) => {
    if (isObservable(answer)) return answer;
    const cold = scheduler.createColdObservable<StreamChunk>('');
    cold.messages = toChunkMessages(scheduler, answer, values, error, { provider, model });
    return cold;
  };

  const failLoudly = (error: Error): Observable<never> => {
    scheduler.schedule(() => {
      throw error;
    });
    return throwError(() => error);
  };

  return {
    provider,
    model,
    capabilities: { ...fakeCapabilities, ...options.capabilities },
    calls,
    subscriptions: log.subscriptions,
    stream: (input) =>
      defer(() => {
        const request = { ...toRequest(input) };
        const messages: readonly Message[] = [...request.messages];
        const index = log.logSubscribedFrame();
        calls.push(new RecordedCall({ ...request, messages }, log.subscriptions, index));
        const end = finalize<StreamChunk>(() => log.logUnsubscribedFrame(index));
        let stream: Observable<StreamChunk>;
        try {
          stream = toStream(rounds.take({ ...request, messages }));
        } catch (error) {
          stream = failLoudly(error as Error);
        }
        return stream.pipe(end);
      }),
  };
}

/** What a model can do that is only played. */
export const fakeCapabilities: Capabilities = {
  streaming: true,
  tools: true,
  parallelTools: true,
  thinking: true,
  structuredOutput: true,
  images: true,
};

/** A call whose frames are those of the log, so that they are right at any time. */
class RecordedCall implements FakeCall {
  readonly request: ModelRequest;
  readonly #log: FakeModel['subscriptions'];
  readonly #index: number;

  constructor(request: ModelRequest, log: FakeModel['subscriptions'], index: number) {
    this.request = request;
    this.#log = log;
    this.#index = index;
  }

  get subscribedFrame(): number {
    return this.#log[this.#index]?.subscribedFrame ?? 0;
  }

  get unsubscribedFrame(): number {
    return this.#log[this.#index]?.unsubscribedFrame ?? 0;
  }
}
