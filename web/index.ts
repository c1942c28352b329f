export type { ChunkFormat, LoggedChunk } from './format.ts';
export type { BodyOptions } from './internal/writeBody.ts';
export { fromResponse, type FromResponseOptions } from './fromResponse.ts';
export { fromServerSentEvents, type FromServerSentEventsOptions } from './fromServerSentEvents.ts';
export { ndjson, type NdjsonOptions } from './ndjson.ts';
export { sse, type SseOptions } from './sse.ts';
export { sseText } from './sseText.ts';
export { text } from './text.ts';
export { toResponse } from './toResponse.ts';
