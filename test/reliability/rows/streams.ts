import type { Expected, Fault } from '../fault.ts';
import { body, framed, gzipBroken, gzipCut, open, opening, rest } from '../plays.ts';

const interrupted: Expected = {
  ends: 'StreamInterruptedError',
  retryable: true,
  kept: 'Hel',
  connection: 'closed',
};
const nothing: Expected = { ...interrupted, kept: '' };
const wrong: Expected = { ends: 'ProviderError', retryable: false, kept: 'Hel', connection: 'closed' };

/** Streams that break. */
export const streams: readonly Fault[] = [
  {
    name: 'reset in mid-stream',
    play: open(opening, ({ socket }) => socket.resetAndDestroy()),
    expected: interrupted,
  },
  {
    name: 'TLS: cut in mid-stream',
    at: 'TLS server',
    play: open(opening, ({ socket }) => socket.destroy()),
    expected: interrupted,
  },
  {
    name: 'closed in the middle of a chunk',
    play: open(opening, ({ socket }) => socket.end('ff\r\n{"x')),
    expected: interrupted,
  },
  {
    name: 'damaged in the middle of a chunk',
    play: open(opening, ({ socket }) => socket.write('zz\r\n')),
    expected: interrupted,
  },
  {
    name: 'clean end without a finish',
    play: body(opening),
    expected: { ...interrupted, connection: 'kept' },
  },
  {
    name: 'clean end in the middle of a line',
    play: body((wire) => opening(wire) + framed(wire, wire.text('lo')).slice(0, -12)),
    expected: { ...interrupted, connection: 'kept' },
  },
  {
    name: 'clean end in the middle of a tool call',
    play: body((wire) => framed(wire, [...wire.opening, ...wire.toolCall.slice(0, 3)])),
    expected: { ...nothing, connection: 'kept' },
  },
  {
    name: 'gzip that is cut',
    play: body(gzipCut, { 'content-encoding': 'gzip' }),
    expected: { ...interrupted, connection: 'kept' },
  },
  {
    name: 'gzip that is damaged',
    play: body(gzipBroken, { 'content-encoding': 'gzip' }),
    // The last byte may have come before the first is found to be wrong.
    expected: { ...nothing, connection: 'either' },
  },
  {
    name: 'an event that is no JSON',
    play: open((wire) => opening(wire) + framed(wire, wire.text('lo')).replace('{', '{{')),
    expected: { ...wrong, code: 'malformed-event', retryable: true },
  },
  {
    name: 'an event of more than `maxEventLength`',
    settings: { maxEventLength: 4000 },
    play: open((wire) => opening(wire) + framed(wire, wire.text('x'.repeat(5000)))),
    expected: { ...wrong, code: 'event-too-large', says: '4000 characters' },
  },
  {
    name: 'a line without end',
    settings: { maxEventLength: 4000 },
    play: open((wire) => opening(wire) + framed(wire, wire.text('x'.repeat(5000))).slice(0, 4500)),
    expected: { ...wrong, code: 'event-too-large' },
  },
  {
    name: 'an error event in the stream',
    play: open((wire) => opening(wire) + framed(wire, [wire.errorEvent])),
    expected: { ...wrong, retryable: true, says: 'server overloaded' },
    but: {
      openai: { code: 'server_error' },
      openaiChat: { code: 'server_error' },
      anthropic: { code: 'overloaded_error' },
    },
  },
  {
    name: '`response.failed`',
    only: ['openai'],
    play: open(
      (wire) =>
        opening(wire) +
        framed(wire, [
          {
            type: 'response.failed',
            response: { status: 'failed', error: { code: 'server_error', message: 'server overloaded' } },
          },
        ]),
    ),
    expected: { ...wrong, code: 'server_error', retryable: true, says: 'server overloaded' },
  },
  {
    name: '`response.incomplete`',
    only: ['openai'],
    play: body(
      (wire) =>
        opening(wire) +
        framed(wire, [
          {
            type: 'response.incomplete',
            response: { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
          },
        ]),
    ),
    expected: { ends: 'finish: length', kept: 'Hel', connection: 'kept' },
  },
  {
    name: 'an error behind the finish reason',
    only: ['openaiChat'],
    play: open((wire) => opening(wire) + framed(wire, [...wire.closing, wire.errorEvent])),
    expected: { ...wrong, code: 'server_error', retryable: true },
  },
  {
    name: 'open behind the end of the answer',
    play: open((wire) => opening(wire) + rest(wire)),
    expected: { ends: 'finish: stop', kept: 'Hello', connection: 'closed' },
  },
];
