import { lastValueFrom, of } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { session, type SessionStore } from '../../../agents/index.ts';
import { memoryStore } from '../../../agents/memoryStore.ts';
import { redisSessionStore } from '../../../integrations/redis.ts';
import type { LanguageModel } from '../../../src/model.ts';
import { fakeCapabilities } from '../../../testing/fakeModel.ts';
import { done, recordsOf, type stores } from '../../agents/stores.ts';
import { chunks } from '../../chunks.ts';
import { hasRedis, useRedis } from './server.ts';

const { s, a, f } = chunks;
const model: LanguageModel = {
  provider: 'test',
  model: 'test-1',
  capabilities: fakeCapabilities,
  stream: () => of(s, a, f),
};
const redis = vi.hoisted(() => ({ open: undefined as undefined | (() => SessionStore) }));

// The suite of all stores, run for this one.
vi.mock('../../agents/stores.ts', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  stores: [
    { name: 'memoryStore', open: memoryStore },
    { name: 'redisSessionStore', open: () => redis.open?.() ?? memoryStore() },
  ] satisfies typeof stores,
}));

describe.skipIf(!hasRedis)('redisSessionStore', { timeout: 20_000 }, async () => {
  const { open } = useRedis();
  redis.open = () => redisSessionStore(open());
  if (hasRedis) await import('../../agents/sessionStore.test.ts');

  it('continues a session on another server', async () => {
    const chatOn = () => session({ model, store: redisSessionStore(open()), id: 'work' });
    await lastValueFrom(chatOn().send('Hi'));
    await lastValueFrom(chatOn().send('And now?'));
    const stored = await done(redisSessionStore(open()).list());

    expect(stored).toMatchObject([{ id: 'work', messageCount: 4 }]);
  });

  it('lets one of two servers go on that continue a session at a time', async () => {
    const [one, other] = [redisSessionStore(open()), redisSessionStore(open())];
    await done(one.append('a', recordsOf(['One']), 0));
    const outcomes = await Promise.allSettled([
      done(one.append('a', recordsOf(['Two'], 10), 2)),
      done(other.append('a', recordsOf(['Three'], 20), 2)),
    ]);

    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await done(one.read('a'))).toHaveLength(4);
  });

  it('takes records once that are sent again, alone or with more', async () => {
    const store = redisSessionStore(open());
    const records = recordsOf(['One', 'Two']);
    await done(store.append('a', records.slice(0, 2), 0));
    await done(store.append('a', records.slice(0, 2), 0));
    await done(store.append('a', records, 0));

    expect(await done(store.read('a'))).toEqual(records);
  });

  it('refuses records behind an end that there is not', async () => {
    await expect(done(redisSessionStore(open()).append('a', recordsOf(['One']), 3))).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });

  it('fails with typed errors where Redis refuses', async () => {
    const client = open();
    await client.set('rxllm:session:a', 'something else');
    const store = redisSessionStore(client);

    await expect(done(store.read('a'))).rejects.toMatchObject({ name: 'ProviderError', code: 'WRONGTYPE' });
    await expect(done(store.append('a', recordsOf(['One']), 0))).rejects.toMatchObject({
      name: 'SinkError',
      code: 'WRONGTYPE',
    });
  });
});
