import type { MonoTypeOperatorFunction } from 'rxjs';
import type { StreamChunk } from '../../src/chunk.ts';
import { observe } from './observe.ts';
import { checkTraceOptions, type TraceOptions } from './telemetry.ts';

/** Options of {@link traceStream}. */
export interface TraceStreamOptions extends TraceOptions {
  /**
   * The agent's name, where the stream is that of an agent: its span then begins with the subscription, so that whatever
   * comes before the first chunk is within, a failure too.
   *
   * @defaultValue told by the first `start`
   */
  readonly agentName?: string;
}

/**
 * Writes a stream into OpenTelemetry: spans and metrics by its conventions for generative AI.
 *
 * All chunks pass untouched; the spans are made of them. Behind a model, `chat` is one call, from subscription to
 * `finish`. Behind an agent or a session, `invoke_agent` is the run, and `chat` its rounds, `execute_tool` its tools and
 * another `invoke_agent` each agent that it is handed over to are within. The parent is what is active at subscribe,
 * and while the source is subscribed to, the run is active. A retry behind the model is an event `rxllm.restart` of the
 * one call; before the retry, `traceStream` sees each attempt as a call of its own, and with both there is one span for
 * each, not two. Every span ends once: where `rxllm.ended_by` tells that it was cut off, the stream was unsubscribed
 * from (`unsubscribe`), or it is a tool that a `restart` or an `error` took away.
 *
 * ```text
 * source:        ^--s-c--f-x-s-t-f|      s: start, c: tool call, f: finish, x: tool result, t: text
 * invoke_agent:  |----------------|      traceStream()
 * chat:          |-------|-|-----|       two of them
 * execute_tool:       |----|             from `durationMs` of x
 * ```
 *
 * What was said is written only with `content`. The request cannot be seen from behind the model, so what was asked for
 * (temperature, most tokens, messages) and the name of the model that was asked, where another one answers, need
 * {@link traceModel}; and for the spans that a tool makes to be within the span of the tool, give it to
 * {@link traceTools}.
 *
 * Errors with what the source errors with. What OpenTelemetry or `redact` throws goes to its `diag` log, and the stream
 * goes on. Unsubscribing ends the spans, and unsubscribes from the source.
 *
 * @throws {TypeError} where an option is wrong, naming it
 *
 * @example
 * ```ts
 * assistant.stream('Is it warmer in Bern or in Oslo?').pipe(traceStream({ agentName: assistant.name })).subscribe();
 * ```
 *
 * @see https://github.com/open-telemetry/semantic-conventions-genai for the conventions, here those of schema 1.42.0.
 */
export function traceStream(options: TraceStreamOptions = {}): MonoTypeOperatorFunction<StreamChunk> {
  checkTraceOptions('traceStream', options);
  return (source) => observe(source, options);
}
