import type { ModelRequest } from '../../src/request.ts';

/** What a job of a batch carries: plain JSON. */
export interface ItemJob {
  readonly request: ModelRequest | string;
  /** Milliseconds that its answer is kept. */
  readonly keepFor: number;
}

/** The name of the run in which a job is answered. */
export function runOf(queueName: string, jobId: string): string {
  return `${queueName}/${jobId}`;
}
