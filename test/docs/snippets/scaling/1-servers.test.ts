import { concat, NEVER, of } from 'rxjs';
import type { StreamChunk } from 'rxllm';
import { publishTo, stopRun, subscribeFrom } from 'rxllm/integrations/redis';
import { toResponse } from 'rxllm/web';
import { describe, expect, it } from 'vitest';
import { hasRedis, useRedis } from '../../../integrations/redis/server.ts';

const run = 'run-7f3a';
const question = 'Why do marbles roll?';
const request = new Request('http://localhost/chat');

/** Begins to answer, and goes on until it is stopped. */
const start: StreamChunk = { type: 'start', provider: 'test', model: 'test-1' };
const model = { stream: (_: string) => concat(of(start), NEVER) };

describe.skipIf(!hasRedis)('an answer on several servers', () => {
  const { open } = useRedis();

  it('is followed, and stopped, by its name', async () => {
    const redis = open();
    // The server that was asked. It does not matter whether the client stays.
    model.stream(question).pipe(publishTo(redis, run)).subscribe({ error: console.error });

    // Any server, from the beginning or behind the last chunk that the client has seen.
    const response = toResponse(subscribeFrom(redis, run, request.headers.get('last-event-id')));

    // Any server.
    stopRun(redis, run).subscribe();

    expect(await response.text()).toContain('"provider":"test"');
  });
});
