import type { Expected, Fault } from '../fault.ts';
import { body, dripping, opening, plain, raw, redirect, rest, status } from '../plays.ts';

const interrupted: Expected = {
  ends: 'StreamInterruptedError',
  retryable: true,
  kept: 'Hel',
  connection: 'closed',
};
const nothing: Expected = { ...interrupted, kept: '' };
const refused: Expected = { ends: 'ProviderError', retryable: false, connection: 'kept' };
const refusedForNow: Expected = { ...refused, retryable: true };
const chat = ['openai', 'openaiChat'];

/** Answers that are no stream. */
export const answers: readonly Fault[] = [
  ...[400, 401, 403, 404, 413, 422].map((code): Fault => ({
    name: `HTTP ${code}`,
    play: status(code),
    expected: { ...refused, status: code, says: 'slow down' },
  })),
  ...[408, 409, 429, 500, 502, 503, 529].map((code): Fault => ({
    name: `HTTP ${code}`,
    play: status(code),
    expected: { ...refusedForNow, status: code, says: 'slow down' },
  })),
  {
    name: 'HTTP 429, `Retry-After` in seconds',
    play: status(429, { 'retry-after': '2' }),
    expected: { ...refusedForNow, status: 429, retryAfter: 2000 },
  },
  {
    name: 'HTTP 429, `Retry-After` as a date',
    play: status(429, {
      'retry-after': 'Sat, 01 Jan 2028 00:00:30 GMT',
      date: 'Sat, 01 Jan 2028 00:00:00 GMT',
    }),
    expected: { ...refusedForNow, status: 429, retryAfter: 30_000 },
  },
  {
    name: 'HTTP 429, `Retry-After` as a date, no `Date`',
    play: status(429, { 'retry-after': 'Sat, 01 Jan 2028 00:00:30 GMT', date: undefined }),
    expected: { ...refusedForNow, status: 429, retryAt: Date.UTC(2028, 0, 1, 0, 0, 30) },
  },
  {
    name: 'HTTP 429, `Retry-After` as a date that has passed',
    play: status(429, {
      'retry-after': 'Sat, 01 Jan 2028 00:00:00 GMT',
      date: 'Sat, 01 Jan 2028 00:00:30 GMT',
    }),
    expected: { ...refusedForNow, status: 429, retryAfter: 0 },
  },
  {
    name: 'HTTP 429, `Retry-After-Ms`',
    play: status(429, { 'retry-after-ms': '1500', 'retry-after': '2' }),
    expected: { ...refusedForNow, status: 429, retryAfter: 1500 },
  },
  {
    name: 'HTTP 429, `Retry-After` of three years',
    play: status(429, { 'retry-after': '99999999' }),
    expected: { ...refusedForNow, status: 429, retryAfter: 99_999_999_000 },
  },
  {
    name: 'HTTP 429, `Retry-After` beyond all numbers',
    play: status(429, { 'retry-after': '9'.repeat(400) }),
    expected: { ...refusedForNow, status: 429 },
  },
  {
    name: 'HTTP 429, `Retry-After: soon`',
    play: status(429, { 'retry-after': 'soon' }),
    expected: { ...refusedForNow, status: 429 },
  },
  {
    name: 'HTTP 429, `Retry-After: -1`',
    play: status(429, { 'retry-after': '-1' }),
    expected: { ...refusedForNow, status: 429 },
  },
  {
    name: 'HTTP 429, the quota is used up',
    play: status(429, {}, 'insufficient_quota'),
    only: chat,
    expected: { ...refused, status: 429, code: 'insufficient_quota' },
  },
  {
    name: 'HTTP 500, `x-should-retry: false`',
    play: status(500, { 'x-should-retry': 'false' }),
    expected: { ...refused, status: 500 },
  },
  {
    name: 'HTTP 503, a page of HTML',
    play: plain(
      503,
      { 'content-type': 'text/html' },
      '<!DOCTYPE html><html><head><title>503 Service Unavailable</title><style>a{}</style></head><body><h1>Down</h1></body></html>',
    ),
    expected: { ...refusedForNow, status: 503, says: 'answered 503: 503 Service Unavailable' },
  },
  {
    name: 'HTTP 502, nothing in it',
    play: plain(502, {}),
    expected: { ...refusedForNow, status: 502, says: 'answered 502' },
  },
  {
    name: 'HTTP 500, gzip that is cut',
    play: plain(500, { 'content-encoding': 'gzip' }, Buffer.from([0x1f, 0x8b, 8])),
    expected: { ...refusedForNow, status: 500 },
  },
  {
    name: 'HTTP 500, closed in the middle of its body',
    play: raw('HTTP/1.1 500 No\r\ncontent-length: 90\r\n\r\n{"er', 'end'),
    expected: { ...refusedForNow, status: 500, connection: 'closed' },
  },
  { name: 'HTTP 204', play: plain(204, {}), expected: { ...nothing, connection: 'kept' } },
  { name: 'HTTP 200, nothing in it', play: body(() => ''), expected: { ...nothing, connection: 'kept' } },
  {
    name: 'HTTP 200, a page of HTML',
    play: plain(200, { 'content-type': 'text/html' }, '\n<html><head><title>Sign in</title></head></html>\n'),
    expected: { ...refused, code: 'unexpected-content', says: 'Sign in' },
  },
  {
    name: 'redirect to a page of HTML',
    play: redirect(302, plain(200, { 'content-type': 'text/html' }, '<html><title>Sign in</title>')),
    expected: { ...refused, code: 'unexpected-content', says: 'Sign in', requests: 2 },
  },
  {
    name: 'redirect (307) to the answer',
    play: redirect(
      307,
      body((wire) => opening(wire) + rest(wire)),
    ),
    expected: { ends: 'finish: stop', kept: 'Hello', connection: 'kept', requests: 2 },
  },
  {
    name: 'redirect in a circle',
    play: plain(307, { location: 'again' }),
    expected: { ...refused, code: 'redirect', requests: 21 },
  },
  { name: 'redirect to nowhere', play: plain(302, {}), expected: { ...refused, status: 302 } },
  {
    name: 'a good stream with the wrong content type',
    play: body((wire) => opening(wire) + rest(wire), { 'content-type': 'image/png' }),
    expected: { ends: 'finish: stop', kept: 'Hello', connection: 'kept' },
  },
  {
    name: 'slow headers and a body byte by byte',
    play: dripping,
    expected: { ends: 'finish: stop', kept: 'Hello', connection: 'closed' },
  },
];
