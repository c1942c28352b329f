import { describe, expect } from 'vitest';
import { type TraceStreamOptions } from '../../../integrations/opentelemetry.ts';
import {
  type ChunkDraft,
  finish,
  text,
  thinking,
  toolCall,
  toolResult,
  usage,
} from '../../../testing/index.ts';
import { it, type Marbles } from '../../marbles.ts';
import { endsOf, tracing } from './traces.ts';

const s: ChunkDraft = { type: 'start', provider: 'openai', model: 'gpt-1', responseId: 'resp_1' };
const used = { inputTokens: 7, outputTokens: 3, totalTokens: 10 };
const u = usage({ ...used, cachedInputTokens: 2, cacheWriteTokens: 1, thinkingTokens: 2 });
const f = finish();
const values = { s, u, f, a: text('a'), b: text('b'), t: thinking('t') };

describe('the content', () => {
  const more = { n: toolCall('add', { a: 1 }), x: toolResult('add', 'three', { isError: true }) };

  function spanOf(m: Marbles, options: TraceStreamOptions) {
    const { sdk, trace } = tracing(m, options);
    m.recordTimeline(m.coldChunks('-s-t-a-n-f-x|', { ...values, ...more }).pipe(trace));
    m.flush();
    return sdk;
  }

  it('is not written', (m) => {
    const sdk = spanOf(m, {});

    expect(
      JSON.stringify(sdk.spans.map(({ attributes, events, status }) => [attributes, events, status])),
    ).not.toMatch(/three|messages|arguments/);
    expect(sdk.attributesOf('execute_tool add')).toMatchObject({ 'error.type': '_OTHER' });
  });

  it('is written where it is wanted, in the form of the conventions', (m) => {
    const sdk = spanOf(m, { content: true });

    expect(JSON.parse(String(sdk.attributesOf('chat gpt-1')['gen_ai.output.messages']))).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: 't' },
          { type: 'text', content: 'a' },
          { type: 'tool_call', id: 'call_2', name: 'add', arguments: { a: 1 } },
        ],
        finish_reason: 'tool_call',
      },
    ]);
    expect(sdk.attributesOf('execute_tool add')).toMatchObject({
      'gen_ai.tool.call.arguments': '{"a":1}',
      'gen_ai.tool.call.result': 'three',
    });
  });

  it('goes through redact first, which may leave it out', (m) => {
    const sdk = spanOf(m, {
      content: true,
      redact: (content, attribute) =>
        attribute === 'gen_ai.tool.call.result' ? undefined : { was: typeof content },
    });

    expect(sdk.attributesOf('chat gpt-1')).toMatchObject({ 'gen_ai.output.messages': '{"was":"object"}' });
    expect(sdk.attributesOf('execute_tool add')).toMatchObject({
      'gen_ai.tool.call.arguments': '{"was":"object"}',
    });
    expect(sdk.attributesOf('execute_tool add')).not.toHaveProperty('gen_ai.tool.call.result');
  });

  it('is left out where redact throws, and where it is no JSON', (m) => {
    const sdk = spanOf(m, {
      content: true,
      redact: (_, attribute) => {
        if (attribute === 'gen_ai.output.messages') throw new Error('redact');
        return 1n;
      },
    });

    expect(endsOf(sdk.spans)).toEqual(['chat gpt-1', 'execute_tool add _OTHER']);
    expect(sdk.attributesOf('chat gpt-1')).not.toHaveProperty('gen_ai.output.messages');
    expect(sdk.attributesOf('execute_tool add')).not.toHaveProperty('gen_ai.tool.call.arguments');
  });

  it('of a call that was cut off has the reason error', (m) => {
    const { sdk, trace } = tracing(m, { content: true });
    m.recordTimeline(m.coldChunks('-s-a-#', values).pipe(trace));
    m.flush();

    expect(sdk.attributesOf('chat gpt-1')['gen_ai.output.messages']).toContain('"finish_reason":"error"');
  });
});
