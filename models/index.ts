export { modelFrom, type ModelFromOptions } from './modelFrom.ts';
export { pipeModel } from './pipeModel.ts';
