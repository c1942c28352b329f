import { defer, filter, map, type OperatorFunction } from 'rxjs';
import { checkOneOf } from '../../src/checkOptions.ts';
import type { ChunkOf, RestartChunk, StreamChunk } from '../../src/chunk.ts';
import { emptyPartial, type RestartAfterOutputError } from '../../src/errors.ts';
import { restartAfterOutput } from './restartAfterOutput.ts';

/** What {@link selectText} and {@link selectThinking} differ in. */
interface Selection {
  readonly owner: string;
  readonly type: 'text-delta' | 'thinking-delta';
  /** What goes between two blocks. */
  readonly separator: string;
}

type Delta = ChunkOf<Selection['type']>;

/** The strings of one kind of delta, and what to do when a restart voids some that have been delivered. */
export function selectDeltas(
  { owner, type, separator }: Selection,
  onRestart: 'fail' | 'repeat' = 'fail',
): OperatorFunction<StreamChunk, string> {
  checkOneOf(owner, 'onRestart', onRestart, ['fail', 'repeat']);

  return (source) =>
    defer(() => {
      /** The latest delta of the open call, and all that the call has delivered. */
      let last: Delta | undefined;
      let delivered = '';
      let isFirst = true;

      const select = (chunk: StreamChunk): string => {
        if (chunk.type === type) {
          if (chunk.text === '') return '';
          const text = isFirst || chunk.block === last?.block ? chunk.text : separator + chunk.text;
          if (onRestart === 'fail') delivered += last ? text : chunk.text;
          last = chunk;
          isFirst = false;
          return text;
        }
        if (chunk.type === 'restart' && last && onRestart === 'fail') throw tooLate(chunk, last, delivered);
        if (chunk.type === 'restart' || chunk.type === 'finish') {
          last = undefined;
          delivered = '';
        }
        return '';
      };

      return source.pipe(
        map(select),
        filter((text) => text !== ''),
      );
    });
}

function tooLate(restart: RestartChunk, last: Delta, text: string): RestartAfterOutputError {
  const isText = last.type === 'text-delta';
  const { usage } = restart;

  return restartAfterOutput(restart, isText ? 'text' : 'thinking', () => ({
    ...emptyPartial,
    [isText ? 'text' : 'thinking']: text,
    ...(usage && { usage }),
    message: {
      role: 'assistant',
      content: [isText ? { type: 'text', text } : { type: 'thinking', text, kind: last.kind }],
    },
  }));
}
