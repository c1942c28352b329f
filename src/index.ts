export type * from './chunk.ts';
export type * from './json.ts';
export type * from './message.ts';
export type * from './model.ts';
export type * from './tool.ts';
export type { ModelRequest, ThinkingEffort, ToolChoice } from './request.ts';
export {
  errorFromFacts,
  type ErrorDetails,
  GrammarError,
  InvalidRequestError,
  isRxllmError,
  MissingPackageError,
  ProviderError,
  type ProviderErrorDetails,
  RestartAfterOutputError,
  RxllmError,
  StreamAbortedError,
  StreamInterruptedError,
  StreamTimeoutError,
  type StreamTimeoutDetails,
  toErrorFacts,
} from './errors.ts';
export { ResponseBuilder } from './response.ts';
export {
  formatIssues,
  type InferOutput,
  type Schema,
  type SchemaIssue,
  toJsonSchema,
  validate,
  type Validation,
} from './schema.ts';
export { addUsage, type Usage } from './usage.ts';
export * from '../operators/index.ts';
