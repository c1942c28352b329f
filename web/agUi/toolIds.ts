/** The id of a tool call as it stands in AG-UI, with the run, the step and the block before it. */
const wireId = /^rxllm:.*?:\d+:(\d+):(.*)$/s;

/**
 * The id by which AG-UI knows a tool call. A thread must not have the same one twice, and ours are unique within a model
 * call only: some servers count from 0 each time.
 */
export function toWireId(runId: string, step: number, block: number, toolCallId: string): string {
  return `rxllm:${runId}:${step}:${block}:${toolCallId}`;
}

/** The id that a call has here, of whoever's making the other one is. */
export function fromWireId(id: string): string {
  return wireId.exec(id)?.[2] ?? id;
}

/** The block of the call that an id of {@link toWireId} is of. */
export function blockOf(id: string): number {
  return Number(wireId.exec(id)?.[1]);
}
