import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { catchError, EMPTY, lastValueFrom, type Observable } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StreamChunk } from '../../../src/index.ts';
import { recordChunks, writeMarbleTest } from '../../../testing/index.ts';
import { wires } from '../../providers/wires.ts';
import { startServer } from '../../server.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

describe('marble tests of what servers answered', () => {
  const folder = mkdtempSync(join(tmpdir(), 'marble-tests-'));
  const at = (name: string) => join(folder, name);

  beforeAll(async () => {
    const server = await startServer();
    for (const wire of wires) {
      const events = [...wire.opening, ...wire.text('Hel'), ...wire.text('lo'), ...wire.closing];
      server.respond((response) => {
        response.writeHead(200, { 'content-type': wire.contentType });
        response.end(events.map(wire.frame).join('') + wire.sentinel);
      });
      await record(wire.name, wire.create(server.url).stream('Hi'));
      server.respond((response) => {
        response.writeHead(529, { 'content-type': 'application/json' });
        response.end(JSON.stringify(wire.errorBody));
      });
      await record(`${wire.name}Error`, wire.create(server.url).stream('Hi'));
    }
    await server.close();
    const alias = [
      { find: 'rxllm/testing', replacement: `${root}testing/index.ts` },
      { find: 'rxllm', replacement: `${root}src/index.ts` },
    ];
    symlinkSync(`${root}node_modules`, at('node_modules'));
    const config = {
      resolve: { alias },
      test: { include: ['*.test.ts'], expect: { requireAssertions: true } },
    };
    writeFileSync(at('vitest.config.mjs'), `export default ${JSON.stringify(config)};\n`);
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  /** Writes down a stream, and the test of it. */
  async function record(name: string, stream: Observable<StreamChunk>): Promise<void> {
    const lines: string[] = [];
    const recorded = stream.pipe(
      recordChunks((line) => lines.push(line)),
      catchError(() => EMPTY),
    );
    await lastValueFrom(recorded, { defaultValue: undefined });
    writeFileSync(at(`${name}.jsonl`), lines.join('\n'));
    writeFileSync(at(`${name}.test.ts`), writeMarbleTest(lines, { file: `${name}.jsonl` }));
  }

  async function runVitest(): Promise<{ readonly passed: number; readonly failed: number }> {
    const child = spawn(
      process.execPath,
      [
        `${root}node_modules/vitest/vitest.mjs`,
        'run',
        '--root',
        folder,
        '--reporter=json',
        '--outputFile=report.json',
      ],
      { cwd: folder, stdio: 'ignore' },
    );
    await once(child, 'close');
    const report = JSON.parse(readFileSync(at('report.json'), 'utf8')) as Record<string, number>;
    return { passed: report['numPassedTests'] ?? 0, failed: report['numFailedTests'] ?? 0 };
  }

  it('pass in vitest, and fail when a chunk is another', { timeout: 60_000 }, async () => {
    expect(await runVitest()).toEqual({ passed: 2 * wires.length, failed: 0 });

    for (const { name } of wires) {
      for (const log of [at(`${name}.jsonl`), at(`${name}Error.jsonl`)]) {
        writeFileSync(
          log,
          readFileSync(log, 'utf8').replace('"lo"', '"la"').replace('"status":529', '"status":503'),
        );
      }
    }
    expect(await runVitest()).toEqual({ passed: 0, failed: 2 * wires.length });
  });
});
