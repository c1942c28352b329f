import type { FinishReason } from '../../src/chunk.ts';
import type { InvalidToolCallReason } from '../../src/message.ts';
import { wordTable } from '../../providers/wire/words.ts';

/** One event of the protocol; which fields there are depends on the type. */
export type UIEvent = Readonly<Record<string, unknown>> & { readonly type: string };

/** The event that holds a chunk of ours which the protocol has no words for. */
export const ownType = 'data-rxllm';

/** What the AI SDK calls why an answer has ended. */
export function toWord(reason: FinishReason): string {
  switch (reason) {
    case 'stop':
    case 'length':
    case 'content-filter':
    case 'tool-calls':
      return reason;
    case 'refusal':
      return 'content-filter';
    case 'pause':
      return 'tool-calls';
    default:
      return 'other';
  }
}

/** Why an answer has ended, by the word of the AI SDK. */
export const reasons = wordTable<FinishReason>({
  stop: 'stop',
  length: 'length',
  'content-filter': 'content-filter',
  'tool-calls': 'tool-calls',
  interrupted: 'aborted',
});

/** What people read where a call must not run. */
export const refusals: Readonly<Record<InvalidToolCallReason, string>> = {
  incomplete: 'The arguments were cut off',
  'invalid-json': 'The arguments are not valid JSON',
  'not-an-object': 'The arguments are not a JSON object',
};
