/**
 * The vocabulary of the library (chunks, messages, requests, tools, usage, errors) and every operator.
 *
 * @module
 */
export type * from './chunk.ts';
export type * from './json.ts';
export type * from './message.ts';
export type * from './model.ts';
export type * from './runState.ts';
export {
  type ApprovalDecision,
  type ApprovalGate,
  type ApprovalQuestion,
  type Tool,
  tool,
  type ToolContext,
  type ToolDefinition,
  type ToolRetry,
} from './tool.ts';
export type { ModelRequest, ThinkingEffort, ToolChoice } from './request.ts';
export {
  errorFromFacts,
  type ErrorDetails,
  GrammarError,
  GuardError,
  type GuardErrorDetails,
  InvalidRequestError,
  isRxllmError,
  MissingPackageError,
  ProviderError,
  type ProviderErrorDetails,
  RestartAfterOutputError,
  RxllmError,
  SinkError,
  type SinkErrorDetails,
  StreamAbortedError,
  StreamInterruptedError,
  StreamTimeoutError,
  type StreamTimeoutDetails,
  type StructuredOutputDetails,
  StructuredOutputError,
  toErrorFacts,
} from './errors.ts';
export { ResponseBuilder } from './response.ts';
export {
  type DeepPartial,
  formatIssues,
  type InferOutput,
  type InferPartial,
  type Schema,
  type SchemaIssue,
  toJsonSchema,
  validate,
  type Validation,
} from './schema.ts';
export { addUsage, type Usage } from './usage.ts';
export { costOf, estimateTokens, type Price } from './cost.ts';
export * from '../operators/index.ts';
