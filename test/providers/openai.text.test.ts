import { describe, expect, it } from 'vitest';
import {
  added,
  completed,
  contentOf,
  created,
  done,
  encrypted,
  finishOf,
  incomplete,
  map,
  message,
  opened,
  outputText,
  reasoning,
  text,
  usage,
  wholeCall,
} from './openaiEvents.ts';

describe('mapEvents of openai: text', () => {
  it('gives the text as it streams and does not repeat it when parts and items close', () => {
    const whole = 'Hello';
    const events = [
      added(message()),
      { type: 'response.content_part.added', output_index: 0, content_index: 0, part: outputText('') },
      text('Hel'),
      text(''),
      text('lo'),
      { type: 'response.output_text.done', output_index: 0, content_index: 0, text: whole },
      { type: 'response.content_part.done', output_index: 0, content_index: 0, part: outputText(whole) },
      done(message(outputText(whole))),
    ];

    expect(contentOf(created, ...events)).toEqual([
      { type: 'text-delta', text: 'Hel', block: 0 },
      { type: 'text-delta', text: 'lo', block: 0 },
    ]);
  });

  it.each([
    ['output_text.done', { type: 'response.output_text.done', output_index: 0, text: 'Hello' }],
    ['content_part.done', { type: 'response.content_part.done', output_index: 0, part: outputText('Hello') }],
    ['output_item.done', done(message(outputText('Hello')))],
  ])('takes a text that only comes in %s', (_, event) => {
    const closing = done(message(outputText('Hello')));

    expect(contentOf(created, event, closing)).toEqual([{ type: 'text-delta', text: 'Hello', block: 0 }]);
  });

  it('does not repeat a text whose parts the stream counts from 1 (Bedrock)', () => {
    const annotation = { type: 'url_citation', url: 'https://a.example' };
    const events = [text('Hello', 0, 1), done(message(outputText('Hello', [annotation])))];

    expect(contentOf(created, ...events)).toEqual([
      { type: 'text-delta', text: 'Hello', block: 0 },
      { type: 'source', block: 0, url: 'https://a.example', raw: annotation },
    ]);
  });

  it('takes a part that only comes with its item and stands behind the streamed one', () => {
    const events = [text('a'), done(message(outputText('a'), outputText('b'), { type: 'new' }, {}))];

    expect(contentOf(created, ...events)).toEqual([
      { type: 'text-delta', text: 'a', block: 0 },
      { type: 'text-delta', text: 'b', block: 1 },
    ]);
  });

  it('gives only the rest when a stream is resumed in the middle of a text', () => {
    const events = [
      text('lo', 0, 1),
      { type: 'response.output_text.done', output_index: 0, content_index: 1, text: 'Hello' },
      done(message(outputText('Before'), outputText('Hello'))),
    ];

    expect(contentOf(...events)).toEqual([{ type: 'text-delta', text: 'lo', block: 0 }]);
  });

  it('gives the two messages of a response blocks of their own, with their phases', () => {
    const commentary = { ...message(outputText('Wait.')), id: 'msg_1', phase: 'commentary' };
    const final = { ...message(outputText('Done.')), id: 'msg_2', phase: 'final_answer' };
    const events = [
      added(commentary),
      text('Wait.'),
      done(commentary),
      added(final, 1),
      text('Done.', 1),
      done(final, 1),
    ];

    expect(contentOf(created, ...events)).toEqual([
      { type: 'text-delta', text: 'Wait.', block: 0 },
      {
        type: 'thinking-signature',
        block: 0,
        format: 'openai',
        data: { type: 'message', id: 'msg_1', phase: 'commentary' },
      },
      { type: 'text-delta', text: 'Done.', block: 1 },
      {
        type: 'thinking-signature',
        block: 1,
        format: 'openai',
        data: { type: 'message', id: 'msg_2', phase: 'final_answer' },
      },
    ]);
  });

  it('keys by the place in the output when every event has other ids (GitHub Copilot)', () => {
    const events = [
      added({ ...message(), id: 'a' }),
      { ...text('Hel'), item_id: 'b' },
      { ...text('lo'), item_id: 'c' },
      done({ ...message(outputText('Hello')), id: 'd' }),
    ];

    expect(contentOf(created, ...events)).toEqual([
      { type: 'text-delta', text: 'Hel', block: 0 },
      { type: 'text-delta', text: 'lo', block: 0 },
    ]);
  });

  it('belongs to the latest item when an event names no place', () => {
    const { output_index: _, ...nowhere } = text('b', 1) as { output_index: number };

    expect(contentOf(created, text('a', 1), nowhere)).toEqual([
      { type: 'text-delta', text: 'a', block: 0 },
      { type: 'text-delta', text: 'b', block: 0 },
    ]);
  });

  it('takes items from the stream when the final output is empty (ChatGPT)', () => {
    expect(map(created, text('Hello'), completed({ output: [] })).chunks[1]).toEqual({
      type: 'text-delta',
      text: 'Hello',
      block: 0,
    });
  });

  it('takes the final output when nothing was streamed', () => {
    const { chunks } = map(created, completed({ output: [message(outputText('Hello'))] }));

    expect(chunks[1]).toEqual({ type: 'text-delta', text: 'Hello', block: 0 });
  });

  it('takes no item of the final output that the stream did not name', () => {
    const output = [reasoning, message(outputText('Hello')), wholeCall];

    expect(map(created, text('Hello', 1), completed({ output })).chunks.slice(1, -1)).toEqual([
      { type: 'text-delta', text: 'Hello', block: 0 },
    ]);
  });

  it('gives refusals as such, streamed or whole, and finishes with refusal', () => {
    const at = { output_index: 0, content_index: 0 };
    const streamed = [
      { type: 'response.refusal.delta', ...at, delta: "I can't" },
      { type: 'response.refusal.done', ...at, refusal: "I can't" },
      done(message({ type: 'refusal', refusal: "I can't" })),
      completed(),
    ];
    const whole = [{ type: 'response.refusal.done', ...at, refusal: "I can't" }, completed()];

    for (const events of [streamed, whole, streamed.slice(2)]) {
      const { chunks } = map(created, ...events);
      expect(chunks[1]).toEqual({ type: 'refusal-delta', text: "I can't", block: 0 });
      expect(chunks[2]).toMatchObject({ type: 'finish', reason: 'refusal', rawReason: 'completed' });
    }
  });

  it('finishes with stop when a refusal stands beside text', () => {
    const refusal = { type: 'response.refusal.delta', output_index: 0, content_index: 1, delta: 'no' };

    expect(finishOf(text('yes'), refusal, completed())?.reason).toBe('stop');
  });
});

