import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  defer,
  delay,
  EMPTY,
  from,
  lastValueFrom,
  map,
  NEVER,
  type Observable,
  of,
  Subject,
  tap,
  throwError,
} from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { agent } from '../../../agents/agent.ts';
import {
  traceModel,
  type TraceOptions,
  traceStream,
  traceTools,
} from '../../../integrations/opentelemetry.ts';
import { executeTools } from '../../../operators/executeTools.ts';
import type { StreamChunk, Tool } from '../../../src/index.ts';
import { tool } from '../../../src/tool.ts';
import { finish, toolCall } from '../../../testing/index.ts';
import { syncModel } from '../../agents/runs.ts';
import { listChunks } from '../../chunks.ts';
import { endsOf, recorder, type Recorder, tracedBy } from './traces.ts';
import { httpModel, ownSpan, countsOf } from './nesting.ts';

const parameters = z.object({});

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));

afterAll(() => context.disable());

describe('traceTools', () => {
  const options = { description: 'Adds', parameters };

  function running(
    sdk: Recorder,
    execute: Tool['execute'],
    more: TraceOptions = {},
  ): Observable<StreamChunk> {
    const model = traceModel(
      httpModel(sdk, (call) => (call === 1 ? toolCall('add', { a: 1 }) : [])),
      tracedBy(sdk),
    );
    const tools = traceTools([{ name: 'add', ...options, execute }], { ...tracedBy(sdk), ...more });
    return agent({ name: 'a', model, tools })
      .stream('Hi')
      .pipe(traceStream(tracedBy(sdk)));
  }

  it.each<[string, (act: () => void) => unknown]>([
    ['at once', (act) => act()],
    ['by a Promise', (act) => Promise.resolve().then(act)],
    ['by a query that begins when it is waited for', (act) => lazily(act)],
    ['by an Observable', (act) => of(1).pipe(delay(0), map(act))],
    ['when it is subscribed to', (act) => defer(() => of(1).pipe(tap(act)))],
  ])('has the spans within that a tool makes %s', async (_, later) => {
    const sdk = recorder();
    await lastValueFrom(running(sdk, () => later(() => ownSpan(sdk, 'own'))));

    expect(sdk.names).toEqual([
      'invoke_agent a',
      '  chat test-1',
      '    POST',
      '  execute_tool add',
      '    own',
      '  chat test-1',
      '    POST',
    ]);
    expect(sdk.attributesOf('execute_tool add')).toEqual({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'add',
      'gen_ai.tool.call.id': 'call_0',
      'gen_ai.tool.type': 'function',
      'gen_ai.tool.description': 'Adds',
    });
    expect(await countsOf(sdk, 'gen_ai.execute_tool.duration')).toBe(1);
  });

  it('keeps tools apart that run at the same time', async () => {
    const sdk = recorder();
    const model = httpModel(sdk, (call) =>
      call === 1 ? [...toolCall('one'), ...toolCall('two')] : [finish()],
    );
    const toolOf = (name: string) =>
      tool({
        name,
        parameters,
        execute: () =>
          of(0).pipe(
            delay(1),
            map(() => ownSpan(sdk, `of ${name}`)),
          ),
      });
    const tools = traceTools([toolOf('one'), toolOf('two')], tracedBy(sdk));
    await lastValueFrom(
      agent({ name: 'a', model, tools })
        .stream('Hi')
        .pipe(traceStream(tracedBy(sdk))),
    );
    const names = sdk.names;

    expect(names[names.indexOf('  execute_tool one') + 1]).toBe('    of one');
    expect(names[names.indexOf('  execute_tool two') + 1]).toBe('    of two');
  });

  it('puts a whole run within, of an agent that runs as a tool', async () => {
    const sdk = recorder();
    const helper = agent({
      name: 'helper',
      model: traceModel(
        syncModel(() => [finish()]),
        tracedBy(sdk),
      ),
    });
    const model = httpModel(sdk, (call) => (call === 1 ? toolCall('helper', { input: 'Help' }) : []));
    const tools = traceTools([helper.asTool()], tracedBy(sdk));
    await lastValueFrom(
      agent({ name: 'a', model, tools })
        .stream('Hi')
        .pipe(traceStream(tracedBy(sdk))),
    );

    expect(sdk.names.filter((line) => !line.includes('POST'))).toEqual([
      'invoke_agent a',
      '  execute_tool helper',
      '    chat test-1',
      '  chat test-1',
      '  chat test-1',
    ]);
  });

  it('keeps a tool of the run apart from one of an agent within, whose call has the same id', async () => {
    const sdk = recorder();
    const add = tool({ name: 'add', parameters, execute: () => 3 });
    const helper = agent({
      name: 'helper',
      model: httpModel(sdk, (call) => (call === 1 ? toolCall('add') : [])),
      tools: traceTools([add], tracedBy(sdk)),
    });
    const model = httpModel(sdk, (call) => (call === 1 ? toolCall('helper', { input: 'Help' }) : []));
    await lastValueFrom(
      agent({ name: 'a', model, tools: [helper.asTool()] })
        .stream('Hi')
        .pipe(traceStream(tracedBy(sdk))),
    );

    expect(sdk.names.filter((name) => name.includes('execute_tool')).sort()).toEqual([
      '  execute_tool add',
      '  execute_tool helper',
    ]);
  });

  it('leaves a value that is there at once at once', () => {
    const results: unknown[] = [];
    const [add] = traceTools([{ name: 'add', parameters, execute: () => 3 }]);
    from(listChunks(toolCall('add'), finish()))
      .pipe(executeTools([add]))
      .subscribe((chunk) => {
        if (chunk.type === 'tool-result') results.push(chunk.result);
      });

    expect(results).toEqual([3]);
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new RangeError('no');
      },
    ],
    ['rejects', () => Promise.reject(new RangeError('no'))],
    ['errors', () => throwError(() => new RangeError('no'))],
  ])('tells a tool that %s by its class; the words are content', async (_, execute) => {
    const [plain, full] = [recorder(), recorder()];
    await lastValueFrom(running(plain, execute));
    await lastValueFrom(running(full, execute, { content: true }));

    expect(plain.attributesOf('execute_tool add')).toMatchObject({ 'error.type': 'RangeError' });
    expect(plain.attributesOf('execute_tool add')).not.toHaveProperty('gen_ai.tool.call.result');
    expect(full.attributesOf('execute_tool add')).toMatchObject({ 'gen_ai.tool.call.result': 'no' });
  });

  it.each<[string, () => unknown, unknown]>([
    ['a value', () => ({ sum: 3 }), '{"sum":3}'],
    ['the last emission', () => of(1, 2), '2'],
    ['nothing', () => EMPTY, 'null'],
    ['what a Promise gives', () => Promise.resolve('three'), 'three'],
  ])('writes arguments and %s where it is wanted', async (_, execute, result) => {
    const sdk = recorder();
    await lastValueFrom(running(sdk, execute, { content: true }));

    expect(sdk.attributesOf('execute_tool add')).toMatchObject({
      'gen_ai.tool.call.arguments': '{}',
      'gen_ai.tool.call.result': result,
    });
  });

  it.each<[string, () => unknown]>([
    ['a Promise', () => new Promise(() => undefined)],
    ['an Observable', () => NEVER],
  ])('ends the span of a tool that is unsubscribed from, by %s', async (_, execute) => {
    const sdk = recorder();
    const begun = new Subject<void>();
    const subscription = running(sdk, () => {
      begun.next();
      return execute();
    }).subscribe();
    begun.subscribe(() => queueMicrotask(() => subscription.unsubscribe()));
    await new Promise((resolve) => subscription.add(() => queueMicrotask(() => resolve(0))));

    expect(endsOf(sdk.spans)).toContain('execute_tool add abort');
    expect(sdk.counts.begun).toBe(sdk.counts.ended);
  });

  it('stands for itself where the run is not traced', async () => {
    const sdk = recorder();
    const [add] = traceTools(
      [{ name: 'add', parameters, execute: () => ownSpan(sdk, 'own') }],
      tracedBy(sdk),
    );
    await lastValueFrom(from(listChunks(toolCall('add'), finish())).pipe(executeTools([add])));

    expect(sdk.names).toEqual(['execute_tool add', '  own']);
  });

  it('says at the call what is wrong', () => {
    expect(() => traceTools([{ name: 'a b' } as never])).toThrow('traceTools: the name of a tool');
    expect(() => traceTools([], { redact: 1 as never })).toThrow('traceTools: redact must be a function');
  });
});

/** Like the queries of many databases, which are sent when their `then` is called. */
function lazily(act: () => void): PromiseLike<void> {
  return {
    then: (...told) =>
      Promise.resolve()
        .then(act)
        .then(...told),
  };
}
