/** One event of AG-UI; which fields there are depends on the type. */
export type AgUiEvent = Readonly<Record<string, unknown>> & { readonly type: string };

/** The name of the custom events that hold a chunk of ours which the protocol has no words for. */
export const ownName = 'rxllm';
