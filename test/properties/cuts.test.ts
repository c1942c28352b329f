import {
  array,
  asyncProperty,
  boolean,
  constantFrom,
  nat,
  oneof,
  option,
  property,
  record,
  string,
} from 'fast-check';
import { concatAll, lastValueFrom, VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  accumulateText,
  bufferChunks,
  joinDeltas,
  splitDeltas,
  splitThinking,
} from '../../operators/index.ts';
import { toErrorFacts } from '../../src/errors.ts';
import type { StreamChunk } from '../../src/index.ts';
import type { Wire } from '../providers/wires/wire.ts';
import { wires } from '../providers/wires.ts';
import { piece } from './calls.ts';
import { holds, holdsInTime } from './runs.ts';
import { play, run } from './virtual.ts';

/** A body as a server may send it. */
const answer = record({
  texts: array(oneof(piece, string({ unit: 'grapheme', maxLength: 9 })), { maxLength: 6 }),
  calls: boolean(),
  lineEnd: constantFrom('\n', '\r\n', '\r'),
  /** Behind which event something strange stands, and what. */
  strange: option(
    record({
      at: nat(8),
      line: constantFrom(': ping', '', 'garbage', '{"x"', '<html>', 'data: [DONE] ', 'event: x'),
    }),
  ),
  /** Where the body breaks off, in thousandths. */
  end: option(nat(1000)),
  maxEventLength: constantFrom(90, 200, 400, 2 ** 24),
});
type Answer = typeof answer extends { generate(...args: never[]): { readonly value: infer Value } }
  ? Value
  : never;

function bodyOf({ texts, calls, lineEnd, strange, end }: Answer, wire: Wire): Uint8Array {
  const events = calls
    ? [...wire.opening, ...wire.toolCall, ...wire.closingAfterTool]
    : [...wire.opening, ...texts.flatMap(wire.text), ...wire.closing];
  const frames = events.map(wire.frame);
  if (strange) frames.splice(strange.at, 0, `${strange.line}\n`);
  const bytes = new TextEncoder().encode((frames.join('') + wire.sentinel).replaceAll('\n', lineEnd));
  return end === null ? bytes : bytes.slice(0, Math.round((bytes.length * end) / 1000));
}

/** A body that arrives in pieces of the given sizes, the last size for all the rest. */
function streamOf(body: Uint8Array, sizes: readonly number[]): ReadableStream<Uint8Array> {
  let at = 0;
  let turn = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= body.length) {
        controller.close();
        return;
      }
      const size = sizes[Math.min(turn++, sizes.length - 1)] ?? body.length;
      controller.enqueue(body.slice(at, at + size));
      at += size;
    },
  });
}

/** Reads a body in pieces of the given sizes. */
async function read(
  body: Uint8Array,
  sizes: readonly number[],
  wire: Wire,
  maxEventLength: number,
): Promise<unknown> {
  const headers = { 'content-type': wire.contentType };
  // Made at the request and not kept here: an SDK keeps what it knows of a request until its body is garbage.
  const settings = {
    maxEventLength,
    fetch: () => Promise.resolve(new Response(streamOf(body, sizes), { headers })),
  };
  const chunks: StreamChunk[] = [];
  return new Promise((resolve) => {
    wire
      .create('http://127.0.0.1', settings)
      .stream('Hi')
      .subscribe({
        next: (chunk) => chunks.push(chunk),
        error: (error: unknown) => resolve({ chunks, error: toErrorFacts(error) }),
        complete: () => resolve({ chunks }),
      });
  });
}

describe('however the network cuts a body', () => {
  it.each(wires)('$name reads the same', async (wire) => {
    await holdsInTime(
      asyncProperty(
        answer,
        array(
          nat(40).map((size) => size + 1),
          { minLength: 1, maxLength: 30 },
        ),
        async (made, sizes) => {
          const body = bodyOf(made, wire);
          const whole = await read(body, [], wire, made.maxEventLength);

          expect(await read(body, sizes, wire, made.maxEventLength)).toEqual(whole);
        },
      ),
    );
  });
});

const text = array(piece, { maxLength: 20 }).map((pieces) => pieces.join(''));
const sizes = array(nat(6), { minLength: 1, maxLength: 40 });

/** A call that says a text in pieces of the given sizes, in turn. */
function saying(whole: string, lengths: readonly number[]): StreamChunk[] {
  const chunks: StreamChunk[] = [{ type: 'start', provider: 'test', model: 'test-1' }];
  for (let at = 0, turn = 0; at < whole.length; turn++) {
    const length = (lengths[turn % lengths.length] ?? 0) + (turn % 7 === 6 ? 1 : 0);
    chunks.push({ type: 'text-delta', text: whole.slice(at, at + length), block: 0 });
    at += length;
  }
  return [...chunks, { type: 'finish', reason: 'stop', metadata: {} }];
}

/** The pieces of a stream joined, block by block. */
function joined(
  stream: ReturnType<typeof play>,
  scheduler = new VirtualTimeScheduler(),
): readonly StreamChunk[] {
  return run(stream.pipe(bufferChunks({ characters: 1e6 }), joinDeltas(), concatAll()), scheduler).values;
}

describe('however the model cuts a text', () => {
  it('splitThinking tells the same thinking from the same text', () => {
    holds(
      property(text, sizes, boolean(), (whole, lengths, startsInside) => {
        const scheduler = new VirtualTimeScheduler();
        const split = (chunks: readonly StreamChunk[]) =>
          joined(play(chunks, scheduler).pipe(splitThinking({ startsInside })));

        expect(split(saying(whole, lengths))).toEqual(split(saying(whole, [whole.length || 1])));
      }),
    );
  });

  it('bufferChunks and joinDeltas, and splitDeltas behind them, keep every character', () => {
    const cut = record({
      by: oneof(
        constantFrom('grapheme' as const, 'word' as const),
        nat(5).map((n) => n + 1),
      ),
      interval: nat(2),
    });
    const batch = record({
      count: nat(5).map((n) => n + 1),
      time: nat(4),
      boundary: constantFrom('word' as const, 'sentence' as const, 'line' as const),
    });
    holds(
      property(text, sizes, cut, batch, (whole, lengths, by, limits) => {
        const scheduler = new VirtualTimeScheduler();
        const piped = play(saying(whole, lengths), scheduler, { isPaced: true }).pipe(
          bufferChunks({ ...limits, scheduler }),
          joinDeltas(),
          concatAll(),
          splitDeltas({ ...by, scheduler }),
        );
        const texts = run(piped, scheduler).values.map((chunk) =>
          chunk.type === 'text-delta' ? chunk.text : '',
        );

        expect(texts.join('')).toBe(whole);
        if (by.by === 'grapheme') expect(texts.join('|')).not.toMatch(/^[\udc00-\udfff]\|/u);
      }),
    );
  });

  it('accumulateText ends with the whole text', async () => {
    await holdsInTime(
      asyncProperty(text, sizes, async (whole, lengths) => {
        const scheduler = new VirtualTimeScheduler();
        const last = lastValueFrom(play(saying(whole, lengths), scheduler).pipe(accumulateText()), {
          defaultValue: '',
        });

        expect(await last).toBe(whole);
      }),
    );
  });
});
