import type { Observable } from 'rxjs';
import type { Capabilities, LanguageModel, ModelRequest, StreamChunk } from '../../src/index.ts';

export const capabilities: Capabilities = {
  streaming: true,
  tools: true,
  parallelTools: true,
  thinking: true,
  structuredOutput: true,
  images: true,
};

/** A model that answers every request with the given stream. */
export function modelOf(
  source: Observable<StreamChunk>,
  facts: Partial<LanguageModel> = {},
): LanguageModel & { readonly requests: readonly (ModelRequest | string)[] } {
  const requests: (ModelRequest | string)[] = [];
  return {
    provider: 'test',
    model: 'test-1',
    capabilities,
    requests,
    stream: (request) => {
      requests.push(request);
      return source;
    },
    ...facts,
  };
}
