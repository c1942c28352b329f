// Compiled only: every entry has types that stand on their own, and the main ones infer.
import {
  accumulateText,
  isRxllmError,
  type LanguageModel,
  retryStream,
  type Schema,
  type StreamChunk,
} from 'rxllm';
import { agent, collectRun, memoryStore, session, tool } from 'rxllm/agents';
import { fileStore } from 'rxllm/agents/fileStore';
import { sqliteStore } from 'rxllm/agents/sqliteStore';
import type * as bullmq from 'rxllm/integrations/bullmq';
import type * as mcp from 'rxllm/integrations/mcp';
import type * as redis from 'rxllm/integrations/redis';
import { modelFrom, pipeModel, streamBatch } from 'rxllm/models';
import { splitThinking } from 'rxllm/operators';
import { fakeModel, inVirtualTime } from 'rxllm/testing';
import { recordFetch } from 'rxllm/testing/recordFetch';
import { replayFetch } from 'rxllm/testing/replayFetch';
import { toResponse } from 'rxllm/web';
import { pipeToNode } from 'rxllm/web/node';
import { lastValueFrom, type Observable } from 'rxjs';

export type Integrations = [typeof bullmq, typeof mcp, typeof redis];
export const entries = [session, memoryStore, fileStore, sqliteStore, streamBatch, fakeModel, inVirtualTime];
export const nodeEntries = [recordFetch, replayFetch, pipeToNode];

const model: LanguageModel = pipeModel(modelFrom('ollama/qwen3'), retryStream({ count: 1 }), splitThinking());
const chunks: Observable<StreamChunk> = model.stream('Hello');
export const texts: Observable<string> = chunks.pipe(accumulateText());
export const response: Response = toResponse(chunks);

declare const parameters: Schema<{ readonly city: string }>;
const weather = tool({
  name: 'weather',
  description: 'Tells the weather of a city',
  parameters,
  execute: ({ city }) => `sunny in ${city.toUpperCase()}`,
});
export const run = lastValueFrom(
  agent({ model, tools: [weather] })
    .stream('Is it warm?')
    .pipe(collectRun()),
);
export const partial = (error: unknown): string => (isRxllmError(error) ? error.partial.text : '');

// @ts-expect-error A wrong option must not become `any`.
retryStream({ count: 'many' });
