import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startServer, type TestServer } from '../../server.ts';
import { type Client, clients } from './clients.ts';
import { readTable } from './page.ts';
import { type Answer, answers, toolAnswers, writesOn } from './wire.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());
beforeEach(() => {
  // Two of them print what they hand on as well.
  vi.spyOn(console, 'error').mockReturnValue();
  vi.spyOn(console, 'warn').mockReturnValue();
});

/** How often the server was asked. */
function serve(answer: Answer): () => number {
  let attempts = 0;
  server.respond((response) => void answer(response, attempts++));
  return () => attempts;
}

const endOf = (error: unknown) =>
  error instanceof DOMException ? error.name : (error as object).constructor.name;

async function ask(client: Client, row: keyof typeof answers): Promise<string> {
  const attempts = serve(answers[row]);
  const stop = new AbortController();
  let shown = '';
  const show = (text: string) => {
    shown = text;
    if (row === 'stopped by a signal' && text === 'Hel') void sleep(20).then(() => stop.abort());
  };
  const asking = { baseURL: `${server.url}/v1`, show, signal: stop.signal };
  const end = client.ask(row === 'silence' ? { ...asking, silence: 50 } : asking).catch(endOf);
  const patience = sleep(800).then(() => 'still waits');
  const known = await (row === 'silence' ? Promise.race([end, patience]) : end);
  const requests = attempts();
  stop.abort();
  return `“${shown}”, ${known}${requests > 1 ? `, ${requests} requests` : ''}`;
}

describe('docs/comparison.md', () => {
  it('tells of nothing that is not played here', () => {
    const columns = ['rxllm', '`openai`', 'AI SDK', 'LangChain', 'OpenAI Agents', 'TanStack AI'];
    const tools = ['the first starts', ...Object.keys(toolAnswers)];

    for (const [heading, rows] of [
      ['When an answer goes wrong', Object.keys(answers)],
      ['Tools', tools],
      ['A reader that stops reading', ['the server']],
    ] as const) {
      const table = readTable(heading);
      expect([...table.keys()].sort()).toEqual([...rows].sort());
      for (const cells of table.values()) expect([...cells.keys()]).toEqual(columns);
    }
  });
});

describe.each(clients)('what docs/comparison.md says of %s', (name, make) => {
  const rows = readTable('When an answer goes wrong');

  it.each(Object.keys(answers) as (keyof typeof answers)[])('%s', async (row) => {
    const cell = rows.get(row)?.get(name);
    expect(cell).toBeDefined();
    if (cell !== '–') expect(await ask(await make(), row)).toBe(cell);
  });
});

describe.each(clients)('what docs/comparison.md says of tools with %s', (name, make) => {
  const rows = readTable('Tools');

  it.each(Object.keys(toolAnswers) as (keyof typeof toolAnswers)[])('%s', async (row) => {
    serve(toolAnswers[row]);
    const removed: string[] = [];
    let running = 0;
    let most = 0;
    const remove = async ({ path }: { path: string }) => {
      removed.push(path);
      most = Math.max(most, ++running);
      await sleep(10);
      running--;
      return 'removed';
    };
    const client = await make();
    const end = await client.runTool(`${server.url}/v1`, remove).catch(endOf);
    const ran = removed.length === 0 ? 'nothing runs' : `runs ${removed.join(', ')}`;
    const together = row === 'two calls' ? (most > 1 ? ' together' : ' one by one') : '';

    const cell = rows.get(row)?.get(name);

    expect(cell).toBeDefined();
    if (cell !== '–') expect(`${ran}${together}${end === 'done' ? '' : `, ${end}`}`).toBe(cell);
  });

  it('the first starts', async () => {
    const cell = rows.get('the first starts')?.get(name);
    let start: (when: string) => void = () => undefined;
    const first = new Promise<string>((resolve) => (start = resolve));
    serve(
      writesOn(() => {
        void sleep(300).then(() => start('when the model has ended'));
        return first;
      }),
    );
    const client = await make();
    await client.runTool(`${server.url}/v1`, () => {
      start('while the model writes');
      return 'removed';
    });

    expect(cell).toBeDefined();
    if (cell !== '–') expect(await first).toBe(cell);
  });
});
