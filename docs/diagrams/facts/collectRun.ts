import type { DiagramFacts } from '../runTimeline.ts';

export const collectRun: DiagramFacts = {
  values: {
    m: { type: 'message', message: { role: 'assistant', content: [{ type: 'text', text: 't' }] } },
    R: { type: 'run-finish', reason: 'stop', durationMs: 8, rounds: 1 },
  },
};
