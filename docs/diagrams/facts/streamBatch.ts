import type { BatchChunk } from '../../../models/index.ts';
import type { DiagramFacts } from '../runTimeline.ts';

export const streamBatch: DiagramFacts = {
  names: ({ model }) => ({ one: 'one', two: 'two', three: 'three', model: model('one', 'two', 'three') }),
  read: (value) => {
    const item = value as BatchChunk;
    return item.type === 'item-chunk' ? item.chunk : item;
  },
};
