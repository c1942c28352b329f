import type { Attributes } from '@opentelemetry/api';
import type { StartChunk } from '../../src/chunk.ts';
import type { ModelRequest } from '../../src/request.ts';
import type { Usage } from '../../src/usage.ts';

/** Our names of services for which the conventions have another. */
const providerNames: Readonly<Record<string, string>> = {
  azure: 'azure.ai.openai',
  gemini: 'gcp.gemini',
  mistral: 'mistral_ai',
  xai: 'x_ai',
};

/** The conventions' name of a service. */
export function toProviderName(provider: string): string {
  return (Object.hasOwn(providerNames, provider) ? providerNames[provider] : undefined) ?? provider;
}

/** Of every span and metric of a call, as far as they are known. */
export function toCallAttributes({
  provider,
  model,
}: Partial<Pick<StartChunk, 'provider' | 'model'>>): Attributes {
  return {
    'gen_ai.operation.name': 'chat',
    ...(provider !== undefined && { 'gen_ai.provider.name': toProviderName(provider) }),
    ...(model !== undefined && { 'gen_ai.request.model': model }),
  };
}

/** What was asked for, without the messages. */
export function toRequestAttributes(request: ModelRequest, isStreamed: boolean): Attributes {
  const { temperature, topP, maxTokens, stop, frequencyPenalty, presencePenalty, seed } = request;
  return {
    'gen_ai.request.stream': isStreamed,
    ...(temperature !== undefined && { 'gen_ai.request.temperature': temperature }),
    ...(topP !== undefined && { 'gen_ai.request.top_p': topP }),
    ...(maxTokens !== undefined && { 'gen_ai.request.max_tokens': maxTokens }),
    ...(stop && { 'gen_ai.request.stop_sequences': [...stop] }),
    ...(frequencyPenalty !== undefined && { 'gen_ai.request.frequency_penalty': frequencyPenalty }),
    ...(presencePenalty !== undefined && { 'gen_ai.request.presence_penalty': presencePenalty }),
    ...(seed !== undefined && { 'gen_ai.request.seed': seed }),
    ...(request.outputSchema && { 'gen_ai.output.type': 'json' }),
  };
}

/** Counts that the provider gave; without any the totals are 0. */
export function toUsageAttributes(usage: Usage | undefined): Attributes {
  if (!usage?.totalTokens) return {};
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, thinkingTokens } = usage;
  return {
    'gen_ai.usage.input_tokens': inputTokens,
    'gen_ai.usage.output_tokens': outputTokens,
    ...(cachedInputTokens !== undefined && { 'gen_ai.usage.cache_read.input_tokens': cachedInputTokens }),
    ...(cacheWriteTokens !== undefined && { 'gen_ai.usage.cache_creation.input_tokens': cacheWriteTokens }),
    ...(thinkingTokens !== undefined && { 'gen_ai.usage.reasoning.output_tokens': thinkingTokens }),
  };
}
