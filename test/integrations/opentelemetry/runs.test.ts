import { type Context, context, ROOT_CONTEXT, SpanKind, trace as api } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { of } from 'rxjs';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { agent } from '../../../agents/agent.ts';
import type { Agent, AgentOptions } from '../../../agents/contract.ts';
import { session } from '../../../agents/session.ts';
import { pipeModel } from '../../../models/pipeModel.ts';
import { retryStream } from '../../../operators/retryStream.ts';
import { withTimeout } from '../../../operators/withTimeout.ts';
import { ProviderError } from '../../../src/errors.ts';
import type { RunState } from '../../../src/runState.ts';
import { finish, text, toolCall, usage } from '../../../testing/index.ts';
import { ask, endOf, wait, weather } from '../../agents/runs.ts';
import { it, type Marbles } from '../../marbles.ts';
import { endsOf, recorder, toMilliseconds, tracedBy, tracing } from './traces.ts';
import { traceStream } from '../../../integrations/opentelemetry.ts';

const busy = new ProviderError('busy', { status: 503, retryable: true });
const u = usage({ inputTokens: 5, outputTokens: 2, totalTokens: 7 });
const values = { w: [u, ...ask('Ulm')], b: ask('Bern'), t: text('Sunny.'), u, f: finish() };

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));

afterAll(() => context.disable());

function weatherAgent(m: Marbles, rounds: readonly string[], options: Partial<AgentOptions> = {}): Agent {
  const model = m.fakeModel(rounds, { values, error: busy });
  return agent({ name: 'forecast', model, tools: [weather], scheduler: m.scheduler, ...options });
}

