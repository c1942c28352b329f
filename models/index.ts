/**
 * Models made of models, models by name, and many requests on one model.
 *
 * @module
 */
export { fallbackTo, type FallbackToArguments, type FallbackToOptions } from './fallbackTo.ts';
export { hedge, type HedgeOptions } from './hedge.ts';
export { modelFrom, type ModelFromOptions } from './modelFrom.ts';
export { pipeModel } from './pipeModel.ts';
export { raceModels } from './raceModels.ts';
export {
  type BatchBudget,
  type BatchChunk,
  type BatchItem,
  type BatchItemChunk,
  type BatchItemError,
  type BatchItemFinish,
  type BatchItems,
  type BatchKey,
  streamBatch,
  type StreamBatchOptions,
} from './streamBatch.ts';
