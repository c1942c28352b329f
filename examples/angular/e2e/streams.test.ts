import { concat, EMPTY, from, lastValueFrom, type Observable, of, Subject, throwError, toArray } from 'rxjs';
import { type StreamChunk, StreamInterruptedError } from 'rxllm';
import { describe, expect, it } from 'vitest';
import { accumulateAnswer, type Answer } from '../src/app/streams/accumulateAnswer.ts';
import { announce } from '../src/app/streams/announce.ts';
import { toState } from '../src/app/streams/toState.ts';

const start: StreamChunk = { type: 'start', provider: 'test', model: 'test' };
const text = (said: string, block = 0): StreamChunk => ({ type: 'text-delta', text: said, block });
const finish = (reason: 'stop' | 'tool-calls' | 'aborted' = 'stop'): StreamChunk => ({
  type: 'finish',
  reason,
  metadata: {},
});
const runFinish: StreamChunk = { type: 'run-finish', reason: 'stop', durationMs: 5, rounds: 1, cost: 0.1 };
const all = <T>(source: Observable<T>): Promise<T[]> => lastValueFrom(source.pipe(toArray()));

describe('toState', () => {
  it('tells loading, each value, and the end', async () => {
    expect(await all(of('a', 'b').pipe(toState()))).toEqual([
      { status: 'loading' },
      { status: 'streaming', value: 'a' },
      { status: 'streaming', value: 'b' },
      { status: 'done', value: 'b' },
    ]);
  });

  it('keeps the value and the partial when an error comes, and completes', async () => {
    const partial = {
      text: 'so far',
      thinking: '',
      refusal: '',
      toolCalls: [],
      invalidToolCalls: [],
      message: { role: 'assistant', content: [] },
    } as const;
    const error = new StreamInterruptedError('cut', { partial: () => partial });

    expect(
      (
        await all(
          concat(
            of('a'),
            throwError(() => error),
          ).pipe(toState()),
        )
      ).at(-1),
    ).toEqual({
      status: 'error',
      value: 'a',
      error,
      partial,
    });
  });

  it('is done where nothing comes, and takes any error', async () => {
    expect((await all(EMPTY.pipe(toState()))).at(-1)).toEqual({ status: 'done' });
    expect((await all(throwError(() => 'oh').pipe(toState()))).at(-1)).toEqual({
      status: 'error',
      error: 'oh',
    });
  });

  it('leaves the source when it is left', () => {
    const source = new Subject<string>();
    source.pipe(toState()).subscribe().unsubscribe();

    expect(source.observed).toBe(false);
  });
});

describe('accumulateAnswer', () => {
  const answerTo = (...chunks: readonly StreamChunk[]): Promise<Answer> =>
    lastValueFrom(from(chunks).pipe(accumulateAnswer()));
  const call: StreamChunk = {
    type: 'tool-call',
    toolCallId: '1',
    toolName: 'weather',
    arguments: { city: 'Bern' },
    block: 0,
  };
  const calling = [start, { ...call, type: 'tool-call-start' } as StreamChunk, call, finish('tool-calls')];
  const progress: StreamChunk = {
    type: 'tool-progress',
    toolCallId: '1',
    toolName: 'weather',
    value: 'half',
  };
  const result: StreamChunk = {
    type: 'tool-result',
    toolCallId: '1',
    toolName: 'weather',
    result: 'snow',
    isError: false,
    durationMs: 1,
  };
  const running = { type: 'tool', name: 'weather', arguments: { city: 'Bern' }, status: 'running' };

  it('tells how far a tool is, and what came of it', async () => {
    expect((await answerTo(...calling)).parts).toEqual([running]);
    expect((await answerTo(...calling, progress)).parts).toEqual([{ ...running, progress: 'half' }]);
    expect((await answerTo(...calling, progress, result)).parts).toEqual([
      { ...running, status: 'done', progress: 'half', result: 'snow' },
    ]);
    expect((await answerTo(...calling, { ...result, isError: true })).parts).toMatchObject([
      { status: 'failed' },
    ]);
  });

  it('puts the rounds one behind the other', async () => {
    const { parts } = await answerTo(...calling, result, start, text('Take a coat.'), finish());

    expect(parts.map(({ type }) => type)).toEqual(['tool', 'text']);
  });

  it('takes back what a restart voids, and nothing else', async () => {
    const restart: StreamChunk = {
      type: 'restart',
      attempt: 2,
      maxAttempts: 3,
      delayMs: 0,
      error: { name: 'ProviderError', message: 'cut', retryable: true },
    };
    const { parts } = await answerTo(
      ...calling,
      result,
      start,
      text('Take'),
      restart,
      start,
      text('No coat.'),
      finish(),
    );

    expect(parts.slice(1)).toEqual([{ type: 'text', text: 'No coat.' }]);
  });

  it('keeps the messages, and how the run ended', async () => {
    const message = { role: 'assistant', content: 'Hi' } as const;
    const answer = await answerTo(start, text('Hi'), finish(), { type: 'message', message }, runFinish);

    expect(answer.messages).toEqual([message]);
    expect(answer.end).toEqual({ reason: 'stop', durationMs: 5, cost: 0.1 });
  });
});

describe('announce', () => {
  const told = async (isForm: boolean, ...chunks: readonly StreamChunk[]) =>
    (await all(from(chunks).pipe(announce(isForm)))).join('|');

  it('says sentences without the signs of Markdown', async () => {
    const words = '# Bern\n\n**Take** a coat. It `snows`.'.split(/(?<= )/).map((word) => text(word));

    expect(await told(false, start, ...words, finish(), runFinish)).toBe(
      'Bern Take a coat. It snows. Answer complete.',
    );
  });

  it('says once that the model thinks', async () => {
    const thoughts = ['One. ', 'Two. '].map((thought): StreamChunk => ({
      type: 'thinking-delta',
      text: thought,
      block: 0,
      kind: 'thinking',
    }));

    expect(await told(false, start, ...thoughts, text('Yes.', 1), finish())).toBe('Thinking. Yes.');
  });

  it('does not read the text of a form', async () => {
    expect(await told(true, start, text('{"a":"One. Two. "'), text('}'), finish(), runFinish)).toBe(
      'Filling in the form. The form is filled in.',
    );
  });

  it('says that it was stopped', async () => {
    expect(await told(false, start, text('On'), finish('aborted'), { ...runFinish, reason: 'aborted' })).toBe(
      'On Stopped.',
    );
  });
});
