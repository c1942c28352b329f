import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { session } from 'rxllm/agents';
import { traceModel } from 'rxllm/integrations/opentelemetry';
import { inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });

/** Messages come as objects, so that all that stands in them can be reached; here all of it at once. */
const withoutAddresses = (content: unknown) => JSON.stringify(content).replace(/[\w.]+@[\w.]+/g, '(address)');

it(
  'is written without what nobody is to read',
  inVirtualTime(({ fakeModel, flush }) => {
    const model = traceModel(fakeModel(['--O-K|']), {
      tracerProvider,
      conversationId: 'mail-7',
      content: true,
      redact: withoutAddresses,
    });
    session({ model, id: 'mail-7' }).send('Write to ada@example.org').subscribe();
    flush();

    const [span] = exporter.getFinishedSpans();
    expect(span?.attributes).toMatchObject({
      'gen_ai.conversation.id': 'mail-7',
      'gen_ai.input.messages': '[{"role":"user","parts":[{"type":"text","content":"Write to (address)"}]}]',
      'gen_ai.output.messages':
        '[{"role":"assistant","parts":[{"type":"text","content":"OK"}],"finish_reason":"stop"}]',
    });
  }),
);
