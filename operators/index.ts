/**
 * Operators on the chunks of an answer: what stands between a model and those who want to see it.
 *
 * @module
 */
export { accumulateArguments, type AccumulatedArguments } from './accumulateArguments.ts';
export {
  accumulateObject,
  type AccumulatedObject,
  type AccumulateObjectOptions,
} from './accumulateObject.ts';
export { accumulateResponse, type AccumulatedResponse, type ResponseStatus } from './accumulateResponse.ts';
export { accumulateText, type AccumulateTextOptions } from './accumulateText.ts';
export { bufferChunks, type BufferChunksOptions } from './bufferChunks.ts';
export { collectResponse, type CollectedResponse, type CollectResponseOptions } from './collectResponse.ts';
export { drain, type Drain, type DrainOptions } from './drain.ts';
export {
  drainTo,
  type DrainToOptions,
  type FunctionSink,
  type NodeSink,
  type Sink,
  type StreamSink,
  type WriterSink,
} from './drainTo.ts';
export { type ArrayElement, elementsOf, type ElementsOfOptions } from './elementsOf.ts';
export { errorsToChunks } from './errorsToChunks.ts';
export { executeTools, type ExecuteToolsOptions } from './executeTools.ts';
export type { JsonChange, JsonPath } from './internal/jsonTree.ts';
export type { StopNotifier } from './internal/stopNotifier.ts';
export { interruptOn, type InterruptNotifier, type InterruptOnOptions } from './interruptOn.ts';
export { joinDeltas } from './joinDeltas.ts';
export { latestPerFrame, type LatestPerFrameOptions } from './latestPerFrame.ts';
export { limitOutput, type LimitOutputOptions } from './limitOutput.ts';
export { ofType } from './ofType.ts';
export { redact, type RedactOptions } from './redact.ts';
export { retryBudget, type RetryBudget, type RetryBudgetOptions } from './retryBudget.ts';
export { retryStream, type RetryStreamOptions } from './retryStream.ts';
export { selectText, type SelectTextOptions } from './selectText.ts';
export { selectThinking, type SelectThinkingOptions } from './selectThinking.ts';
export { shareRun } from './shareRun.ts';
export { splitDeltas, type SplitDeltasOptions } from './splitDeltas.ts';
export { splitThinking, type SplitThinkingOptions } from './splitThinking.ts';
export { type StampedChunk, stampTime, type StampTimeOptions } from './stampTime.ts';
export { type StreamProgress, trackProgress, type TrackProgressOptions } from './trackProgress.ts';
export { verifyGrammar } from './verifyGrammar.ts';
export { withTimeout, type WithTimeoutOptions } from './withTimeout.ts';
