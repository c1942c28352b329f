/**
 * Batches that many processes work on, by BullMQ.
 *
 * @module
 */
export type { RedisClient } from './redis/client.ts';
export { type BatchQueue, queueBatch, type QueueBatchOptions } from './bullmq/queueBatch.ts';
export { type WorkEvent, workBatch, type WorkBatchOptions } from './bullmq/workBatch.ts';
