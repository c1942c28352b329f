import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  CallToolRequestSchema,
  type CallToolResult,
  CancelledNotificationSchema,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
  PingRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { firstValueFrom, lastValueFrom, NEVER, type Observable, Subject, toArray } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { mcpTools } from '../../../integrations/mcp.ts';
import { ProviderError } from '../../../src/errors.ts';
import { inMemory } from './connect.ts';

/** A server whose one tool answers so. */
async function answering(answer: () => CallToolResult | Promise<CallToolResult>) {
  const server = new McpServer({ name: 'answers', version: '1.0.0' }, { capabilities: { tools: {} } }).server;
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: [{ name: 'ask', inputSchema: { type: 'object' } }],
  }));
  server.setRequestHandler(CallToolRequestSchema, answer);
  const client = await inMemory(server);
  const [tool] = await lastValueFrom(mcpTools(client));
  return { server, client, run: tool?.execute({}, undefined as never) as Observable<unknown> };
}

/** All that the tool emits, when the server answers so. */
async function emitted(answer: CallToolResult): Promise<unknown[]> {
  const { run } = await answering(() => answer);
  return lastValueFrom(run.pipe(toArray()));
}

const bytes = 'iVBORw0KGgo=';
const text = (words: string) => ({ type: 'text' as const, text: words });
const image = { type: 'image' as const, data: bytes, mimeType: 'image/png' };
const omitted = '12 characters of base64, left out';

describe('the result of a tool of an MCP server', () => {
  it('is the text, where that is all', async () => {
    expect(await emitted({ content: [text('sunny')] })).toEqual(['sunny']);
  });

  it('is null, where there is nothing', async () => {
    expect(await emitted({ content: [] })).toEqual([null]);
  });

  it('is a list, where there are several parts', async () => {
    const link = { type: 'resource_link' as const, uri: 'file:///a.txt', name: 'a' };
    const resource = { type: 'resource' as const, resource: { uri: 'file:///b.txt', text: 'b' } };

    expect(await emitted({ content: [text('two files'), link, resource] })).toEqual([
      ['two files', link, resource],
    ]);
  });

  it('is the structured content, where there is some', async () => {
    expect(await emitted({ content: [text('{"a":1}')], structuredContent: { a: 1 } })).toEqual([{ a: 1 }]);
  });

  it('tells of bytes, which are progress', async () => {
    const audio = { type: 'audio' as const, data: bytes, mimeType: 'audio/wav' };
    const file = { type: 'resource' as const, resource: { uri: 'file:///c.zip', blob: bytes } };

    expect(await emitted({ content: [image] })).toEqual([image, { ...image, data: omitted }]);
    expect(await emitted({ content: [text('all'), audio, file] })).toEqual([
      audio,
      file,
      [
        'all',
        { ...audio, data: omitted },
        { type: 'resource', resource: { uri: 'file:///c.zip', blob: omitted } },
      ],
    ]);
    expect(await emitted({ content: [image], structuredContent: { width: 1 } })).toEqual([
      image,
      { width: 1 },
    ]);
  });
});

describe('the error of a tool of an MCP server', () => {
  it.each([
    ['the text', [text('No such file.')], 'No such file.'],
    ['all texts, a line each', [text('No such file.'), text('Try another.')], 'No such file.\nTry another.'],
    ['what is not text as JSON', [image], `{"type":"image","data":"${omitted}","mimeType":"image/png"}`],
    ['that there are no words', [], 'The server does not say why.'],
  ])('tells %s', async (_, content, message) => {
    const failure = emitted({ content, isError: true });

    await expect(failure).rejects.toBeInstanceOf(ProviderError);
    await expect(failure).rejects.toMatchObject({ message, provider: 'answers', retryable: false });
  });

  it('has the code of the protocol, when the server fails', async () => {
    const { run } = await answering(() => {
      throw new McpError(ErrorCode.InternalError, 'Out of memory');
    });

    await expect(lastValueFrom(run)).rejects.toMatchObject({
      name: 'ProviderError',
      code: '-32603',
      message: expect.stringMatching(/^The MCP server "answers" failed: .*Out of memory$/) as string,
    });
  });
});

describe('a running tool of an MCP server', () => {
  afterEach(() => void vi.useRealTimers());

  /** A tool that ends when it is told to, and what its server has done with pings. */
  async function running() {
    const end = new Subject<CallToolResult>();
    const finish = () => end.next({ content: [text('done')] });
    const { server, client, run } = await answering(() => firstValueFrom(end));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    return { server, client, run, finish };
  }

  it.each([
    ['answers', () => ({})],
    ['does not answer', () => lastValueFrom(NEVER)],
    [
      'refuses',
      () => {
        throw new McpError(ErrorCode.MethodNotFound, 'What is a ping?');
      },
    ],
  ])('runs on when its server %s to pings', async (_, answer) => {
    const { server, run, finish } = await running();
    const ping = vi.fn<() => object | Promise<object>>(answer);
    server.setRequestHandler(PingRequestSchema, ping);

    const result = lastValueFrom(run);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ping.mock.calls.length).toBeGreaterThan(1);
    finish();

    expect(await result).toBe('done');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is not cancelled when it has ended', async () => {
    const onCancelled = vi.fn<() => void>();
    const { server, client, run } = await answering(() => ({ content: [] }));
    server.setNotificationHandler(CancelledNotificationSchema, onCancelled);

    await lastValueFrom(run);
    await client.ping();

    expect(onCancelled).not.toHaveBeenCalled();
  });

  it('fails when its server does not know the session any more', async () => {
    const { client, run } = await running();
    const failure = expect(lastValueFrom(run)).rejects.toMatchObject({ name: 'ProviderError', code: '404' });
    if (client.transport)
      client.transport.send = () => Promise.reject(new StreamableHTTPError(404, 'Session not found'));

    await vi.advanceTimersByTimeAsync(15_000);

    await failure;
    expect(vi.getTimerCount()).toBe(0);
  });
});
