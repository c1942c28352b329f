import { context, trace as api } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { lastValueFrom } from 'rxjs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { agent } from '../../../agents/agent.ts';
import { traceModel, traceStream, traceTools } from '../../../integrations/opentelemetry.ts';
import { openaiChat } from '../../../providers/openaiChat.ts';
import { tool } from '../../../src/tool.ts';
import { startServer, type TestServer } from '../../server.ts';
import { openaiChatWire as wire } from '../../providers/wires/openaiChat.ts';
import { endsOf, recorder, type Recorder, toMilliseconds, tracedBy } from './traces.ts';

let server: TestServer;
let sdk: Recorder;

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));

afterAll(() => context.disable());

beforeEach(async () => {
  server = await startServer();
  sdk = recorder();
});

afterEach(() => server.close());

/** Answers each request with the next of these bodies. */
function answerWith(...answers: readonly (readonly object[])[]): void {
  const rest = answers.values();
  server.respond((response) => {
    const events = rest.next().value ?? [];
    response.writeHead(200, { 'content-type': wire.contentType });
    for (const event of events) response.write(wire.frame(event));
    response.end(wire.sentinel);
  });
}

/** A model on the server, whose requests have a span of their own. */
function askingModel() {
  const fetchWithSpan: typeof fetch = async (...request) => {
    const span = sdk.tracerProvider.getTracer('http').startSpan('POST');
    try {
      return await fetch(...request);
    } finally {
      span.end();
    }
  };
  return traceModel(
    openaiChat('test-1', { baseURL: server.url, apiKey: 'key', fetch: fetchWithSpan }),
    tracedBy(sdk),
  );
}

describe('a run over a network', () => {
  it('is one trace, with requests within calls and work of tools within tools', async () => {
    answerWith(
      [...wire.opening, ...wire.toolCall, ...wire.closingAfterTool],
      [...wire.opening, ...wire.text('Sunny.'), ...wire.closing],
    );
    const weather = tool({
      name: 'weather',
      parameters: z.object({ city: z.string() }),
      execute: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        sdk.tracerProvider.getTracer('own').startSpan('read').end();
        return 'sunny';
      },
    });
    const assistant = agent({
      name: 'forecast',
      model: askingModel(),
      tools: traceTools([weather], tracedBy(sdk)),
    });
    const request = sdk.tracerProvider.getTracer('own').startSpan('GET /');
    const run = assistant.stream('Hi').pipe(traceStream({ ...tracedBy(sdk), agentName: 'forecast' }));
    await context.with(api.setSpan(context.active(), request), () => lastValueFrom(run));
    request.end();

    expect(sdk.names.slice(0, 5)).toEqual([
      'GET /',
      '  invoke_agent forecast',
      '    chat test-1',
      '      POST',
      '    execute_tool weather',
    ]);
    expect(sdk.names).toContain('      read');
    expect(sdk.names).toHaveLength(8);
    expect(new Set(sdk.spans.map((span) => span.spanContext().traceId)).size).toBe(1);
    expect(
      sdk.spans.every(({ startTime, endTime }) => toMilliseconds(startTime) <= toMilliseconds(endTime) + 1),
    ).toBe(true);
    expect(sdk.spans.find(({ name }) => name === 'chat test-1')?.attributes).toMatchObject({
      'gen_ai.provider.name': 'openai',
      'gen_ai.response.id': 'answer-1',
      'gen_ai.response.finish_reasons': ['tool_call'],
      'gen_ai.usage.input_tokens': 3,
    });
  });

  it('tells a refusal by its code', async () => {
    server.respond((response) => {
      response.writeHead(429, { 'content-type': 'application/json' });
      response.end(JSON.stringify(wire.errorBody));
    });
    await lastValueFrom(askingModel().stream('Hi')).catch(() => undefined);

    expect(endsOf(sdk.spans)[0]).toBe('chat test-1 rate_limit_exceeded');
    expect(sdk.counts.begun).toBe(sdk.counts.ended);
  });
});
