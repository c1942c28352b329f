import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { isBenchInstalled } from './bench.ts';
import { readTable } from './page.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const bench = `${root}bench/`;
const esbuild = `${root}node_modules/.bin/esbuild`;

interface Program {
  readonly in: string;
  readonly code: string;
  readonly without?: readonly string[];
}

const ours = `
  import { selectText } from 'rxllm';
  import { openaiChat } from 'rxllm/providers/openaiChat';
  openaiChat('gpt-5-mini').stream('Hi').pipe(selectText()).subscribe(console.log);`;

/** The shortest program of each that prints the text of an answer while it streams. */
const programs: Readonly<Record<string, Program>> = {
  'rxllm, `openai` and RxJS': { in: root, code: ours },
  'rxllm and RxJS, in a page that asks your server': {
    in: root,
    code: `
      import { selectText } from 'rxllm';
      import { fromServerSentEvents } from 'rxllm/web';
      fromServerSentEvents('/chat').pipe(selectText()).subscribe(console.log);`,
  },
  'rxllm alone, of the first': { in: root, code: ours, without: ['openai', 'rxjs'] },
  '`openai` 7.55.0': {
    in: root,
    code: `
      import OpenAI from 'openai';
      const messages = [{ role: 'user', content: 'Hi' }];
      const request = { model: 'gpt-5-mini', messages, stream: true };
      const stream = await new OpenAI().chat.completions.create(request);
      for await (const chunk of stream) console.log(chunk.choices[0].delta.content);`,
  },
  '`ai` 7.0.173 and `@ai-sdk/openai` 4.0.118': {
    in: root,
    code: `
      import { streamText } from 'ai';
      import { openai } from '@ai-sdk/openai';
      const { textStream } = streamText({ model: openai.chat('gpt-5-mini'), prompt: 'Hi' });
      for await (const text of textStream) console.log(text);`,
  },
  '`@langchain/openai` 1.5.8': {
    in: root,
    code: `
      import { ChatOpenAI } from '@langchain/openai';
      const stream = await new ChatOpenAI({ model: 'gpt-5-mini' }).stream('Hi');
      for await (const chunk of stream) console.log(chunk.text);`,
  },
  '`@openai/agents` 0.20.0': {
    in: bench,
    code: `
      import { Agent, run } from '@openai/agents';
      const result = await run(new Agent({ name: 'a', model: 'gpt-5-mini' }), 'Hi', { stream: true });
      for await (const text of result.toTextStream()) console.log(text);`,
  },
  '`@tanstack/ai` 0.58.0 and `@tanstack/ai-openai` 0.23.1': {
    in: bench,
    code: `
      import { chat } from '@tanstack/ai';
      import { openaiText } from '@tanstack/ai-openai';
      const messages = [{ role: 'user', content: 'Hi' }];
      for await (const { delta } of chat({ adapter: openaiText('gpt-5-mini'), messages })) console.log(delta);`,
  },
};

/** Kilobytes, minified and compressed, all in one file. */
function measure({ in: folder, code, without = [] }: Program): number {
  const options = ['--bundle', '--minify', '--format=esm', '--platform=browser', '--target=es2022'];
  const externals = ['node:*', ...without].map((name) => `--external:${name}`);
  const bundle = execFileSync(esbuild, [...options, ...externals], {
    input: code,
    cwd: folder,
    maxBuffer: 2 ** 26,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  return gzipSync(bundle).length / 1000;
}

describe('the sizes of docs/comparison.md', () => {
  const told = readTable('Size');

  it('are of all programs', () => {
    expect([...told.keys()]).toEqual(Object.keys(programs));
  });

  it.for(Object.keys(programs))('%s has the size that is told, give or take a tenth', (name, { skip }) => {
    const program = programs[name];
    if (!program) throw new Error(name);
    skip(program.in === bench && !isBenchInstalled, 'needs the packages of the benchmark');
    const size = Number(told.get(name)?.get('kB'));
    const measured = measure(program);

    expect(measured).toBeGreaterThan(size * 0.9);
    expect(measured).toBeLessThan(size * 1.1);
  });
});
