import type { StreamChunk } from '../../src/chunk.ts';
import type { RunState } from '../../src/runState.ts';

/** The model call of a run that waited, told again: its start, the calls that wait, its finish. */
export function replayCall({ provider, model, agent, rounds, waiting }: RunState): readonly StreamChunk[] {
  return [
    { type: 'start', provider, model, agent, round: rounds },
    ...waiting.flatMap(({ toolCallId, toolName, arguments: args }, block): readonly StreamChunk[] => [
      { type: 'tool-call-start', toolCallId, toolName, block },
      { type: 'tool-call', toolCallId, toolName, arguments: args, block },
    ]),
    { type: 'finish', reason: 'tool-calls', metadata: {} },
  ];
}
