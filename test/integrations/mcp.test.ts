import {
  firstValueFrom,
  from,
  lastValueFrom,
  mergeMap,
  type Observable,
  repeat,
  take,
  tap,
  toArray,
} from 'rxjs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { mcpTools } from '../../integrations/mcp.ts';
import { executeTools } from '../../operators/executeTools.ts';
import { ofType } from '../../operators/ofType.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { ProviderError } from '../../src/errors.ts';
import type { JsonObject } from '../../src/json.ts';
import { toJsonSchema } from '../../src/schema.ts';
import type { Tool } from '../../src/tool.ts';
import { type Connection, overHttp, overStdio } from './mcp/connect.ts';

const allNames = ['weather', 'count_slowly', 'fail', 'forecast', 'wait', 'whatWasCancelled'];
const context = { signal: new AbortController().signal, toolCallId: '1', messages: [], context: undefined };

/** A model that calls the tool once. */
function modelCalling(toolName: string, args: JsonObject = {}): Observable<StreamChunk> {
  const call = { toolCallId: '1', toolName, block: 0 };
  return from<StreamChunk[]>([
    { type: 'start', provider: 'test', model: 'test' },
    { type: 'tool-call-start', ...call },
    { type: 'tool-call', ...call, arguments: args },
    { type: 'finish', reason: 'tool-calls', metadata: {} },
  ]);
}

/** What the tool tells and gives back when a model calls it. */
function called(connection: Connection, toolName: string, args?: JsonObject): Observable<StreamChunk> {
  return mcpTools(connection.client).pipe(
    mergeMap((tools) => modelCalling(toolName, args).pipe(executeTools(tools))),
    ofType('tool-progress', 'tool-result'),
  );
}

const asValue = (chunk: StreamChunk) =>
  chunk.type === 'tool-progress' ? chunk.value : chunk.type === 'tool-result' && chunk.result;

async function toolOf({ client }: Connection, name: string): Promise<Tool & { run(): Observable<unknown> }> {
  const tools = await lastValueFrom(mcpTools(client));
  const tool = tools.find((each) => each.name === name);
  if (!tool) throw new Error(`There is no tool ${name}`);
  return { ...tool, run: () => tool.execute({}, context) as Observable<unknown> };
}

describe.each([
  ['stdio', overStdio],
  ['streamable HTTP', overHttp],
])('mcpTools of a server over %s', { timeout: 20_000 }, (_, connect) => {
  let connection: Connection;

  beforeAll(async () => {
    connection = await connect();
  });
  afterAll(() => connection.close());

  it('lists the tools of all pages, and completes', async () => {
    const lists = await lastValueFrom(mcpTools(connection.client).pipe(toArray()));

    expect(lists.map((tools) => tools.map(({ name }) => name))).toEqual([allNames]);
  });

  it('hands on what the server says of a tool', async () => {
    const [weather] = await lastValueFrom(mcpTools(connection.client));
    const listed = await connection.client.listTools();

    expect(weather?.description).toBe('Tells the weather in a city.');
    expect(weather?.parameters['~standard'].jsonSchema.input({ target: 'draft-07' })).toEqual(
      listed.tools[0]?.inputSchema,
    );
    expect(weather && toJsonSchema(weather.parameters)).toMatchObject({
      properties: { city: { type: 'string' } },
    });
  });

  it('runs a tool that the model calls', async () => {
    const chunks = await lastValueFrom(called(connection, 'weather', { city: 'Bern' }).pipe(toArray()));

    expect(chunks.at(-1)).toMatchObject({
      type: 'tool-result',
      toolName: 'weather',
      result: 'sunny in Bern',
      isError: false,
    });
  });

  it('tells the progress that the server tells, and the result last', async () => {
    const chunks = await lastValueFrom(called(connection, 'count_slowly', { to: 2 }).pipe(toArray()));

    expect(chunks.map(asValue)).toEqual([
      { progress: 1, total: 2, message: 'step 1' },
      { progress: 2, total: 2, message: 'step 2' },
      'counted to 2',
      'counted to 2',
    ]);
    expect(chunks.map(({ type }) => type)).toEqual([
      'tool-progress',
      'tool-progress',
      'tool-progress',
      'tool-result',
    ]);
  });

  it('gives the structured content where the tool has it', async () => {
    const result = await lastValueFrom(called(connection, 'forecast'));

    expect(result).toMatchObject({ result: { celsius: [3, 5] }, isError: false });
  });

  it('makes an error result of what the server calls an error', async () => {
    const result = await lastValueFrom(called(connection, 'fail'));

    expect(result).toMatchObject({ isError: true, result: 'The tool "fail" failed: The disk is full.' });
  });

  it('tells the model what the server says of bad arguments', async () => {
    const result = await lastValueFrom(called(connection, 'weather', { city: 3 }));

    expect(result).toMatchObject({
      isError: true,
      result: expect.stringMatching(/Invalid arguments for tool weather.*expected string.*city/s) as string,
    });
  });

  it('cancels the call at the server when unsubscribed from', async () => {
    const wait = await toolOf(connection, 'wait');
    await firstValueFrom(wait.run());

    const result = await lastValueFrom(called(connection, 'whatWasCancelled'));

    expect(result).toMatchObject({ isError: false, result: expect.stringContaining('Abort') as string });
  });

  it('calls anew at each subscription', async () => {
    const count = await toolOf(connection, 'count_slowly');
    const run = count.execute({ to: 1 }, context) as Observable<unknown>;

    const step = { progress: 1, total: 1, message: 'step 1' };
    expect(await lastValueFrom(run.pipe(repeat(2), toArray()))).toEqual([
      ...[step, 'counted to 1'],
      ...[step, 'counted to 1'],
    ]);
  });
});

