import type { DiagramFacts } from '../runTimeline.ts';

const place = { toolCallId: 'call_0' };

export const accumulateArguments: DiagramFacts = {
  values: {
    n: { type: 'tool-call-start', toolName: 'weather', ...place },
    a: { type: 'tool-call-delta', argumentsDelta: '{"city":"Be', ...place },
    b: { type: 'tool-call-delta', argumentsDelta: 'rn"}', ...place },
    e: { type: 'tool-call', toolName: 'weather', arguments: { city: 'Bern' }, ...place },
  },
};
