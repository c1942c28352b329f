import { concatMap, defer, from } from 'rxjs';
import type { StreamChunk } from '../../src/chunk.ts';
import type { LanguageModel } from '../../src/model.ts';
import type { ModelRequest } from '../../src/request.ts';
import { fakeCapabilities } from '../../testing/fakeModel.ts';

/** A model that says one list of chunks after the other. */
export function scripted(
  ...rounds: readonly (readonly StreamChunk[])[]
): LanguageModel & { requests: ModelRequest[] } {
  const turns = rounds.values();
  const requests: ModelRequest[] = [];
  return {
    provider: 'test',
    model: 'test-1',
    capabilities: fakeCapabilities,
    requests,
    stream: (request) =>
      defer(() => {
        requests.push(request as ModelRequest);
        // Each chunk in a turn of its own, as from a network.
        return from(turns.next().value ?? []).pipe(concatMap((chunk) => from(Promise.resolve(chunk))));
      }),
  };
}
