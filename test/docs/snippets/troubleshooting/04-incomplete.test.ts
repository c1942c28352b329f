import { catchError, map, type Observable, of } from 'rxjs';
import type { RxllmError, StreamChunk } from 'rxllm';
import { collectResponse, retryStream } from 'rxllm/operators';
import { finish, inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

const tell = (chunks$: Observable<StreamChunk>) =>
  chunks$.pipe(
    collectResponse(),
    map(({ text, finishReason }) => `${text}: ${finishReason}`),
    catchError(({ partial, name }: RxllmError) => of(`${partial.text}: ${name}`)),
  );

it(
  'tells why an answer is not whole',
  inVirtualTime(({ fakeModel, expectObservable, flush }) => {
    const values = { f: finish('length') };
    // The model could not say more than maxTokens. Remedy: a larger maxTokens, or a shorter task.
    const short = fakeModel(['--H-e-f|'], { values });
    expectObservable(tell(short.stream('Hello'))).toBe('-------(r|)', { r: 'He: length' });

    // The connection broke. That is an error, never a short answer. Remedy: retryStream.
    const cut = fakeModel(['--H-#', '--H-#', '--H-i|']);
    expectObservable(tell(cut.stream('Hello'))).toBe('----(r|)', { r: 'H: StreamInterruptedError' });
    const again$ = cut.stream('Hello').pipe(retryStream({ delay: 4, random: () => 0 }));
    expectObservable(tell(again$)).toBe('-----------(r|)', { r: 'Hi: stop' });

    flush();
    expect(cut.calls).toHaveLength(3);
  }),
);
