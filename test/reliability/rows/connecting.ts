import type { Expected, Fault } from '../fault.ts';
import { raw } from '../plays.ts';

const unreachable: Expected = { ends: 'ProviderError', retryable: true, connection: 'none' };

/** No answer at all. */
export const connecting: readonly Fault[] = [
  { name: 'connection refused', at: 'nobody listens', expected: { ...unreachable, code: 'ECONNREFUSED' } },
  {
    name: 'no such host (DNS)',
    at: 'no such name',
    expected: { ...unreachable, code: ['ENOTFOUND', 'EAI_AGAIN'] },
  },
  {
    name: 'TLS: hung up in the handshake',
    at: 'hangs up in the TLS handshake',
    expected: { ...unreachable, code: 'ECONNRESET' },
  },
  {
    name: 'TLS: a certificate that nobody trusts',
    at: 'untrusted TLS server',
    expected: { ...unreachable, code: 'DEPTH_ZERO_SELF_SIGNED_CERT', retryable: false },
  },
  {
    name: 'something that is no HTTP',
    at: 'no HTTP',
    expected: { ...unreachable, code: ['connection-failed', 'HPE_INVALID_CONSTANT'], says: 'HTTP' },
  },
  {
    name: 'a proxy that refuses',
    at: 'behind a proxy that refuses',
    expected: { ...unreachable, code: 'proxy-refused', says: 'Proxy response (502)' },
  },
  {
    name: 'reset before the headers',
    play: ({ socket }) => socket.resetAndDestroy(),
    expected: { ...unreachable, code: 'ECONNRESET', connection: 'closed' },
  },
  {
    name: 'closed before the headers',
    play: ({ socket }) => socket.end(),
    expected: { ...unreachable, code: 'UND_ERR_SOCKET', connection: 'closed' },
  },
  {
    name: 'closed in the middle of the headers',
    play: raw('HTTP/1.1 200 OK\r\ncontent-ty', 'end'),
    expected: { ...unreachable, code: 'UND_ERR_SOCKET', connection: 'closed' },
  },
  {
    name: 'no headers within the SDK’s `timeout`',
    play: () => undefined,
    settings: { timeout: 150 },
    only: ['openai', 'openaiChat', 'anthropic'],
    expected: { ...unreachable, code: 'timeout', connection: 'closed' },
  },
];
