import type { Attributes, HrTime } from '@opentelemetry/api';
import {
  AggregationTemporality,
  type DataPoint,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import type { MonoTypeOperatorFunction, SchedulerLike } from 'rxjs';
import {
  type TraceOptions,
  traceStream,
  type TraceStreamOptions,
} from '../../../integrations/opentelemetry.ts';
import type { StreamChunk } from '../../../src/chunk.ts';

/** An SDK that keeps what it is told. */
export interface Recorder {
  readonly tracerProvider: BasicTracerProvider;
  readonly meterProvider: MeterProvider;
  /** How often spans were begun and ended. */
  readonly counts: { begun: number; ended: number };
  /** The spans that have ended, each before those within. */
  readonly spans: readonly ReadableSpan[];
  /** The spans as a tree: `chat test-1 0-4`, in milliseconds, a step to the right for each parent. */
  readonly tree: readonly string[];
  /** The tree without times, in the order in which the spans were made: for tests in real time. */
  readonly names: readonly string[];
  /** The attributes of the only span of that name. */
  attributesOf(name: string): Attributes;
  /** What a histogram was told, a line for each set of attributes. */
  histogram(name: string): Promise<readonly DataPoint<Histogram>[]>;
}

/** Makes an SDK in memory. */
export function recorder(): Recorder {
  const exporter = new InMemorySpanExporter();
  const counts = { begun: 0, ended: 0 };
  const order: string[] = [];
  const counter: SpanProcessor = {
    onStart: (span) => {
      counts.begun += 1;
      order.push(span.spanContext().spanId);
    },
    onEnd: () => void (counts.ended += 1),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  // It exports when it is told to; the timer of an hour does not keep a process.
  const reader = new PeriodicExportingMetricReader({
    exporter: metricExporter,
    exportIntervalMillis: 3_600_000,
  });
  const tracerProvider = new BasicTracerProvider({
    spanProcessors: [counter, new SimpleSpanProcessor(exporter)],
  });
  const numberOf = (span: ReadableSpan) => order.indexOf(span.spanContext().spanId);
  const inOrderOfBeginning = () =>
    exporter.getFinishedSpans().toSorted((one, other) => numberOf(one) - numberOf(other));
  const nested = () =>
    nest(
      inOrderOfBeginning().sort(
        (one, other) => toMilliseconds(one.startTime) - toMilliseconds(other.startTime),
      ),
    );

  return {
    tracerProvider,
    meterProvider: new MeterProvider({ readers: [reader] }),
    counts,
    get spans() {
      return nested().map(({ span }) => span);
    },
    get tree() {
      return nested().map(({ span: { name, startTime, endTime }, depth }) => {
        const line = `${name} ${toMilliseconds(startTime)}-${toMilliseconds(endTime)}`;
        return `${'  '.repeat(depth)}${line}`;
      });
    },
    get names() {
      return nest(inOrderOfBeginning()).map(({ span: { name }, depth }) => `${'  '.repeat(depth)}${name}`);
    },
    attributesOf(name) {
      const found = exporter.getFinishedSpans().filter((span) => span.name === name);
      if (found.length !== 1) throw new Error(`${found.length} spans have the name ${name}`);
      return found[0]?.attributes ?? {};
    },
    async histogram(name) {
      metricExporter.reset();
      await reader.forceFlush();
      const told = metricExporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics);
      const found = told
        .flatMap(({ metrics }) => metrics)
        .filter(({ descriptor }) => descriptor.name === name);
      return found.flatMap(({ dataPoints }) => dataPoints as DataPoint<Histogram>[]);
    },
  };
}

/** Options by which something is told to the recorder, in virtual time. */
export function tracedBy(
  { tracerProvider, meterProvider }: Recorder,
  scheduler?: SchedulerLike,
): Required<Pick<TraceOptions, 'tracerProvider' | 'meterProvider'>> & Pick<TraceOptions, 'scheduler'> {
  return { tracerProvider, meterProvider, ...(scheduler && { scheduler }) };
}

/** An SDK, and the operator that tells it in virtual time. */
export function tracing(
  { scheduler }: { readonly scheduler: SchedulerLike },
  options: TraceStreamOptions = {},
): { readonly sdk: Recorder; readonly trace: MonoTypeOperatorFunction<StreamChunk> } {
  const sdk = recorder();
  return { sdk, trace: traceStream({ ...tracedBy(sdk, scheduler), ...options }) };
}

/** The names of spans with what ended them: of those that went well nothing. */
export function endsOf(spans: readonly ReadableSpan[]): readonly string[] {
  return spans.map(({ name, attributes }) =>
    [name, attributes['error.type'], attributes['rxllm.ended_by']]
      .filter((word) => word !== undefined)
      .join(' '),
  );
}

export function toMilliseconds([seconds, nanoseconds]: HrTime): number {
  return seconds * 1_000 + nanoseconds / 1_000_000;
}

/** The spans with how deep they stand, each before those within. */
function nest(spans: readonly ReadableSpan[], parent?: ReadableSpan, depth = 0): Nested[] {
  const ids = new Set(spans.map((span) => span.spanContext().spanId));
  return spans
    .filter(({ parentSpanContext: { spanId = '' } = {} }) =>
      parent ? spanId === parent.spanContext().spanId : !ids.has(spanId),
    )
    .flatMap((span) => [{ span, depth }, ...nest(spans, span, depth + 1)]);
}

interface Nested {
  readonly span: ReadableSpan;
  readonly depth: number;
}
