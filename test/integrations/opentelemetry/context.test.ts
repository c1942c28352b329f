import { context, trace as api } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { concat, lastValueFrom, of, take, tap } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { agent } from '../../../agents/agent.ts';
import { session } from '../../../agents/session.ts';
import { traceModel, traceStream } from '../../../integrations/opentelemetry.ts';
import { tool } from '../../../src/tool.ts';
import { toolCall } from '../../../testing/index.ts';
import { chunks } from '../../chunks.ts';
import { recorder, tracedBy } from './traces.ts';
import { httpModel, ownSpan } from './nesting.ts';

const parameters = z.object({});

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));

afterAll(() => context.disable());

describe('the active context', () => {
  it('lets a source that emits at once be left at once', () => {
    const emitted: string[] = [];
    const source = of(chunks.s, chunks.a, chunks.b, chunks.f).pipe(tap(({ type }) => emitted.push(type)));
    source.pipe(traceStream(), take(2)).subscribe();

    expect(emitted).toEqual(['start', 'text-delta']);
  });

  it('is that of the subscriber for what comes', async () => {
    const sdk = recorder();
    const model = httpModel(sdk, () => []);
    const trace = traceStream({ ...tracedBy(sdk), agentName: 'a' });
    const run = agent({ name: 'a', model }).stream('Hi').pipe(trace);
    await lastValueFrom(concat(run, run));

    expect(sdk.names).toEqual([
      'invoke_agent a',
      '  POST',
      '  chat test-1',
      'invoke_agent a',
      '  POST',
      '  chat test-1',
    ]);
  });

  it('is that of each sender, where messages of a session wait for each other', async () => {
    const sdk = recorder();
    const model = traceModel(
      httpModel(sdk, () => []),
      tracedBy(sdk),
    );
    const chat = session({ agent: agent({ name: 'a', model }) });
    const send = async (sender: string) => {
      const span = sdk.tracerProvider.getTracer('own').startSpan(sender);
      const run = chat.send('Hi').pipe(traceStream({ ...tracedBy(sdk), agentName: 'a' }));
      await context.with(api.setSpan(context.active(), span), () => lastValueFrom(run));
      span.end();
    };
    await Promise.all([send('one'), send('other')]);

    const within = ['  invoke_agent a', '    chat test-1', '      POST'];
    expect(sdk.names).toEqual(['one', ...within, 'other', ...within]);
  });

  it('is that of the run, for the spans of tools that are not traced', async () => {
    const sdk = recorder();
    const model = httpModel(sdk, (call) => (call === 1 ? toolCall('add') : []));
    const add = tool({
      name: 'add',
      parameters,
      execute: () => Promise.resolve().then(() => ownSpan(sdk, 'own')),
    });
    await lastValueFrom(
      agent({ name: 'a', model, tools: [add] })
        .stream('Hi')
        .pipe(traceStream(tracedBy(sdk))),
    );

    expect(sdk.names).toContain('  own');
  });

  it('is that of the run before its first chunk, where the name of the agent is given', async () => {
    const sdk = recorder();
    const model = httpModel(sdk, () => []);
    const trace = traceStream({ ...tracedBy(sdk), agentName: 'a' });
    await lastValueFrom(agent({ name: 'a', model }).stream('Hi').pipe(trace));

    expect(sdk.names).toEqual(['invoke_agent a', '  POST', '  chat test-1']);
  });

  it('keeps what else is in it', async () => {
    const sdk = recorder();
    const key = Symbol('tenant');
    const seen: unknown[] = [];
    const read = () => seen.push(context.active().getValue(key));
    const model = httpModel(sdk, (call) => (call === 1 ? toolCall('add') : []));
    const add = tool({
      name: 'add',
      parameters,
      execute: () => {
        read();
        const changed = context.active().setValue(key, 'other');
        context.with(changed, read);
        context.with(context.active().deleteValue(key), read);
        return api.getSpan(changed) === api.getActiveSpan();
      },
    });
    const run = agent({ name: 'a', model, tools: [add] })
      .stream('Hi')
      .pipe(traceStream(tracedBy(sdk)));
    const results = context.with(context.active().setValue(key, 'ours'), () => lastValueFrom(run));
    await results;

    expect(seen).toEqual(['ours', 'other', undefined]);
  });
});
