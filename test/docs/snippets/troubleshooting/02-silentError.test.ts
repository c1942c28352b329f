import { config } from 'rxjs';
import type { RxllmError } from 'rxllm';
import { selectText } from 'rxllm/operators';
import { inVirtualTime } from 'rxllm/testing';
import { expect, it, onTestFinished } from 'vitest';

it(
  'tells of an error only where there is an error callback',
  inVirtualTime(({ fakeModel, flush }) => {
    const model = fakeModel(['--H-#', '--H-#']);
    const unhandled: Error[] = [];
    config.onUnhandledError = (error: Error) => unhandled.push(error);
    onTestFinished(() => void (config.onUnhandledError = null));
    let page = '';

    // The symptom: the text stops. RxJS reports the error, but not to you.
    model
      .stream('Say hi')
      .pipe(selectText())
      .subscribe((text) => (page += text));
    flush();
    expect(page).toBe('H');
    expect(unhandled).toMatchObject([{ name: 'StreamInterruptedError' }]);

    // The remedy.
    model
      .stream('Say hi')
      .pipe(selectText())
      .subscribe({
        next: (text) => (page += text),
        error: ({ name, partial }: RxllmError) => (page = `${partial.text}… (${name})`),
      });
    flush();
    expect(page).toBe('H… (StreamInterruptedError)');
  }),
);