describe('mapEvents of openai: sources', () => {
  const page = {
    type: 'url_citation',
    url: 'https://a.example',
    title: 'A',
    start_index: 1,
    end_index: 4,
  };
  const file = { type: 'file_citation', file_id: 'file_1', filename: 'a.pdf', index: 3 };
  const source = { type: 'response.output_text.annotation.added', output_index: 0, content_index: 0 };

  it('gives pages with their span and files with their name', () => {
    expect(
      contentOf(created, text('abcd'), { ...source, annotation: page }, { ...source, annotation: file }),
    ).toEqual([
      { type: 'text-delta', text: 'abcd', block: 0 },
      {
        type: 'source',
        block: 0,
        url: 'https://a.example',
        title: 'A',
        span: { start: 1, end: 4 },
        raw: page,
      },
      { type: 'source', block: 0, title: 'a.pdf', raw: file },
    ]);
  });

  it('takes those that come only with the item, and none twice', () => {
    const whole = done(message(outputText('abcd', [page, file])));
    const sources = contentOf(created, text('abcd'), { ...source, annotation: page }, whole).slice(1);

    expect(sources.map((chunk) => 'title' in chunk && chunk.title)).toEqual(['A', 'a.pdf']);
  });

  it('keeps one that comes before its text in the block of the text', () => {
    const { content_index: _, ...early } = source;

    expect(contentOf(created, { ...early, annotation: file }, text('abcd'))).toMatchObject([
      { type: 'source', block: 0 },
      { type: 'text-delta', block: 0 },
    ]);
  });

  it('keeps one whose text never comes', () => {
    const whole = done(message({ type: 'output_text', text: null, annotations: [page] }, { type: 'x' }));

    expect(contentOf(created, whole)).toMatchObject([{ type: 'source', block: 0, title: 'A' }]);
  });
});

