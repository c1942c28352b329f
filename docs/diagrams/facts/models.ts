import { delay } from 'rxjs';
import type { DiagramFacts } from '../runTimeline.ts';

export const fallbackTo: DiagramFacts = {
  names: ({ model }) => ({ primary: model('primary'), secondary: model('secondary') }),
};

export const hedge: DiagramFacts = {
  names: ({ model }) => ({ model: model('model'), other: model('other') }),
};

export const pipeModel: DiagramFacts = {
  names: ({ model }) => ({ model: model('model'), delay }),
};

export const raceModels: DiagramFacts = {
  names: ({ model }) => ({ slow: model('slow'), fast: model('fast') }),
};
