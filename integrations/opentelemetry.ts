/**
 * Traces and metrics of models, agents and tools, by OpenTelemetry.
 *
 * @module
 */
export type { TraceOptions } from './opentelemetry/telemetry.ts';
export { traceModel } from './opentelemetry/traceModel.ts';
export { traceStream, type TraceStreamOptions } from './opentelemetry/traceStream.ts';
export { traceTools } from './opentelemetry/traceTools.ts';
