import { catchError, defer, firstValueFrom, map, type Observable, of, takeUntil, tap } from 'rxjs';
import { toStop } from '../operators/internal/stopNotifier.ts';
import type { StreamChunk } from '../src/chunk.ts';
import { InvalidRequestError } from '../src/errors.ts';
import { openaiFormat, type OpenaiOptions } from './openaiFormat.ts';
import { throwErrorChunks } from './internal/throwErrorChunks.ts';
import { type OpenaiRequest, readOpenaiRequest } from './readOpenaiRequest.ts';
import { toChatCompletion } from './toChatCompletion.ts';
import { toOpenaiError } from './toOpenaiError.ts';
import { toResponse } from './toResponse.ts';

/** Options of {@link openaiEndpoint}. */
export type OpenaiEndpointOptions = Pick<OpenaiOptions, 'showToolRuns' | 'scheduler'>;

/**
 * Makes a model or an agent an OpenAI-compatible server: what answers `POST /v1/chat/completions`.
 *
 * `answer` is asked with what the client wants and says it as chunks; what it throws, and what the stream errors with
 * before the model has begun, becomes a body of OpenAI's form with the status of {@link toOpenaiError}. That status is
 * why the headers of a stream wait for its first event. What fails later, fails in the stream.
 *
 * The client leaving aborts the request to the model at any time. Who the client is, is for the routes before this one.
 *
 * ```text
 * source:    --s-a-b-f|         s: start, a b: text, f: finish
 * response:  --r-a-b--(fd|)     the status leaves with r, the role
 *
 * source:    --#                429 of the provider
 * response:  --(e|)             status 429
 * ```
 *
 * Never rejects.
 *
 * @example
 * ```ts
 * const answer = openaiEndpoint(({ request }) => assistant.stream(request.messages));
 * app.post('/v1/chat/completions', (context) => answer(context.req.raw));
 * ```
 */
export function openaiEndpoint(
  answer: (asked: OpenaiRequest) => Observable<StreamChunk>,
  options: OpenaiEndpointOptions = {},
): (request: Request) => Promise<Response> {
  return async (request) => {
    try {
      const asked = readOpenaiRequest(await readJson(request));
      const chunks$ = defer(() => answer(asked)).pipe(takeUntil(toStop(request.signal)));
      const told = { ...asked.options, ...options };
      return asked.stream ? await startStream(chunks$, told) : await toJson(chunks$, told);
    } catch (error) {
      return toErrorResponse(error);
    }
  };
}

async function readJson(request: Request): Promise<unknown> {
  const text = await request.text();
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new InvalidRequestError('The body must be JSON', { cause });
  }
}

function toJson(chunks$: Observable<StreamChunk>, options: OpenaiOptions): Promise<Response> {
  return firstValueFrom(
    chunks$.pipe(
      toChatCompletion(options),
      map((completion) => Response.json(completion)),
      catchError((error: unknown) => of(toErrorResponse(error))),
    ),
    { defaultValue: toErrorResponse(undefined) },
  );
}

/** A stream whose first piece is there, or the response to what went wrong before it. */
async function startStream(chunks$: Observable<StreamChunk>, options: OpenaiOptions): Promise<Response> {
  let failure: { readonly error: unknown } | undefined;
  let hasBegun = false;
  const seen = chunks$.pipe(
    throwErrorChunks(),
    tap({
      next: ({ type }) => (hasBegun ||= type === 'start'),
      error: (error: unknown) => {
        if (!hasBegun) failure = { error };
      },
    }),
  );
  const response = toResponse(seen, { format: openaiFormat(options) });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const first = await reader.read();
  if (failure) {
    await reader.cancel();
    return toErrorResponse(failure.error);
  }
  return new Response(readOn(first, reader), response);
}

/** The rest of a body, with what was read of it at the front. */
function readOn(
  first: ReadableStreamReadResult<Uint8Array>,
  reader: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStream<Uint8Array> {
  let next: Promise<ReadableStreamReadResult<Uint8Array>> | undefined = Promise.resolve(first);
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await (next ?? reader.read());
        next = undefined;
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => reader.cancel(),
    },
    { highWaterMark: 0 },
  );
}

function toErrorResponse(error: unknown): Response {
  const { body, ...init } = toOpenaiError(error);
  return Response.json(body, init);
}
