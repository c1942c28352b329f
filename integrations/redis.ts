/**
 * Answers and sessions that every server of an application can follow, resume and stop, by Redis.
 *
 * @module
 */
export type { RedisClient } from './redis/client.ts';
export { publishTo, type PublishToOptions } from './redis/publishTo.ts';
export { redisReplayStore, type RedisReplayStoreOptions } from './redis/replayStore.ts';
export { redisSessionStore } from './redis/sessionStore.ts';
export { stopRun, subscribeFrom } from './redis/subscribeFrom.ts';
