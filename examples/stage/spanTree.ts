import type { HrTime } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';

/** How many characters the longest span is wide. */
const width = 40;

/** Spans as a tree with bars, as backends for traces show them: a line for each, those within it below. */
export function drawSpans(spans: readonly ReadableSpan[]): string {
  const begin = Math.min(...spans.map(({ startTime }) => toMilliseconds(startTime)));
  const end = Math.max(...spans.map(({ endTime }) => toMilliseconds(endTime)));
  const toColumn = (time: HrTime) =>
    Math.round(((toMilliseconds(time) - begin) / Math.max(end - begin, 1)) * width);
  const lines = nest(spans);
  const longest = Math.max(...lines.map(({ label }) => label.length));

  return lines
    .map(({ label, span }) => {
      const from = toColumn(span.startTime);
      const bar = ' '.repeat(from) + '━'.repeat(Math.max(toColumn(span.endTime) - from, 1));
      return `${label.padEnd(longest)}  ${bar.padEnd(width + 1)}  ${describe(span)}\n`;
    })
    .join('');
}

interface Line {
  readonly label: string;
  readonly span: ReadableSpan;
}

function nest(spans: readonly ReadableSpan[], parent?: ReadableSpan, indent = ''): Line[] {
  const ids = new Set(spans.map((span) => span.spanContext().spanId));
  return spans
    .filter(({ parentSpanContext: { spanId = '' } = {} }) =>
      parent ? spanId === parent.spanContext().spanId : !ids.has(spanId),
    )
    .sort((one, other) => toMilliseconds(one.startTime) - toMilliseconds(other.startTime))
    .flatMap((span) => [{ label: indent + span.name, span }, ...nest(spans, span, `${indent}  `)]);
}

/** How long it took, and what it used. */
function describe({ duration, attributes }: ReadableSpan): string {
  const { 'gen_ai.usage.input_tokens': input, 'gen_ai.usage.output_tokens': output } = attributes;
  const tokens = input === undefined ? '' : `, ${String(input)} + ${String(output)} tokens`;
  return `${Math.round(toMilliseconds(duration))} ms${tokens}`;
}

function toMilliseconds([seconds, nanoseconds]: HrTime): number {
  return seconds * 1_000 + nanoseconds / 1_000_000;
}