describe('mcpTools', { timeout: 20_000 }, () => {
  const open: Connection[] = [];
  const connect = async (how: () => Promise<Connection>) => {
    const connection = await how();
    open.push(connection);
    return connection;
  };

  afterEach(async () => {
    vi.useRealTimers();
    await Promise.all(open.splice(0).map((connection) => connection.close()));
  });

  it('fails a running tool when the process of the server dies', async () => {
    const connection = await connect(overStdio);
    const wait = await toolOf(connection, 'wait');

    const failure = lastValueFrom(wait.run().pipe(mergeMap(() => (connection.kill(), []))));

    await expect(failure).rejects.toBeInstanceOf(ProviderError);
    await expect(failure).rejects.toMatchObject({
      provider: 'test-server',
      code: '-32000',
      message: 'The MCP server "test-server" failed: MCP error -32000: Connection closed',
    });
  });

  it('fails a running tool at the next ping when a server on HTTP dies', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const connection = await connect(overHttp);
    const wait = await toolOf(connection, 'wait');
    const die = () => {
      connection.kill();
      vi.advanceTimersByTime(15_000);
      return [];
    };

    const failure = lastValueFrom(wait.run().pipe(mergeMap(die)));

    await expect(failure).rejects.toBeInstanceOf(ProviderError);
    await expect(failure).rejects.toMatchObject({
      provider: 'test-server',
      message: 'The MCP server "test-server" failed: fetch failed',
    });
  });

  it('makes an error result of a server that dies', async () => {
    const connection = await connect(overStdio);
    const chunks = called(connection, 'wait').pipe(
      mergeMap((chunk) => {
        if (chunk.type === 'tool-progress') connection.kill();
        return [chunk];
      }),
    );

    expect(await lastValueFrom(chunks)).toMatchObject({
      type: 'tool-result',
      isError: true,
      result: expect.stringMatching(/^The tool "wait" failed: .*Connection closed$/) as string,
    });
  });

  it('fails when the client is not connected any more', async () => {
    const { client, close } = await overStdio();
    await close();

    await expect(lastValueFrom(mcpTools(client))).rejects.toMatchObject({
      name: 'ProviderError',
      provider: 'test-server',
      message: 'The MCP server "test-server" failed: Not connected',
    });
  });

  it('has no timer but while a tool runs', async () => {
    const connection = await connect(overStdio);
    const wait = await toolOf(connection, 'wait');
    const count = await toolOf(connection, 'count_slowly');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });

    let whileRunning = 0;
    await lastValueFrom(
      wait.run().pipe(
        mergeMap(() => [(whileRunning = vi.getTimerCount())]),
        take(1),
      ),
    );
    expect(whileRunning).toBeGreaterThan(0);
    expect(vi.getTimerCount()).toBe(0);

    await lastValueFrom(count.execute({ to: 1 }, context) as Observable<unknown>);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lets a tool run longer than the timeout of the client', async () => {
    const connection = await connect(overStdio);
    const count = await toolOf(connection, 'count_slowly');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    const run = count.execute({ to: 1 }, context) as Observable<unknown>;

    const result = lastValueFrom(run.pipe(tap(() => vi.advanceTimersByTime(24 * 3600_000))));

    expect(await result).toBe('counted to 1');
  });
});