describe('traceStream behind an agent', () => {
  it('makes of the run a span, and of its rounds and tools spans within', (m) => {
    const { sdk, trace } = tracing(m);
    const assistant = weatherAgent(m, ['--w---|', '--t-u-|']);
    m.recordTimeline(assistant.stream('Hi').pipe(trace));
    m.flush();

    expect(sdk.tree).toEqual([
      'invoke_agent forecast 0-12',
      '  chat test-1 0-6',
      '  execute_tool weather 2-5',
      '  chat test-1 6-12',
    ]);
    expect(sdk.spans.map(({ kind }) => kind)).toEqual([
      SpanKind.INTERNAL,
      SpanKind.CLIENT,
      SpanKind.INTERNAL,
      SpanKind.CLIENT,
    ]);
    expect(sdk.attributesOf('invoke_agent forecast')).toEqual({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'forecast',
      'gen_ai.provider.name': 'test',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 10,
      'gen_ai.usage.output_tokens': 4,
      'rxllm.rounds': 2,
    });
    expect(sdk.attributesOf('execute_tool weather')).toEqual({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'weather',
      'gen_ai.tool.call.id': 'call_0',
      'gen_ai.tool.type': 'function',
    });
  });

  it('tells what the run cost, where it is known', (m) => {
    const { sdk, trace } = tracing(m);
    const assistant = weatherAgent(m, ['-t-u|'], { price: { input: 1_000_000, output: 0 } });
    m.recordTimeline(assistant.stream('Hi').pipe(trace));
    m.flush();

    expect(sdk.attributesOf('invoke_agent forecast')).toMatchObject({ 'rxllm.cost': 5 });
  });

  it('makes its span at the subscription, where it is told the name', (m) => {
    const { sdk, trace } = tracing(m, { agentName: 'forecast' });
    const assistant = weatherAgent(m, ['---#']);
    assistant
      .stream('Hi')
      .pipe(trace)
      .subscribe({ error: () => undefined });
    expect(sdk.counts.begun).toBe(1);
    m.flush();

    expect(sdk.tree).toEqual(['invoke_agent forecast 0-3']);
    expect(endsOf(sdk.spans)).toEqual(['invoke_agent forecast 503']);
  });

  it('makes of a failure before the first chunk a call, where it is not', (m) => {
    const { sdk, trace } = tracing(m);
    m.recordTimeline(weatherAgent(m, ['---#']).stream('Hi').pipe(trace));
    m.flush();

    expect(endsOf(sdk.spans)).toEqual(['chat 503']);
  });

  it('makes the span of a run that ends before its first call', (m) => {
    const { sdk, trace } = tracing(m);
    const run = weatherAgent(m, []).stream('Hi', { interruptOn: of(1) });
    m.recordTimeline(run.pipe(trace));
    m.flush();

    expect(sdk.tree).toEqual(['invoke_agent forecast 0-0']);
    expect(sdk.attributesOf('invoke_agent forecast')).toMatchObject({
      'gen_ai.response.finish_reasons': ['aborted'],
    });
  });

  it('ends all spans with an error of a later round', (m) => {
    const { sdk, trace } = tracing(m);
    m.recordTimeline(weatherAgent(m, ['--w---|', '-t-#']).stream('Hi').pipe(trace));
    m.flush();

    expect(endsOf(sdk.spans)).toEqual([
      'invoke_agent forecast 503',
      'chat test-1',
      'execute_tool weather',
      'chat test-1 503',
    ]);
    expect(sdk.counts).toEqual({ begun: 4, ended: 4 });
  });

  it('ends the span of a tool, too, that is cut off: from its call, as nobody told when it began', (m) => {
    const { sdk, trace } = tracing(m);
    m.recordTimeline(weatherAgent(m, ['--b---|']).stream('Hi').pipe(trace), '^---!');
    m.flush();

    expect(sdk.tree).toEqual([
      'invoke_agent forecast 0-4',
      '  chat test-1 0-4',
      '  execute_tool weather 2-4',
    ]);
    expect(endsOf(sdk.spans)).toEqual([
      'invoke_agent forecast unsubscribe',
      'chat test-1 unsubscribe',
      'execute_tool weather unsubscribe',
    ]);
  });

  it('tells a tool that was cut off by an error of the call', (m) => {
    const { sdk, trace } = tracing(m);
    m.recordTimeline(weatherAgent(m, ['--b-#']).stream('Hi').pipe(trace));
    m.flush();

    expect(endsOf(sdk.spans)).toEqual([
      'invoke_agent forecast 503',
      'chat test-1 503',
      'execute_tool weather error',
    ]);
  });

  it('tells a tool that failed, and gives one that was not run a span, too', (m) => {
    const { sdk, trace } = tracing(m);
    const calls = [...toolCall('weather', {}), ...toolCall('nowhere')];
    const model = m.fakeModel(['-c-|', '-t|'], { values: { ...values, c: calls } });
    m.recordTimeline(weatherAgent(m, [], { model }).stream('Hi').pipe(trace));
    m.flush();

    expect(sdk.tree).toContain('  execute_tool weather 1-1');
    expect(endsOf(sdk.spans)).toContain('execute_tool weather _OTHER');
    expect(endsOf(sdk.spans)).toContain('execute_tool nowhere _OTHER');
  });

  it('does not count the wait for an approval to the tool', (m) => {
    const { sdk, trace } = tracing(m);
    const tools = [{ ...weather, approve: () => wait(10, true) }];
    m.recordTimeline(weatherAgent(m, ['--w---|', '-t|'], { tools }).stream('Hi').pipe(trace));
    m.flush();

    expect(sdk.tree[2]).toBe('  execute_tool weather 12-15');
    expect(sdk.spans[0]?.events.map(({ name, time }) => [name, toMilliseconds(time)])).toEqual([
      ['rxllm.approval_request', 2],
    ]);
  });

  it('makes no span of a tool that was not approved when the run was cut off', (m) => {
    const { sdk, trace } = tracing(m);
    const tools = [{ ...weather, approve: () => wait(10, true) }];
    m.recordTimeline(weatherAgent(m, ['--w---|', '-t|'], { tools }).stream('Hi').pipe(trace), '^-------!');
    m.flush();

    expect(endsOf(sdk.spans)).toEqual(['invoke_agent forecast unsubscribe', 'chat test-1']);
  });

  it('makes a span of each part of a run that waits and is resumed; nothing is asked twice', (m) => {
    const { sdk, trace } = tracing(m);
    const tools = [{ ...weather, approve: () => of('later' as const) }];
    const assistant = weatherAgent(m, ['--w---|', '-t-u|'], { tools });
    const paused = m.recordTimeline(assistant.stream('Hi').pipe(trace));
    m.flush();
    const state: RunState | undefined = endOf(paused.chunks).state;
    if (!state) throw new Error('It did not wait');
    m.recordTimeline(assistant.resume(state, { call_0: true }).pipe(trace));
    m.flush();

    expect(sdk.tree).toEqual([
      'invoke_agent forecast 0-6',
      '  chat test-1 0-6',
      'invoke_agent forecast 6-13',
      '  execute_tool weather 6-9',
      '  chat test-1 9-13',
    ]);
    expect(sdk.spans[0]?.attributes).toMatchObject({ 'gen_ai.response.finish_reasons': ['pause'] });
  });

  it('puts what an agent does that took over within a span of its own, within that of the run', (m) => {
    const { sdk, trace } = tracing(m);
    const handoffs = { h: toolCall('transfer_to_billing'), r: toolCall('transfer_to_front') };
    const model = m.fakeModel(['-h|', '-r|', '-t|'], { values: { ...values, ...handoffs } });
    const front: Agent = agent({ name: 'front', model, handoffs: () => [billing], scheduler: m.scheduler });
    const billing: Agent = agent({ name: 'billing', model, handoffs: () => [front] });
    m.recordTimeline(front.stream('Hi').pipe(trace));
    m.flush();

    expect(sdk.tree).toEqual([
      'invoke_agent front 0-6',
      '  chat test-1 0-2',
      '  execute_tool transfer_to_billing 1-1',
      '  invoke_agent billing 2-5',
      '    chat test-1 2-4',
      '    execute_tool transfer_to_front 3-3',
      '  chat test-1 4-6',
    ]);
  });

  it('tells retries of the model as events of the call, timeouts included', (m) => {
    const { sdk, trace } = tracing(m);
    const model = m.fakeModel(['----------t|', '-t-u|'], { values });
    const patient = pipeModel(model, withTimeout({ first: 3 }), retryStream({ delay: 2, random: () => 0 }));
    m.recordTimeline(weatherAgent(m, [], { model: patient }).stream('Hi').pipe(trace));
    m.flush();

    expect(sdk.tree).toEqual(['invoke_agent forecast 0-8', '  chat test-1 0-8']);
    expect(sdk.spans[1]?.events.map(({ attributes }) => attributes?.['error.type'])).toEqual([
      'StreamTimeoutError',
    ]);
  });

  it('keeps two subscriptions apart', (m) => {
    const { sdk, trace } = tracing(m);
    const run = weatherAgent(m, ['--w---|', '-t-u|', '-t-u|']).stream('Hi').pipe(trace);
    m.recordTimeline(run);
    m.recordTimeline(run);
    m.flush();

    expect(new Set(sdk.spans.map((span) => span.spanContext().traceId)).size).toBe(2);
    expect(sdk.counts).toEqual({ begun: 6, ended: 6 });
  });

  it('takes as parent what is active at subscribe', (m) => {
    const { sdk, trace } = tracing(m);
    const run = weatherAgent(m, ['--w---|', '-t-u|']).stream('Hi').pipe(trace);
    within(sdk.tracerProvider.getTracer('test').startSpan('GET /', { startTime: [0, 0] }), () =>
      run.subscribe(),
    );
    m.flush();

    expect(sdk.tree[0]).toBe('invoke_agent forecast 0-10');
    expect(sdk.spans.every(({ parentSpanContext }) => parentSpanContext !== undefined)).toBe(true);
  });
});

