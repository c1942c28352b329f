import { defer, map, type MonoTypeOperatorFunction } from 'rxjs';
import type { StreamChunk } from '../../src/chunk.ts';

/**
 * Tells agent and round in `start`, and gives tool calls of one answer an id each.
 *
 * Some servers give several the same. Their results and decisions could then be taken for each other's.
 */
export function labelCalls(agent: string, round: number): MonoTypeOperatorFunction<StreamChunk> {
  return (source) =>
    defer(() => {
      const known = new Set<string>();
      /** The new ids, by block. */
      const renamed = new Map<number, string>();

      return source.pipe(
        map((chunk) => {
          switch (chunk.type) {
            case 'start':
              known.clear();
              renamed.clear();
              return { ...chunk, agent, round };
            case 'tool-call-start': {
              const { toolCallId: given, block } = chunk;
              const toolCallId = known.has(given) ? `${given}_${block}` : given;
              known.add(toolCallId);
              if (toolCallId === given) return chunk;
              renamed.set(block, toolCallId);
              return { ...chunk, toolCallId };
            }
            case 'tool-call-delta':
            case 'tool-call':
            case 'tool-call-invalid': {
              const toolCallId = renamed.get(chunk.block);
              return toolCallId === undefined ? chunk : { ...chunk, toolCallId };
            }
            default:
              return chunk;
          }
        }),
      );
    });
}
