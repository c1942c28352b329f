import type { MonoTypeOperatorFunction } from 'rxjs';
import type { StreamChunk } from '../src/chunk.ts';
import type { LanguageModel } from '../src/model.ts';

/**
 * Makes a model of a model: every call's stream goes through the operators, in their order.
 *
 * What takes a model, an agent for instance, then retries or times out each call by itself; around an agent, the same
 * operator would see the whole run, and a retry would run its tools twice. Provider, model and capabilities stay.
 *
 * ```text
 * model:   --s--a--f|          s: start, a: text, f: finish
 * result:  ----s--a--(f|)      pipeModel(model, delay(2))
 * ```
 *
 * Errors as the model does, or as the operators do. Unsubscribing goes through the operators to the model.
 *
 * @example
 * ```ts
 * const model = pipeModel(ollama('qwen3:4b'), withTimeout({ first: 30_000 }), retryStream(), splitThinking());
 * agent({ model, tools }).stream('What is the weather in Bern?').subscribe();
 * ```
 *
 * @see {@link retryStream}, behind `limitOutput` and `withTimeout`, before `interruptOn` and `splitThinking`.
 */
export function pipeModel(
  model: LanguageModel,
  ...operators: readonly MonoTypeOperatorFunction<StreamChunk>[]
): LanguageModel {
  return {
    provider: model.provider,
    model: model.model,
    capabilities: model.capabilities,
    stream: (request) => operators.reduce((stream, operator) => stream.pipe(operator), model.stream(request)),
  };
}