describe('mapEvents of openai: thinking', () => {
  const summary = (delta: string, part: number) => ({
    type: 'response.reasoning_summary_text.delta',
    output_index: 0,
    summary_index: part,
    delta,
  });

  it('gives each part of a summary a block and the encrypted item to the last one', () => {
    const item = {
      ...encrypted,
      status: 'completed',
      summary: [
        { type: 'summary_text', text: 'First' },
        { type: 'summary_text', text: 'Then' },
      ],
    };
    const { status: _, ...data } = item;
    const events = [
      added(reasoning),
      { type: 'response.reasoning_summary_part.added', output_index: 0, summary_index: 0, part: {} },
      summary('Fir', 0),
      summary('st', 0),
      { type: 'response.reasoning_summary_text.done', output_index: 0, summary_index: 0, text: 'First' },
      {
        type: 'response.reasoning_summary_part.done',
        output_index: 0,
        summary_index: 0,
        part: item.summary[0],
      },
      summary('Then', 1),
      done(item),
    ];

    expect(contentOf(created, ...events)).toEqual([
      { type: 'thinking-delta', text: 'Fir', block: 0, kind: 'summary' },
      { type: 'thinking-delta', text: 'st', block: 0, kind: 'summary' },
      { type: 'thinking-delta', text: 'Then', block: 1, kind: 'summary' },
      { type: 'thinking-signature', block: 1, format: 'openai', data },
    ]);
  });

  it('takes a summary that only comes whole', () => {
    const part = { type: 'summary_text', text: 'So' };
    const expected = [{ type: 'thinking-delta', text: 'So', block: 0, kind: 'summary' }];

    for (const event of [
      { type: 'response.reasoning_summary_text.done', output_index: 0, summary_index: 0, text: 'So' },
      { type: 'response.reasoning_summary_part.done', output_index: 0, summary_index: 0, part },
      done({ ...reasoning, summary: [part] }),
    ]) {
      expect(contentOf(created, event, done({ ...reasoning, summary: [part] }))).toEqual(expected);
    }
  });

  it('gives the model’s own words as thinking, once, and keeps the item that holds them (DeepSeek)', () => {
    const item = { ...reasoning, content: [{ type: 'reasoning_text', text: 'Hm' }] };
    const streamed = [
      added({ ...reasoning, content: [] }),
      { type: 'response.reasoning_text.delta', output_index: 0, content_index: 0, delta: 'Hm' },
      { type: 'response.reasoning_text.done', output_index: 0, content_index: 0, text: 'Hm' },
      {
        type: 'response.content_part.done',
        output_index: 0,
        content_index: 0,
        part: { type: 'reasoning_text', text: 'Hm' },
      },
      done(item),
    ];
    const expected = [
      { type: 'thinking-delta', text: 'Hm', block: 0, kind: 'thinking' },
      { type: 'thinking-signature', block: 0, format: 'openai', data: item },
    ];

    expect(contentOf(created, ...streamed)).toEqual(expected);
    expect(contentOf(created, done(item))).toEqual(expected);
  });

  it('does not double words that stand both in the content and in the summary of an item', () => {
    const item = {
      ...reasoning,
      content: [{ type: 'reasoning_text', text: 'Hm' }],
      summary: [{ type: 'summary_text', text: 'Hm' }],
    };
    const thinking = (events: object[]) =>
      contentOf(created, ...events).filter(({ type }) => type === 'thinking-delta');

    expect(thinking([done(item)])).toMatchObject([{ text: 'Hm', kind: 'thinking' }]);
    expect(thinking([summary('Hm', 0), done(item)])).toMatchObject([{ text: 'Hm', kind: 'summary' }]);
  });

  it('gives an encrypted item without text a block of its own', () => {
    const events = [added(encrypted), done(encrypted), text('Hello', 1)];

    expect(contentOf(created, ...events)).toEqual([
      { type: 'thinking-signature', block: 0, format: 'openai', data: encrypted },
      { type: 'text-delta', text: 'Hello', block: 1 },
    ]);
  });

  it('keeps a bare item only where the server stores the answer, since it is found by its id', () => {
    const stored = { type: 'response.created', response: { ...opened, store: true } };

    expect(contentOf(created, done(reasoning))).toEqual([]);
    expect(contentOf(stored, done(reasoning))).toMatchObject([{ data: reasoning }]);
  });

  it('finishes an answer that ran out of tokens while it thought', () => {
    const { chunks } = map(created, added(encrypted), incomplete('max_output_tokens', { usage }));

    expect(chunks.map(({ type }) => type)).toEqual(['start', 'usage', 'finish']);
    expect(chunks.at(-1)).toMatchObject({ reason: 'length' });
  });
});
