import { bufferTime, concatAll, distinctUntilChanged, filter, map, type OperatorFunction } from 'rxjs';
import type { StreamChunk } from 'rxllm';
import { bufferChunks, joinDeltas } from 'rxllm/operators';

/**
 * Emits what a screen reader is to say: whole sentences instead of tokens, and at most once a second.
 *
 * The text of a form is not read out; its fields are.
 */
export function announce(isForm: boolean): OperatorFunction<StreamChunk, string> {
  return (source) =>
    source.pipe(
      bufferChunks({ boundary: 'sentence' }),
      joinDeltas(),
      concatAll(),
      map((chunk) => toWords(chunk, isForm)),
      filter((words) => words !== ''),
      distinctUntilChanged(),
      bufferTime(1_000),
      filter(({ length }) => length > 0),
      map((all) => all.join(' ')),
    );
}

function toWords(chunk: StreamChunk, isForm: boolean): string {
  switch (chunk.type) {
    case 'thinking-delta':
      return 'Thinking.';
    case 'text-delta':
      return isForm ? 'Filling in the form.' : chunk.text.replace(/[*_#`>|]|^[ \t]*[-+]\s/gm, '').trim();
    case 'tool-call':
      return `Using ${chunk.toolName}.`;
    case 'tool-result':
      return chunk.isError ? `${chunk.toolName} failed.` : '';
    case 'run-finish':
      return chunk.reason === 'aborted' ? 'Stopped.' : isForm ? 'The form is filled in.' : 'Answer complete.';
    default:
      return '';
  }
}
