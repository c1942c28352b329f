/** Reads an answer of a million deltas and looks at the heap on the way. */
import { setImmediate as turn } from 'node:timers/promises';
import { lastValueFrom, tap } from 'rxjs';
import { openaiChat } from 'rxllm/providers/openaiChat';
import { jsonPieces, render } from './bodies.ts';

const partial = process.argv[2] === 'true';
const deltas = 1_000_000;
const marks = [0.1, 0.25, 0.5, 0.75, 0.99].map((part) => Math.floor(deltas * part));
const { opening, pieces, closing } = render('chat', jsonPieces(4_000));
const encoder = new TextEncoder();

let sent = 0;
const body = new ReadableStream<Uint8Array>({
  async pull(controller) {
    if (sent === 0) controller.enqueue(encoder.encode(opening));
    const group: string[] = [];
    for (; group.length < 64 && sent < deltas; sent += 1) group.push(pieces[sent % pieces.length] ?? '');
    controller.enqueue(encoder.encode(group.join('')));
    if (sent % 6400 === 0) await turn();
    if (sent < deltas) return;
    controller.enqueue(encoder.encode(closing));
    controller.close();
  },
});
const model = openaiChat('gpt-5-mini', {
  apiKey: 'none',
  partial,
  fetch: () => Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } })),
});

const heap: number[] = [];
let count = 0;
let textLength = 0;
let before = 0;
await lastValueFrom(
  model.stream('Go on.').pipe(
    tap((chunk) => {
      if (chunk.type === 'text-delta') textLength += chunk.text.length;
      if (chunk.type === 'start') before = held();
      count += 1;
      if (marks.includes(count)) heap.push(held() - before);
    }),
  ),
);
console.log(JSON.stringify({ textLength, heap }));

function held(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
