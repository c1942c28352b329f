/**
 * Tests of streams in virtual time: marble diagrams of chunks, models that play a script, pictures.
 *
 * @module
 */
export {
  assertFirstChunkWithin,
  assertTextAt,
  assertTextAtRestart,
  assertToolCalled,
  type ToolCallExpectation,
} from './assertTimeline.ts';
export { assertTimelines } from './assertTimelines.ts';
export type { ChunkLog } from './chunkLog.ts';
export {
  approvalRequest,
  type ChunkDraft,
  type ChunkDraftOf,
  type ChunkError,
  type ChunkValues,
  finish,
  restart,
  type RestartFacts,
  text,
  thinking,
  toolCall,
  toolProgress,
  toolResult,
  type ToolResultFacts,
  usage,
} from './chunkDraft.ts';
export {
  type ChunkExpectation,
  chunkMarbles,
  type ChunkMarbles,
  type HotTestChunks,
  type TestChunks,
} from './chunkMarbles.ts';
export { debugMarbles, type DebugMarblesOptions } from './debugMarbles.ts';
export { drawChunks, type DrawChunksOptions } from './drawChunks.ts';
export { drawTimelines, type DrawTimelinesOptions } from './drawTimelines.ts';
export { drawTimelinesSvg, type DrawTimelinesSvgOptions } from './drawTimelinesSvg.ts';
export { type FakeCall, fakeModel, type FakeModel, type FakeModelOptions } from './fakeModel.ts';
export type { FakeAnswer, FakeMatcher, FakeRound, FakeScript } from './fakeRounds.ts';
export { inVirtualTime, type VirtualTime } from './inVirtualTime.ts';
export { recordTimeline, type RecordedToolCall, type Timeline } from './recordTimeline.ts';
export { fromText, type FromTextOptions, type TextFailure, type TextToolCall } from './fromText.ts';
export { recordChunks, type RecordChunksOptions } from './recordChunks.ts';
export { replayChunks, type ReplayChunksOptions } from './replayChunks.ts';
export type { LabelledTimeline } from './timelineLayout.ts';
export { writeMarbleTest, type WriteMarbleTestOptions } from './writeMarbleTest.ts';
