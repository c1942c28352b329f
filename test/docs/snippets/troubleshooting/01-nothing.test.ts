import { tap } from 'rxjs';
import { selectText } from 'rxllm/operators';
import { inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

it(
  'asks nothing before somebody subscribes',
  inVirtualTime(({ fakeModel, flush }) => {
    const model = fakeModel(['--H-i|']);
    let shown = '';

    // The symptom: this line describes a request, and makes none.
    const text$ = model.stream('Say hi').pipe(
      selectText(),
      tap((text) => (shown += text)),
    );
    flush();
    expect(model.calls).toHaveLength(0);

    // The remedy.
    text$.subscribe();
    flush();
    expect(shown).toBe('Hi');
  }),
);
