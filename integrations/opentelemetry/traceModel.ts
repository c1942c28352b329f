import type { LanguageModel } from '../../src/model.ts';
import { toRequest } from '../../src/request.ts';
import { observe } from './observe.ts';
import { checkTraceOptions, type TraceOptions } from './telemetry.ts';

/**
 * Makes a model whose calls are written into OpenTelemetry, with what was asked for.
 *
 * As {@link traceStream} behind the model, and beyond it: `chat` has the parameters of the request, with `content` its
 * messages, and the name of the model that was asked; and it is active during the call, so that the HTTP request's own
 * span is within. In a run that is traced, the span is within that of the run, which makes none of its own for the call;
 * for that there must be a context manager, which every SDK for Node registers. Provider, model and capabilities stay.
 *
 * ```text
 * traceModel(model).stream(request):  ^--s-t-f|     s: start, t: text, f: finish
 * chat:                               |------|
 * POST /v1/responses:                  |-----|      of an instrumentation of HTTP
 * ```
 *
 * Errors as the model does. Unsubscribing ends the span, and aborts the call.
 *
 * @throws {TypeError} where an option is wrong, naming it
 *
 * @example
 * ```ts
 * const model = pipeModel(traceModel(openai('gpt-5-mini')), retryStream());
 * const assistant = agent({ model, tools: traceTools([weather]) });
 * assistant.stream('Is it warm in Bern?').pipe(traceStream({ agentName: assistant.name })).subscribe();
 * ```
 *
 * @see {@link traceStream} for what is written.
 */
export function traceModel(model: LanguageModel, options: TraceOptions = {}): LanguageModel {
  checkTraceOptions('traceModel', options);
  return {
    provider: model.provider,
    model: model.model,
    capabilities: model.capabilities,
    stream: (asked) => {
      // One that is not valid is for the model to refuse.
      const request = typeof asked === 'string' ? toRequest(asked) : asked;
      return observe(model.stream(asked), options, { model, request });
    },
  };
}
