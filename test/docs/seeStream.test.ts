import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { retryStream } from '../../operators/retryStream.ts';
import { debugMarbles, drawChunks, inVirtualTime, recordChunks } from '../../testing/index.ts';

const guide = readFileSync(new URL('../../docs/testing.md', import.meta.url), 'utf8');
const rows: string[] = [];
const log: string[] = [];

inVirtualTime(({ fakeModel, flush }) => {
  fakeModel(['--H-e 1300ms #', '--H-i-|'])
    .stream('Say hello')
    .pipe(
      retryStream({ delay: 400, random: () => 0 }),
      recordChunks((line) => log.push(line)),
      debugMarbles({ write: (row) => rows.push(row), label: 'answer' }),
    )
    .subscribe();
  flush();
})();

describe('"See a stream" of docs/testing.md', () => {
  it('shows the rows that its snippet writes', () => {
    expect(guide).toContain(`\`\`\`text\n${rows.join('\n')}\n\`\`\``);
  });

  it('shows the picture of the same stream', async () => {
    await expect(drawChunks(log, { format: 'svg', label: 'answer' })).toMatchFileSnapshot(
      '../../docs/images/stream.svg',
    );
  });
});