describe('traceStream behind a session', () => {
  it('keeps each message in the context in which it was sent, also where it waited for its turn', (m) => {
    const sdk = recorder();
    const tracer = sdk.tracerProvider.getTracer('test');
    const talk = session({ agent: weatherAgent(m, ['--w---|', '-t-u|', '-t-u|']), id: 'talk_1' });
    const trace = traceStream({ ...tracedBy(sdk, m.scheduler), conversationId: talk.id });
    const requests = ['first', 'second'].map((name) => {
      const request = tracer.startSpan(name, { startTime: [0, 0] });
      within(request, () => talk.send(name).pipe(trace).subscribe());
      return request;
    });
    m.flush();
    requests.forEach((request) => request.end([0, 20_000_000]));

    expect(sdk.tree).toEqual([
      'first 0-20',
      '  invoke_agent forecast 0-10',
      '    chat test-1 0-6',
      '    execute_tool weather 2-5',
      '    chat test-1 6-10',
      'second 0-20',
      '  invoke_agent forecast 0-14',
      '    chat test-1 0-14',
    ]);
    const own = sdk.spans.filter(({ name }) => !['first', 'second'].includes(name));
    expect(own.map(({ attributes }) => attributes['gen_ai.conversation.id'])).toEqual(
      own.map(() => 'talk_1'),
    );
  });
});

function within(span: ReturnType<typeof api.getActiveSpan> & object, act: () => void): void {
  const active: Context = api.setSpan(ROOT_CONTEXT, span);
  context.with(active, act);
}
