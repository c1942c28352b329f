import { defer, type Observable } from 'rxjs';
import type { StreamChunk } from '../../src/chunk.ts';
import type { Capabilities, LanguageModel } from '../../src/model.ts';

/** Several models as one, which can do what all of them can and bears the name of the first. */
export function asOneModel(
  owner: string,
  models: readonly LanguageModel[],
  stream: (streams: readonly Observable<StreamChunk>[]) => Observable<StreamChunk>,
): LanguageModel {
  const [first] = models;
  if (!first) throw new TypeError(`${owner}: a model must be given`);
  for (const model of models) {
    if (typeof (model as Partial<LanguageModel> | undefined)?.stream !== 'function') {
      throw new TypeError(`${owner}: every model must have a method stream, not be ${typeof model}`);
    }
  }

  return {
    provider: first.provider,
    model: first.model,
    capabilities: models.map(({ capabilities }) => capabilities).reduce(common),
    // What a model throws at the call instead of the subscription is its failure, too.
    stream: (request) => stream(models.map((model) => defer(() => model.stream(request)))),
  };
}

function common(one: Capabilities, other: Capabilities): Capabilities {
  const both = (name: keyof Capabilities) => one[name] && other[name];
  return {
    streaming: both('streaming'),
    tools: both('tools'),
    parallelTools: both('parallelTools'),
    thinking: both('thinking'),
    structuredOutput: both('structuredOutput'),
    images: both('images'),
  };
}
