import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { lastValueFrom } from 'rxjs';
import { agent, tool } from 'rxllm/agents';
import { traceModel, traceStream, traceTools } from 'rxllm/integrations/opentelemetry';
import { fromText } from 'rxllm/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';

const exporter = new InMemorySpanExporter();
const spanProcessors = [new SimpleSpanProcessor(exporter)];
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }));
// The NodeSDK does this for you.
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

/** In your program a provider's: openai('gpt-5-mini'). */
const model = {
  provider: 'openai',
  model: 'gpt-5-mini',
  capabilities: {
    streaming: true,
    tools: true,
    parallelTools: true,
    thinking: true,
    structuredOutput: true,
    images: true,
  },
  stream: (request: object | string) =>
    JSON.stringify(request).includes('tool-result')
      ? fromText('Yes, 24 °C.')
      : fromText('I look.', { toolCalls: [{ toolName: 'weather', arguments: { city: 'Bern' } }] }),
};

const weather = tool({
  name: 'weather',
  parameters: z.object({ city: z.string() }),
  // A database, an HTTP client: whatever makes spans.
  execute: ({ city }) =>
    trace.getTracer('weather').startActiveSpan(`read ${city}`, async (span) => {
      await Promise.resolve();
      span.end();
      return '24 °C';
    }),
});

it('has what a tool does within the tool, and tells what was asked for', async () => {
  const assistant = agent({
    name: 'forecast',
    model: traceModel(model),
    tools: traceTools([weather]),
    temperature: 0,
  });
  const run = assistant.stream('Is it warm in Bern?').pipe(traceStream({ agentName: assistant.name }));
  await lastValueFrom(run);

  const spans = exporter.getFinishedSpans();
  const find = (name: string) => spans.find((span) => span.name === name);
  const parentOf = (span?: ReadableSpan) =>
    spans.find((other) => other.spanContext().spanId === span?.parentSpanContext?.spanId)?.name;

  expect(parentOf(find('read Bern'))).toBe('execute_tool weather');
  expect(parentOf(find('execute_tool weather'))).toBe('invoke_agent forecast');
  expect(parentOf(find('chat gpt-5-mini'))).toBe('invoke_agent forecast');
  expect(find('chat gpt-5-mini')?.attributes).toMatchObject({
    'gen_ai.request.model': 'gpt-5-mini',
    'gen_ai.request.temperature': 0,
  });
});
