import { context } from '@opentelemetry/api';
import { defer, type Observable, tap } from 'rxjs';
import type { StreamChunk } from '../../src/chunk.ts';
import type { KnownCall } from './callTrace.ts';
import { activeRun, outsideRuns, RunContext, subscribeWithin } from './context.ts';
import { StreamTrace } from './streamTrace.ts';
import { quietly, report, Telemetry, type TraceOptions } from './telemetry.ts';

/** Traces a stream; of a call that is known before, the span begins with it. */
export function observe(
  source: Observable<StreamChunk>,
  options: TraceOptions & { readonly agentName?: string },
  known?: KnownCall,
): Observable<StreamChunk> {
  return defer(() => {
    const begun = quietly(() => {
      const run = new StreamTrace(new Telemetry(options), context.active(), activeRun(), options.agentName);
      return { run, within: known ? outsideRuns(run.beginCall(known)) : new RunContext(run) };
    });
    if (!begun) return source;
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
    return subscribeWithin(within, traced);
  });
}
