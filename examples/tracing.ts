/** A run as OpenTelemetry sees it: its rounds, its tools and what these do, as a tree of spans. */
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { lastValueFrom } from 'rxjs';
import { agent, tool } from 'rxllm/agents';
import { traceModel, traceStream, traceTools } from 'rxllm/integrations/opentelemetry';
import { shareRun } from 'rxllm/operators';
import { z } from 'zod';
import { example, perform, promptOf } from './stage/perform.ts';
import { printRun } from './stage/printRun.ts';
import { drawSpans } from './stage/spanTree.ts';
import { script } from './stage/tracing.ts';

// In your program: new NodeSDK({ traceExporter: new OTLPTraceExporter() }).start()
const exporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(
  new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
);
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

const skies = new Map([
  ['Bern', 'rain'],
  ['Oslo', 'snow'],
]);

const weather = tool({
  name: 'weather',
  description: 'Tells the weather of a city.',
  parameters: z.object({ city: z.string() }),
  // Stands for a database or a service that is traced, too.
  execute: ({ city }) =>
    trace.getTracer('weather').startActiveSpan(`read ${city}`, async (span) => {
      await new Promise((resolve) => setTimeout(resolve, 40));
      span.end();
      return skies.get(city) ?? 'unknown';
    }),
});

const command = example('tracing', 'A run as a tree of spans.')
  .argument('[request...]', 'what to tell a real model')
  .parse();
const request = promptOf(command, 'What do I pack for Bern and Oslo?');

await perform(command, script, async ({ model: asked, signal }) => {
  const model = traceModel(asked);
  const packing = agent({ name: 'packing', description: 'Knows what to pack.', model });
  const guide = agent({
    name: 'guide',
    instructions: 'Look the weather up, then hand over to whoever packs.',
    model,
    tools: traceTools([weather]),
    handoffs: [packing],
  });
  const run = guide
    .stream(request, { interruptOn: signal })
    .pipe(traceStream({ agentName: guide.name }), shareRun());

  console.error(`${request}\n`);
  await lastValueFrom(printRun(run), { defaultValue: undefined });
  process.stdout.write(`\n${drawSpans(exporter.getFinishedSpans())}`);
});
