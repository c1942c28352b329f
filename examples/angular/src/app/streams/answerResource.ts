import type { ResourceRef, Signal } from '@angular/core';
import { rxResource } from '@angular/core/rxjs-interop';
import { accumulateText, type LanguageModel } from 'rxllm';

/** The answer to a question. Another question aborts the request that runs, and asks anew. */
export function answerResource(
  model: LanguageModel,
  question: Signal<string | undefined>,
): ResourceRef<string | undefined> {
  return rxResource({
    params: question,
    stream: ({ params }) => model.stream(params).pipe(accumulateText()),
  });
}
