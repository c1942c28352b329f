import { TestScheduler } from 'rxjs/testing';
import { StreamInterruptedError } from '../../src/errors.ts';
import type { ChunkValues } from '../../testing/index.ts';
import { ChunkWriter } from '../../testing/chunkWriter.ts';
import { toDraft, toList } from './meanings.ts';
import type { TimelineDiagram } from './readTimeline.ts';
import type { RecordedMark } from './recordedRow.ts';

/** The model that diagrams tell of. */
export const origin = { provider: 'openai', model: 'gpt-5-mini' };

/**
 * The notifications of an input. Other than in tests nothing is added: what is not drawn does not happen.
 *
 * Where no letter is a `start`, there are no chunks, and a letter is the value itself.
 */
export function readMarks(
  marbles: string,
  { meanings }: TimelineDiagram,
  values: ChunkValues = {},
): RecordedMark[] {
  const writer = new ChunkWriter(origin);
  const hasChunks = [...meanings.values()].flat().some(({ facts }) => facts.includes('start'));

  const write = (letter: string, frame: number): readonly unknown[] => {
    const draft = values[letter] ?? (hasChunks ? toDraft(letter, meanings.get(letter) ?? []) : undefined);
    if (draft === undefined) return [letter];
    return [draft].flat().map((each) => {
      const [chunk, ...others] = writer.write(each, frame);
      if (others.length > 0) throw new Error(`'${letter}' stands outside of a call in '${marbles}'`);
      return chunk;
    });
  };

  return TestScheduler.parseMarbles(marbles, undefined, undefined, undefined, true).map((message) => {
    const { frame, notification } = message;
    if (notification.kind === 'C') return { letter: '|', frame, messages: [message] };
    if (notification.kind === 'E') {
      const { partial } = writer;
      const details = { provider: origin.provider, partial: () => partial };
      const error = new StreamInterruptedError('The answer broke off', details);
      return { letter: '#', frame, messages: [{ frame, notification: { kind: 'E', error } }] };
    }
    const letter = notification.value as string;
    const list = toList(meanings.get(letter) ?? []);
    const all = list ? [list.flatMap((each) => write(each, frame))] : write(letter, frame);
    return {
      letter,
      frame,
      messages: all.map((value) => ({ frame, notification: { kind: 'N' as const, value } })),
    };
  });
}
