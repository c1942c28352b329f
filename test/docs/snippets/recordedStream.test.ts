import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastValueFrom } from 'rxjs';
import { collectResponse } from 'rxllm/operators';
import { drawChunks, fromText, recordChunks, writeMarbleTest } from 'rxllm/testing';
import { expect, it } from 'vitest';

it('makes a picture and a test of a recorded stream', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'session-'));
  const lines: string[] = [];
  const answer = fromText('It is sunny.', { interval: 3 }).pipe(recordChunks((line) => lines.push(line)));
  await lastValueFrom(answer.pipe(collectResponse()));
  writeFileSync(join(folder, 'session.jsonl'), lines.join('\n'));

  const log = readFileSync(join(folder, 'session.jsonl'), 'utf8');
  writeFileSync(join(folder, 'session.svg'), drawChunks(log, { format: 'svg' }));
  writeFileSync(join(folder, 'session.test.ts'), writeMarbleTest(log, { file: 'session.jsonl' }));

  expect(drawChunks(log)).toContain('I  text "It " in block 0');
});
