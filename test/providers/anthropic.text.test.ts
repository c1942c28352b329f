import { describe, expect, it } from 'vitest';
import { block, ending, head, json, map, ofType, partsOf, stop } from './anthropicEvents.ts';

describe('mapEvents of anthropic: thinking', () => {
  it('maps thinking and its signature, empty pieces passed over', async () => {
    const chunks = await map(
      head,
      ...block(
        0,
        { type: 'thinking', thinking: '', signature: '' },
        { type: 'thinking_delta', thinking: 'Hm' },
        { type: 'thinking_delta', thinking: '' },
        { type: 'signature_delta', signature: 'sig' },
      ),
      ...block(1, { type: 'text', text: '' }, { type: 'text_delta', text: 'Hi' }),
      ending('end_turn'),
      stop,
    );

    expect(partsOf(chunks)).toStrictEqual([
      {
        type: 'thinking',
        text: 'Hm',
        kind: 'thinking',
        signature: { format: 'anthropic', data: { type: 'thinking', signature: 'sig' } },
      },
      { type: 'text', text: 'Hi' },
    ]);
  });

  it('keeps a signature without text, and redacted thinking, each in its own block', async () => {
    const chunks = await map(
      head,
      ...block(
        0,
        { type: 'thinking', thinking: '', signature: '' },
        { type: 'thinking_delta', thinking: '', estimated_tokens: 50 },
        { type: 'signature_delta', signature: 'sig' },
      ),
      ...block(1, { type: 'redacted_thinking', data: 'secret' }),
      ...block(2, { type: 'redacted_thinking' }),
      ending('end_turn'),
      stop,
    );

    expect(ofType(chunks, 'thinking-signature')).toStrictEqual([
      {
        type: 'thinking-signature',
        block: 0,
        format: 'anthropic',
        data: { type: 'thinking', signature: 'sig' },
      },
      {
        type: 'thinking-signature',
        block: 1,
        format: 'anthropic',
        data: { type: 'redacted_thinking', data: 'secret' },
      },
      {
        type: 'thinking-signature',
        block: 2,
        format: 'anthropic',
        data: { type: 'redacted_thinking', data: '' },
      },
    ]);
  });
});

describe('mapEvents of anthropic: text', () => {
  it('keeps blocks apart, and cites before the text', async () => {
    const page = {
      type: 'page_location',
      document_title: 'Guide',
      start_page_number: 1,
      end_page_number: 2,
    };
    const place = {
      type: 'char_location',
      document_title: null,
      start_char_index: 3,
      end_char_index: 9,
      cited_text: 'Bern',
    };
    const site = { type: 'web_search_result_location', url: 'https://bern.ch', title: 'Bern' };
    const result = { type: 'search_result_location', source: 'https://zug.ch', title: null };
    const chunks = await map(
      head,
      ...block(0, { type: 'text', text: '' }, { type: 'text_delta', text: 'It is ' }),
      ...block(
        1,
        { type: 'text', text: '', citations: [] },
        { type: 'citations_delta', citation: page },
        { type: 'citations_delta', citation: place },
        { type: 'citations_delta', citation: site },
        { type: 'citations_delta', citation: result },
        { type: 'citations_delta' },
        { type: 'text_delta', text: 'big' },
      ),
      ...block(2, { type: 'text', text: '.', citations: [site] }),
      ending('end_turn'),
      stop,
    );

    expect(chunks.slice(2, -2)).toStrictEqual([
      { type: 'text-delta', text: 'It is ', block: 0 },
      { type: 'source', block: 1, title: 'Guide', raw: page },
      { type: 'source', block: 1, span: { start: 3, end: 9 }, raw: place },
      { type: 'source', block: 1, url: 'https://bern.ch', title: 'Bern', raw: site },
      { type: 'source', block: 1, url: 'https://zug.ch', raw: result },
      { type: 'text-delta', text: 'big', block: 1 },
      { type: 'source', block: 2, url: 'https://bern.ch', title: 'Bern', raw: site },
      { type: 'text-delta', text: '.', block: 2 },
    ]);
  });

  it('ignores unknown events, blocks and deltas, and numbers the blocks without them', async () => {
    const chunks = await map(
      head,
      { type: 'something_new' },
      {},
      [{ odd: true }, 'message'],
      ...block(0, { type: 'compaction', content: null }, { type: 'compaction_delta', content: 'All' }),
      ...block(
        1,
        { type: 'text', text: '' },
        { type: 'text_delta', text: 'Hi' },
        { type: 'new_delta' },
        { type: 'thinking_delta', thinking: 'of another kind' },
      ),
      ...block(2, { type: 'fallback', from: {}, to: {} }, { type: 'text_delta', text: 'of no block' }),
      ...block(3, { type: 'thinking', thinking: 'Hm' }, { type: 'citations_delta', citation: {} }),
      ...block(4, { type: 'text', text: 'Ho' }, { type: 'signature_delta', signature: 'lost' }),
      { type: 'content_block_start', index: 5 },
      { type: 'content_block_delta', index: 5 },
      ending('end_turn'),
      stop,
    );

    expect(chunks.slice(2, -2)).toStrictEqual([
      { type: 'text-delta', text: 'Hi', block: 0 },
      { type: 'thinking-delta', text: 'Hm', block: 1, kind: 'thinking' },
      { type: 'text-delta', text: 'Ho', block: 2 },
    ]);
  });

  it('reads deltas whose block start was lost, and events without an index', async () => {
    const chunks = await map(
      { type: 'content_block_delta', delta: { type: 'text_delta', text: 'Hi' } },
      { type: 'content_block_delta', index: 1, delta: { type: 'thinking_delta', thinking: 'Hm' } },
      { type: 'content_block_delta', index: 2, delta: json('{}') },
      { type: 'content_block_stop' },
      ending('end_turn'),
      stop,
    );

    expect(partsOf(chunks)).toStrictEqual([
      { type: 'text', text: 'Hi' },
      { type: 'thinking', text: 'Hm', kind: 'thinking' },
    ]);
    expect(await map({ type: 'content_block_start' }, stop)).toHaveLength(2);
  });

  it('takes the type from the name of the event where the data has none', async () => {
    const { type: _, ...bare } = ending('end_turn') as { type: string };
    const chunks = await map(head, [bare, 'message_delta'], [{}, 'message_stop']);

    expect(chunks.at(-1)).toMatchObject({ reason: 'stop' });
  });

  it('reads a message that starts twice once', async () => {
    const again = { ...head, message: { ...head.message, usage: { input_tokens: 99 } } };
    const chunks = await map(
      head,
      again,
      ...block(0, { type: 'text', text: 'ok' }),
      ending('end_turn'),
      stop,
    );

    expect(ofType(chunks, 'start')).toHaveLength(1);
    expect(ofType(chunks, 'text-delta')).toHaveLength(1);
    expect(chunks.at(-1)).toMatchObject({ usage: { inputTokens: 105 } });
  });
});
