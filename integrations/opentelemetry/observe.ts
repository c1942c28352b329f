import { context } from '@opentelemetry/api';
import { Observable, type Subscription, tap } from 'rxjs';
import type { StreamChunk } from '../../src/chunk.ts';
import type { KnownCall } from './callTrace.ts';
import { activeRun, outsideRuns, RunContext } from './context.ts';
import { StreamTrace } from './streamTrace.ts';
import { quietly, report, Telemetry } from './telemetry.ts';
import type { TraceStreamOptions } from './traceStream.ts';

/** Traces a stream; of a call that is known before, the span begins with it. */
export function observe(
  source: Observable<StreamChunk>,
  options: TraceStreamOptions,
  known?: KnownCall,
): Observable<StreamChunk> {
  // Subscribed to within a context, which no composition does.
  return new Observable((subscriber): Subscription => {
    const begun = quietly(() => {
      const parent = context.active();
      const run = new StreamTrace(new Telemetry(options), parent, activeRun(), options.agentName);
      return { run, within: known ? outsideRuns(run.beginCall(known)) : new RunContext(run) };
    });
    if (!begun) return source.subscribe(subscriber);
    const { run, within } = begun;
    const traced = source.pipe(
      tap({
        next: (chunk) => {
          try {
            run.take(chunk);
          } catch (error) {
            report(error);
          }
        },
        error: (error: unknown) => run.fail(error),
        complete: () => run.complete(),
        unsubscribe: () => run.unsubscribe(),
      }),
    );
    return context.with(within, () => traced.subscribe(subscriber));
  });
}
