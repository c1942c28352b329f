import {
  context,
  diag,
  DiagLogLevel,
  type DiagLogger,
  type Histogram,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { lastValueFrom, NEVER, of, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { agent } from '../../../agents/agent.ts';
import { traceModel, traceStream, traceTools } from '../../../integrations/opentelemetry.ts';
import type { StreamChunk } from '../../../src/index.ts';
import { tool } from '../../../src/tool.ts';
import { finish, toolCall } from '../../../testing/index.ts';
import { z } from 'zod';
import { syncModel } from '../../agents/runs.ts';
import { chunks } from '../../chunks.ts';
import { recorder, tracedBy } from './traces.ts';

const add = tool({ name: 'add', parameters: z.object({}), execute: () => 3 });
const answers = (call: number) => (call === 1 ? [...toolCall('add'), finish()] : [finish()]);
const fail = () => {
  throw new Error('telemetry');
};

const complaints: unknown[][] = [];

beforeEach(() => {
  complaints.length = 0;
  const error: DiagLogger['error'] = (...words) => void complaints.push(words);
  const ignore = () => undefined;
  diag.setLogger({ error, warn: ignore, info: ignore, debug: ignore, verbose: ignore }, DiagLogLevel.ERROR);
});

afterEach(() => diag.disable());

/** A span of which one method throws. */
function brokenSpan(method: keyof Span): Span {
  const span = recorder().tracerProvider.getTracer('test').startSpan('x');
  return Object.assign(span, { [method]: fail });
}

const tracers: Record<string, () => Tracer> = {
  getTracer: fail,
  startSpan: () => ({ startSpan: fail, startActiveSpan: fail }),
  setAttributes: () => ({ startSpan: () => brokenSpan('setAttributes'), startActiveSpan: fail }),
  end: () => ({ startSpan: () => brokenSpan('end'), startActiveSpan: fail }),
};

describe('telemetry that fails', () => {
  it.each(Object.entries(tracers))(
    'does not reach the run, where %s throws; diag is told',
    async (_, getTracer) => {
      const options = { tracerProvider: { getTracer }, agentName: 'a' };
      const model = traceModel(syncModel(answers), options);
      const traced = agent({ name: 'a', model, tools: traceTools([add], options) });
      const plain = agent({ name: 'a', model: syncModel(answers), tools: [add] });
      const run = await lastValueFrom(traced.stream('Hi').pipe(traceStream(options), toArray()));
      const expected = await lastValueFrom(plain.stream('Hi').pipe(toArray()));

      expect(run.map(withoutTime)).toEqual(expected.map(withoutTime));
      expect(complaints[0]).toEqual(['rxllm: a stream could not be traced', new Error('telemetry')]);
    },
  );

  it.each(Object.entries(tracers))(
    'does not reach a subscriber that leaves, where %s throws',
    (_, getTracer) => {
      const source = of(...Object.values(chunks));
      const seen: StreamChunk[] = [];
      const subscription = source
        .pipe(traceStream({ tracerProvider: { getTracer } }))
        .subscribe((chunk) => seen.push(chunk));
      subscription.unsubscribe();

      expect(seen).toEqual(Object.values(chunks));
    },
  );

  it('loses no span where only the metrics fail', () => {
    const sdk = recorder();
    const broken = { record: fail } as unknown as Histogram;
    const meterProvider = { getMeter: () => ({ createHistogram: () => broken }) as never };
    of(chunks.s, chunks.a, chunks.b, chunks.f)
      .pipe(traceStream({ ...tracedBy(sdk), meterProvider }))
      .subscribe();

    expect(sdk.names).toEqual(['chat test-1']);
  });
});

describe('without an SDK', () => {
  it('all passes as it is', async () => {
    const run = agent({ model: traceModel(syncModel(answers)), tools: traceTools([add]) }).stream('Hi');
    const plain = agent({ model: syncModel(answers), tools: [add] }).stream('Hi');
    const traced = await lastValueFrom(run.pipe(traceStream(), toArray()));
    const expected = await lastValueFrom(plain.pipe(toArray()));

    expect(traced.map(withoutTime)).toEqual(expected.map(withoutTime));
    expect(complaints).toEqual([]);
  });

  it('nothing is written of what was said', () => {
    const redact = vi.fn<(content: unknown) => unknown>();
    of(chunks.s, chunks.a, chunks.f)
      .pipe(traceStream({ content: true, redact }))
      .subscribe();

    expect(redact).not.toHaveBeenCalled();
  });

  it('a source that is left is left, in any context', () => {
    const subscription = NEVER.pipe(traceStream()).subscribe();
    context.with(context.active(), () => subscription.unsubscribe());

    expect(subscription.closed).toBe(true);
  });
});

function withoutTime(chunk: StreamChunk): unknown {
  const { durationMs: _, ...rest } = chunk as StreamChunk & { readonly durationMs?: number };
  return rest;
}
