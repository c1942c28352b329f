import type { Observable } from 'rxjs';
import type { LanguageModel, StreamChunk } from 'rxllm';
import { agent } from 'rxllm/agents';
import { pipeModel } from 'rxllm/models';
import { retryStream, type RetryStreamOptions, splitThinking, withTimeout } from 'rxllm/operators';
import { weather } from './weather.ts';

/** A model that gives up on silence, tries again after a failure and tells thinking from text, in every call. */
export function steady(model: LanguageModel, options: RetryStreamOptions = {}): LanguageModel {
  return pipeModel(
    model,
    withTimeout({ first: 60_000, each: 30_000 }),
    retryStream({ delay: 1_500, ...options }),
    splitThinking(),
  );
}

/** Asks a question and lets the model look at the weather first. Stopping also stops a tool and the wait before a retry. */
export function converse(model: LanguageModel, prompt: string, signal: AbortSignal): Observable<StreamChunk> {
  return agent({ model: steady(model), tools: [weather] }).stream(prompt, { interruptOn: signal });
}
