import type { Histogram, MeterProvider } from '@opentelemetry/api';

/** The histograms of the conventions. */
export interface Instruments {
  readonly callDuration: Histogram;
  readonly timeToFirstChunk: Histogram;
  readonly timePerChunk: Histogram;
  readonly timePerToken: Histogram;
  readonly tokens: Histogram;
  readonly agentDuration: Histogram;
  readonly toolDuration: Histogram;
}

const callSeconds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const agentSeconds = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4, 204.8, 409.6];
const tokenCounts = Array.from({ length: 14 }, (_, power) => 4 ** power);

const known = new WeakMap<MeterProvider, Instruments>();

/** The histograms of a provider, made once. Asked for late: what is there before an SDK is registered stays silent. */
export function instrumentsOf(provider: MeterProvider, scope: string): Instruments {
  const made = known.get(provider);
  if (made) return made;
  const meter = provider.getMeter(scope);
  const histogram = (name: string, unit: string, description: string, explicitBucketBoundaries: number[]) =>
    meter.createHistogram(name, { unit, description, advice: { explicitBucketBoundaries } });

  const instruments = {
    callDuration: histogram(
      'gen_ai.client.operation.duration',
      's',
      'GenAI operation duration.',
      callSeconds,
    ),
    timeToFirstChunk: histogram(
      'gen_ai.client.operation.time_to_first_chunk',
      's',
      'Time from the request to the first chunk of the answer.',
      callSeconds,
    ),
    timePerChunk: histogram(
      'gen_ai.client.operation.time_per_output_chunk',
      's',
      'Time from one chunk of the answer to the next.',
      callSeconds,
    ),
    // The conventions have it for servers of models only, under a name of theirs.
    timePerToken: histogram(
      'rxllm.time_per_output_token',
      's',
      'Time per output token behind the first content of the answer.',
      callSeconds,
    ),
    tokens: histogram(
      'gen_ai.client.token.usage',
      '{token}',
      'Number of input and output tokens used.',
      tokenCounts,
    ),
    agentDuration: histogram(
      'gen_ai.invoke_agent.duration',
      's',
      'Duration of an agent invocation.',
      agentSeconds,
    ),
    toolDuration: histogram(
      'gen_ai.execute_tool.duration',
      's',
      'Duration of a tool execution.',
      callSeconds,
    ),
  };
  known.set(provider, instruments);
  return instruments;
}
