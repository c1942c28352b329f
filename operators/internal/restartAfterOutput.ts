import type { RestartChunk } from '../../src/chunk.ts';
import { errorFromFacts, RestartAfterOutputError } from '../../src/errors.ts';
import type { PartialResponse } from '../../src/message.ts';

/** The error for a `restart` that comes too late for what has been delivered. */
export function restartAfterOutput(
  { error }: RestartChunk,
  output: string,
  partial?: () => PartialResponse,
): RestartAfterOutputError {
  return new RestartAfterOutputError(
    `A retry voids ${output} that has been delivered, after ${error.name}: ${error.message}`,
    { provider: error.provider, requestId: error.requestId, cause: errorFromFacts(error), partial },
  );
}
