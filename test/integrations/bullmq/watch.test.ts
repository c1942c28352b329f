import { map, of, timer } from 'rxjs';
import { describe } from 'vitest';
import { type BatchQueue, queueBatch, type RedisClient } from '../../../integrations/bullmq.ts';
import { it } from '../../marbles.ts';

// What RxJS subscribes to may be an Observable as well as a promise, and promises know no virtual time.
const client: RedisClient = {
  call: (command) => (command === 'EVAL' ? Promise.resolve() : of([])) as never,
  duplicate: () => ({ ...client, call: () => timer(100).pipe(map(() => null)) as never }),
  disconnect: () => undefined,
  on: () => undefined,
};

/** A queue whose job is in one state after the other, each time that it is looked at. */
function queueWith(states: readonly string[]): BatchQueue {
  const turns = states.values();
  return {
    name: 'prompts',
    add: () => of(0) as never,
    getJobState: () => of(turns.next().value ?? 'active') as never,
    remove: () => Promise.resolve(),
  };
}

describe('queueBatch', () => {
  it('gives an item up whose job is over without an answer', (m) => {
    const queue = queueWith(['wait', 'active', 'failed', 'failed']);
    const message = 'The answer of the item "batch/0" is not there any more; its job is failed';
    const error = { name: 'ProviderError', message, provider: 'prompts', code: 'failed', retryable: true };

    m.expect(
      queueBatch(['one'], queue, { client, name: 'batch' }).pipe(
        map((told) => (told.type === 'item-error' ? { ...told.error, partial: undefined } : told)),
      ),
    ).toBeObservable('8s (e|)', { e: { ...error, partial: undefined } });
  });

  it('waits for an answer as long as its job goes on', (m) => {
    const queue = queueWith(['wait', 'failed', 'delayed', 'active', 'completed', 'active']);

    m.expect(queueBatch(['one'], queue, { client, name: 'batch' }), '60s !').toBeObservable('-');
  });
});
