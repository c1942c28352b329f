import type { StreamChunk } from '../../src/chunk.ts';
import type { RunState } from '../../src/runState.ts';

/** The model call of a run that waited, told again: its start, the calls that wait, its finish. */
export function replayCall({ start, waiting }: RunState): readonly StreamChunk[] {
  return [
    start,
    ...waiting.flatMap(({ toolCallId, toolName, arguments: args }, block): readonly StreamChunk[] => [
      { type: 'tool-call-start', toolCallId, toolName, block },
      { type: 'tool-call', toolCallId, toolName, arguments: args, block },
    ]),
    { type: 'finish', reason: 'tool-calls', metadata: {} },
  ];
}
