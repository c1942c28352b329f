/**
 * What one model call has cost in tokens, in the same words for every provider.
 *
 * A usage is a snapshot: the latest one of a call is right, they are never added up.
 * Counts that the provider does not report are absent; the three totals are then 0.
 */
export interface Usage {
  /** Tokens of the request, those read from and written to a cache included. */
  readonly inputTokens: number;
  /** Tokens of the answer, thinking included. */
  readonly outputTokens: number;
  /** Input and output together. */
  readonly totalTokens: number;
  /** The part of `outputTokens` that was spent on thinking. */
  readonly thinkingTokens?: number;
  /** The part of `inputTokens` that was read from the provider's cache. */
  readonly cachedInputTokens?: number;
  /** The part of `inputTokens` that was written to the provider's cache. */
  readonly cacheWriteTokens?: number;
  /** True where the call was cut off, so that more may be billed than is counted here. */
  readonly partial?: boolean;
  /** The provider's own usage object, untouched; absent on a sum. */
  readonly raw?: unknown;
}

/**
 * Adds the usage of two calls, for instance of the rounds of a conversation.
 *
 * Not for two snapshots of one call: there the later one replaces the earlier.
 *
 * @example
 * ```ts
 * const total = responses.map((response) => response.usage).reduce(addUsage);
 * ```
 */
export function addUsage(one: Usage | undefined, other: Usage | undefined): Usage | undefined {
  if (!one || !other) return one ?? other;
  const sums = counts
    .filter((name) => one[name] !== undefined || other[name] !== undefined)
    .map((name) => [name, (one[name] ?? 0) + (other[name] ?? 0)]);

  return {
    ...(Object.fromEntries(sums) as Record<(typeof counts)[number], number>),
    ...((one.partial ?? other.partial) && { partial: true }),
  };
}

const counts = [
  'inputTokens',
  'outputTokens',
  'totalTokens',
  'thinkingTokens',
  'cachedInputTokens',
  'cacheWriteTokens',
] as const;
