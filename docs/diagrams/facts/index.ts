export { accumulateArguments } from './accumulateArguments.ts';
export { accumulateObject } from './accumulateObject.ts';
export { drain } from './drain.ts';
export { drainTo } from './drainTo.ts';
export { elementsOf } from './elementsOf.ts';
export { executeTools } from './executeTools.ts';
export { fallbackTo, hedge, pipeModel, raceModels } from './models.ts';
