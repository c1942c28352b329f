import { z } from 'zod';
import type { StreamChunk } from '../../../src/index.ts';
import { toolCall } from '../../../testing/index.ts';
import type { DiagramFacts } from '../runTimeline.ts';

export const agent: DiagramFacts = {
  values: { c: toolCall('tool') },
  names: ({ input, model }) => ({
    model: model('1st call', '2nd call'),
    tool: { name: 'tool', description: 'A tool', parameters: z.object({}), execute: () => input('tool') },
  }),
  read: (value) => {
    const chunk = value as StreamChunk;
    if (chunk.type !== 'start') return chunk;
    const { agent: _agent, round: _round, ...start } = chunk;
    return start;
  },
};
