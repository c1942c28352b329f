import { retryStream } from 'rxllm/operators';
import { debugMarbles, inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

it(
  'shows the stall while it lasts',
  inVirtualTime(({ fakeModel, flush }) => {
    const rows: string[] = [];
    const model = fakeModel(['--H-e 1300ms #', '--H-i-|']);
    const retry = retryStream({ delay: 400, random: () => 0 });
    const debug = debugMarbles({ write: (row) => rows.push(row), label: 'answer' });

    model.stream('Say hello').pipe(retry, debug).subscribe();
    flush();
    expect(rows[0]).toContain('answer  --(sH)-e\n');
    expect(rows[1]).toContain('answer   1300ms r 201ms (sH)-i-(f|)\n');
  }),
);
