import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { traceStream } from 'rxllm/integrations/opentelemetry';
import { finish, inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

// In your program: an OTLPMetricExporter, and the provider the global one.
const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter });
const meterProvider = new MeterProvider({ readers: [reader] });

it('tells how long it took and what it used', async () => {
  inVirtualTime(({ fakeModel, flush }) => {
    const f = finish('stop', { inputTokens: 12, outputTokens: 3, totalTokens: 15 });
    const model = fakeModel(['--H-i-f|'], { values: { f } });
    model.stream('Hello').pipe(traceStream({ meterProvider })).subscribe();
    flush();
  })();
  await reader.forceFlush();

  const metrics = exporter
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  expect(metrics.map(({ descriptor }) => descriptor.name).sort()).toEqual([
    'gen_ai.client.operation.duration',
    'gen_ai.client.operation.time_per_output_chunk',
    'gen_ai.client.operation.time_to_first_chunk',
    'gen_ai.client.token.usage',
    'rxllm.time_per_output_token',
  ]);
  await meterProvider.shutdown();
});
