import { NEVER, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { fromResponse, fromServerSentEvents, sse, text, toResponse } from '../../web/index.ts';
import { type NodeResponse, pipeToNode } from '../../web/node.ts';

const takers: readonly [string, (options: object) => unknown][] = [
  ['toResponse', (options) => toResponse(NEVER, options)],
  ['pipeToNode', (options) => pipeToNode(NEVER, {} as NodeResponse, options)],
  ['fromResponse', (options) => fromResponse(of(), options)],
  ['fromServerSentEvents', (options) => fromServerSentEvents('/chat', options)],
];

describe.each(takers)('%s', (name, take) => {
  it.each([
    ['"sse"', 'sse'],
    ['the function sse itself', sse],
    ['null', null],
    ['{"contentType":"text/plain"}', { contentType: 'text/plain' }],
    ['{}', { encode: (source: unknown) => source }],
  ])('refuses the format %s', (shown, format) => {
    expect(() => take({ format })).toThrow(
      new TypeError(`${name}: format must be a ChunkFormat, as sse() makes one, not ${shown}`),
    );
  });
});

describe('fromResponse', () => {
  it('refuses a format that cannot be read', () => {
    expect(() => fromResponse(of(), { format: text() })).toThrow(
      'fromResponse: format must be one that can be read, text/plain; charset=utf-8 cannot',
    );
  });
});
