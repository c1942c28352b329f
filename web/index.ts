/**
 * Chunks to the browser and back, in several formats.
 *
 * @module
 */
export { agUi, type AgUiOptions } from './agUi.ts';
export type { ChunkFormat, LoggedChunk } from './format.ts';
export { fromResponse, type FromResponseOptions } from './fromResponse.ts';
export { fromServerSentEvents, type FromServerSentEventsOptions } from './fromServerSentEvents.ts';
export { fromWebSocket, type FromWebSocketOptions } from './fromWebSocket.ts';
export { ndjson, type NdjsonOptions } from './ndjson.ts';
export { openaiEndpoint, type OpenaiEndpointOptions } from './openaiEndpoint.ts';
export { openaiFormat, type OpenaiOptions } from './openaiFormat.ts';
export { type AgUiRequest, readAgUiRequest } from './readAgUiRequest.ts';
export { type OpenaiRequest, readOpenaiRequest } from './readOpenaiRequest.ts';
export { readUIMessageRequest, type UIMessageRequest } from './readUIMessageRequest.ts';
export { type FollowOptions, type ReplayLog, replayLog, type ReplayLogOptions } from './replayLog.ts';
export { type LogEntry, memoryReplayStore, type ReplayStore } from './replayStore.ts';
export {
  type ServerSocket,
  serveWebSocket,
  type ServeWebSocketOptions,
  type SocketTurn,
} from './serveWebSocket.ts';
export type { SocketInput } from './internal/socketFrames.ts';
export { sse, type SseOptions } from './sse.ts';
export { sseText } from './sseText.ts';
export { text } from './text.ts';
export {
  type ChatCompletion,
  type ChatMessage,
  type ChatToolCall,
  type ChatUsage,
  toChatCompletion,
} from './toChatCompletion.ts';
export { type OpenaiError, toOpenaiError } from './toOpenaiError.ts';
export { toResponse } from './toResponse.ts';
export { uiMessageStream, type UIMessageStreamOptions } from './uiMessageStream.ts';
export type { BodyOptions } from './internal/writeBody.ts';
