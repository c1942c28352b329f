import { concat, defer, EMPTY, type Observable, switchMap, takeLast } from 'rxjs';
import type { LanguageModel, Message, StreamChunk } from 'rxllm';
import {
  accumulateResponse,
  executeTools,
  retryStream,
  type RetryStreamOptions,
  shareRun,
  splitThinking,
  withTimeout,
} from 'rxllm/operators';
import { pipeModel } from 'rxllm/models';
import { weather } from './weather.ts';

const tools = [weather];

/** A model that gives up on silence, tries again after a failure and tells thinking from text, in every call. */
export function steady(model: LanguageModel, options: RetryStreamOptions = {}): LanguageModel {
  return pipeModel(
    model,
    withTimeout({ first: 60_000, each: 30_000 }),
    retryStream({ delay: 1_500, ...options }),
    splitThinking(),
  );
}

/**
 * Asks a question and lets the model look at the weather first: one call in which it asks for the tool, and where it
 * did, another one with the tool's result.
 */
export function converse(model: LanguageModel, prompt: string): Observable<StreamChunk> {
  return defer(() => {
    const messages: Message[] = [{ role: 'user', content: prompt }];
    const firstRound = model.stream({ messages, tools }).pipe(executeTools(tools, { messages }), shareRun());

    const secondRound = firstRound.pipe(
      accumulateResponse(),
      takeLast(1),
      switchMap(({ message, toolResults }) =>
        toolResults.length === 0
          ? EMPTY
          : model.stream({ messages: [...messages, message, { role: 'tool', content: toolResults }], tools }),
      ),
    );
    return concat(firstRound, secondRound);
  });
}
