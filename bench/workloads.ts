/** Milliseconds before the first delta of the workload `first`. */
export const firstDelay = 50;

export type WorkloadName = 'flat' | 'paced' | 'first' | 'many' | 'json10' | 'json100' | 'json1000';

interface Workload {
  readonly title: string;
  readonly deltas: number;
  /** Characters of a JSON document, in place of words. */
  readonly json?: number;
  readonly answer: 'burst' | 'paced' | 'first';
  readonly streams: number;
}

/** What is streamed, and how. */
export const workloads: Record<WorkloadName, Workload> = {
  flat: { title: '20,000 deltas flat out', deltas: 20_000, answer: 'burst', streams: 1 },
  paced: { title: '5,000 deltas, one event a write', deltas: 5_000, answer: 'paced', streams: 1 },
  first: { title: 'time to the first delta', deltas: 5, answer: 'first', streams: 1 },
  many: { title: '200 streams of 1,000 deltas at once', deltas: 1_000, answer: 'burst', streams: 200 },
  json10: { title: 'structured answer of 10 KB', deltas: 0, json: 1e4, answer: 'burst', streams: 1 },
  json100: { title: 'structured answer of 100 KB', deltas: 0, json: 1e5, answer: 'burst', streams: 1 },
  json1000: { title: 'structured answer of 1 MB', deltas: 0, json: 1e6, answer: 'burst', streams: 1 },
};
