import type { Observable } from 'rxjs';
import type { LanguageModel, ModelRequest, StreamChunk } from '../../src/index.ts';
import { fakeCapabilities } from '../../testing/fakeModel.ts';

/** A model that answers every request with the given stream. */
export function modelOf(
  source: Observable<StreamChunk>,
  facts: Partial<LanguageModel> = {},
): LanguageModel & { readonly requests: readonly (ModelRequest | string)[] } {
  const requests: (ModelRequest | string)[] = [];
  return {
    provider: 'test',
    model: 'test-1',
    capabilities: fakeCapabilities,
    requests,
    stream: (request) => {
      requests.push(request);
      return source;
    },
    ...facts,
  };
}
