import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startServer, type TestServer } from '../server.ts';

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  vi.stubEnv('OPENAI_API_KEY', 'key');
  vi.stubEnv('OPENAI_BASE_URL', server.url);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await server.close();
});

describe('the pipeline of the README', () => {
  it('is the example joke', () => {
    const [, block] = /```ts\n([^]*?)```/.exec(read('README.md')) ?? [];

    expect(read('examples/joke.ts')).toContain(block);
  });

  it('prints the growing answer', async () => {
    const said: unknown[] = [];
    vi.spyOn(console, 'log').mockImplementation((text) => void said.push(text));
    server.respond((response) => {
      const events = ['Two ', 'marbles'].map((content) => ({ id: '1', choices: [{ delta: { content } }] }));
      const last = { choices: [{ delta: {}, finish_reason: 'stop' }] };
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(
        [...events, last].map((event) => `data: ${JSON.stringify(event)}\n\n`).join('') + 'data: [DONE]\n\n',
      );
    });
    await import('../../examples/joke.ts');

    await vi.waitFor(() => {
      expect(said).toEqual(['Two ', 'Two marbles']);
    });
  });
});

describe('the agent of the README', () => {
  it('is what runs here', () => {
    const [, , block = ''] = read('README.md').split('```ts\n');
    const code = block.split('```')[0] ?? '';
    const [imports = '', body = ''] = code.split(/\n\n(.*)/s);

    expect(read('test/docs/readmeAgent.ts')).toContain(imports);
    expect(read('test/docs/readmeAgent.ts')).toContain(body);
  });

  it('asks for both cities and answers', async () => {
    const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const calls = ['Bern', 'Oslo'].map((city, index) => ({
      index,
      id: `call_${index}`,
      type: 'function',
      function: { name: 'weather', arguments: JSON.stringify({ city }) },
    }));
    const answers = [
      [{ delta: { tool_calls: calls } }, { delta: {}, finish_reason: 'tool_calls' }],
      [{ delta: { content: 'Oslo.' } }, { delta: {}, finish_reason: 'stop' }],
    ];
    server.respond((response) => {
      const events = (answers.shift() ?? []).map((choice) => ({ id: '1', choices: [choice] }));
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('') + 'data: [DONE]\n\n');
    });
    const { toolCalls } = await import('./readmeAgent.ts');

    expect(toolCalls.map(({ result }) => result)).toEqual(['sunny in Bern', 'sunny in Oslo']);
    expect(written).toHaveBeenCalledWith('Oslo.');
  });
});

describe('the server of the README', () => {
  it('is that of the example hono', () => {
    const [, , , block = ''] = read('README.md').split('```ts\n');
    const code = (block.split('```')[0] ?? '').trimEnd().replaceAll(/^/gm, '  ');

    expect(code).toContain('toResponse');
    expect(read('examples/hono.ts')).toContain(code);
  });
});
