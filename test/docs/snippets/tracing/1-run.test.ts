import { trace } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { delay, of } from 'rxjs';
import { agent, tool } from 'rxllm/agents';
import { traceStream } from 'rxllm/integrations/opentelemetry';
import { inVirtualTime, toolCall } from 'rxllm/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';

// In your program: new NodeSDK({ traceExporter: new OTLPTraceExporter() }).start()
const exporter = new InMemorySpanExporter();
const spanProcessors = [new SimpleSpanProcessor(exporter)];
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }));

const weather = tool({
  name: 'weather',
  parameters: z.object({ city: z.string() }),
  execute: () => of('sunny').pipe(delay(3)),
});

it(
  'is a span, with its rounds and tools within',
  inVirtualTime(({ fakeModel, flush }) => {
    const model = fakeModel(['--w|', '--o-k|'], { values: { w: toolCall('weather', { city: 'Bern' }) } });
    const assistant = agent({ name: 'forecast', model, tools: [weather] });

    assistant
      .stream('Is it warm in Bern?')
      .pipe(traceStream({ agentName: assistant.name }))
      .subscribe();
    flush();

    const spans = exporter.getFinishedSpans();
    const milliseconds = spans.map(({ name, duration }) => [name, duration[1] / 1_000_000]);
    expect(milliseconds).toEqual([
      ['chat test-1', 3],
      ['execute_tool weather', 3],
      ['chat test-1', 5],
      ['invoke_agent forecast', 10],
    ]);
    const run = spans.at(-1)?.spanContext().spanId;
    expect(spans.slice(0, -1).every(({ parentSpanContext }) => parentSpanContext?.spanId === run)).toBe(true);
  }),
);
