import type { Observable } from 'rxjs';
import type { LanguageModel, Price, StreamChunk } from 'rxllm';
import { agent } from 'rxllm/agents';
import { pipeModel } from 'rxllm/models';
import { retryStream, splitThinking, withTimeout } from 'rxllm/operators';
import type { Question } from '../shared/api.ts';
import { trip } from '../shared/trip.ts';
import { weather } from './weather.ts';

/** Answers a question as a stream of chunks, until it has answered or is to stop. */
export type Assistant = (question: Question, stopped: Observable<unknown>) => Observable<StreamChunk>;

/** Makes the assistant of a model: it talks and looks at the weather, or fills the trip form. */
export function createAssistant(model: LanguageModel, price?: Price): Assistant {
  const steady = pipeModel(
    model,
    withTimeout({ first: 60_000, each: 30_000 }),
    // Before output nothing is lost by trying again; after it, the reader decides.
    retryStream({ count: 2, afterOutput: 'fail' }),
    splitThinking(),
  );
  const shared = { model: steady, thinkingEffort: 'low', ...(price && { price }) } as const;

  const talker = agent({
    ...shared,
    instructions: 'You are a friendly travel companion. Answer briefly, in Markdown.',
    tools: [weather],
  });
  const planner = agent({
    ...shared,
    instructions: 'Plan the trip that the user describes. Choose what the user leaves open.',
    outputSchema: trip,
  });
  return ({ messages, asTrip }, stopped) =>
    (asTrip ? planner : talker).stream(messages, { interruptOn: stopped });
}
