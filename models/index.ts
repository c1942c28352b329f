export { fallbackTo, type FallbackToArguments, type FallbackToOptions } from './fallbackTo.ts';
export { hedge, type HedgeOptions } from './hedge.ts';
export { modelFrom, type ModelFromOptions } from './modelFrom.ts';
export { pipeModel } from './pipeModel.ts';
export { raceModels } from './raceModels.ts';
