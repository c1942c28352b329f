import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { take } from 'rxjs';
import { traceStream } from 'rxllm/integrations/opentelemetry';
import { retryStream, withTimeout } from 'rxllm/operators';
import { inVirtualTime } from 'rxllm/testing';
import { afterEach, expect, it } from 'vitest';

const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });

afterEach(() => exporter.reset());

it(
  'tells a retry as an event of the call, with what went wrong',
  inVirtualTime(({ fakeModel, flush }) => {
    const model = fakeModel(['--H-----', '--H-i|']);
    model
      .stream('Hello')
      .pipe(withTimeout({ each: 4 }), retryStream({ delay: 0 }), traceStream({ tracerProvider }))
      .subscribe();
    flush();

    const [call] = exporter.getFinishedSpans();
    expect(call?.duration).toEqual([0, 11_000_000]);
    expect(call?.events).toMatchObject([
      {
        name: 'rxllm.restart',
        time: [0, 6_000_000],
        attributes: { 'rxllm.restart.attempt': 2, 'error.type': 'StreamTimeoutError' },
      },
    ]);
  }),
);

it(
  'tells who left from what failed',
  inVirtualTime(({ fakeModel, flush }) => {
    const model = fakeModel(['--H-i--', '--H-#']);
    const answer = model.stream('Hello').pipe(traceStream({ tracerProvider }));
    answer.pipe(take(2)).subscribe();
    answer.subscribe({ error: () => 'shown to the user' });
    flush();

    expect(exporter.getFinishedSpans().map(({ attributes }) => attributes)).toMatchObject([
      { 'rxllm.ended_by': 'unsubscribe' },
      { 'error.type': 'StreamInterruptedError' },
    ]);
  }),
);
