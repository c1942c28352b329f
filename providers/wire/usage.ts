import type { Usage } from '../../src/usage.ts';

/** Token counts as a server tells them: any may be missing or null. */
export type WireCounts = {
  readonly [Name in keyof Omit<Usage, 'raw' | 'partial'>]?: number | null | undefined;
};

/** A usage of what a server told; `totalTokens` is added up where it did not tell. */
export function toUsage(counts: WireCounts, raw: unknown): Usage {
  const { inputTokens, outputTokens, totalTokens, ...parts } = counts;
  const input = inputTokens ?? 0;
  const output = outputTokens ?? 0;
  const told = Object.entries(parts).filter(([, count]) => count !== undefined && count !== null);

  return {
    inputTokens: input,
    outputTokens: output,
    totalTokens: totalTokens ?? input + output,
    ...(Object.fromEntries(told) as Partial<Usage>),
    raw,
  };
}
