import type { FaultGroup } from './fault.ts';
import { answers } from './rows/answers.ts';
import { connecting } from './rows/connecting.ts';
import { silences, stops } from './rows/stops.ts';
import { streams } from './rows/streams.ts';

/** Every way in which a stream is known to break, and what then becomes of it. */
export const faultGroups: readonly FaultGroup[] = [
  { title: 'No answer', faults: connecting },
  { title: 'Answers that are no stream', faults: answers },
  { title: 'Streams that break', faults: streams },
  { title: 'Silence, under `withTimeout({ first: 150, each: 150 })`', faults: silences },
  { title: 'Stopped from this side', faults: stops },
];
