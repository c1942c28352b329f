import { concat } from 'rxjs';
import { describe, expect } from 'vitest';
import { collectResponse } from '../../operators/collectResponse.ts';
import { chunks, usage } from '../chunks.ts';
import { it } from '../marbles.ts';

describe('collectResponse', () => {
  it('counts times from the subscription, wherever the clock stands', (m) => {
    const source = m.cold('   s--u-a-f|', chunks);
    const seen: unknown[] = [];
    concat(m.cold('---|'), source.pipe(collectResponse())).subscribe((response) => seen.push(response));

    m.flush();
    expect(seen).toMatchObject([
      { startTime: 3, endTime: 11, durationMs: 8, timeToFirstChunkMs: 5, usage, finishReason: 'stop' },
    ]);
    expect(seen[0]).not.toHaveProperty('responseId');
    expect(seen[0]).not.toHaveProperty('requestId');
  });
});
