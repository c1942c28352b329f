import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { toBody } from '../../providers/openai/request.ts';
import type { Message, ModelRequest } from '../../src/index.ts';
import {
  answerOf,
  created,
  done,
  encrypted,
  inputOf,
  message,
  outputText,
  wholeCall,
} from './openaiEvents.ts';

describe('toBody of openai', () => {
  const messages: Message[] = [{ role: 'user', content: 'Hi' }];
  const body = (request: Partial<ModelRequest> = {}, thinks = false) =>
    JSON.parse(JSON.stringify(toBody('test-1', { messages, stream: true, ...request }, thinks))) as Record<
      string,
      unknown
    >;

  it('sends model, input and stream, and nothing that was not asked for', () => {
    expect(body()).toEqual({ model: 'test-1', input: [{ role: 'user', content: 'Hi' }], stream: true });
  });

  it('names limits, sampling and tools as Responses does, and keeps functions unstrict', () => {
    const parameters = z.object({ city: z.string().optional() });

    expect(
      body({
        tools: [{ name: 'weather', description: 'Tells it', parameters }],
        toolChoice: { toolName: 'weather' },
        parallelToolCalls: false,
        temperature: 0.5,
        topP: 0.9,
        maxTokens: 100,
        stream: false,
      }),
    ).toMatchObject({
      tools: [
        {
          type: 'function',
          name: 'weather',
          description: 'Tells it',
          parameters: { type: 'object', properties: { city: { type: 'string' } } },
          strict: false,
        },
      ],
      tool_choice: { type: 'function', name: 'weather' },
      parallel_tool_calls: false,
      temperature: 0.5,
      top_p: 0.9,
      max_output_tokens: 100,
      stream: false,
    });
    expect(body({ toolChoice: 'required' })).toMatchObject({ tool_choice: 'required' });
  });

  it('does not send what Responses does not know', () => {
    expect(body({ stop: ['x'], seed: 1, frequencyPenalty: 1, presencePenalty: 1 })).toEqual(body());
  });

  it('asks for structured output by its schema, strictly where it can', () => {
    const strict = z.object({ city: z.string() });
    const loose = z.object({ city: z.string().optional() });

    expect(body({ outputSchema: strict })).toMatchObject({
      text: {
        format: {
          type: 'json_schema',
          name: 'output',
          strict: true,
          schema: { additionalProperties: false },
        },
      },
    });
    expect(body({ outputSchema: loose })).toMatchObject({ text: { format: { strict: false } } });
  });

  it('asks for a summary with an effort, and for none without thinking', () => {
    expect(body({ thinkingEffort: 'low' })['reasoning']).toEqual({ effort: 'low', summary: 'auto' });
    expect(body({ thinkingEffort: 'max' })['reasoning']).toEqual({ effort: 'xhigh', summary: 'auto' });
    expect(body({ thinkingEffort: 'none' })['reasoning']).toEqual({ effort: 'none' });
  });

  it('asks for encrypted reasoning only of a model that thinks', () => {
    expect(body({}, true)['include']).toEqual(['reasoning.encrypted_content']);
    expect(body({}, false)).not.toHaveProperty('include');
  });

  it('lays the provider options over everything', () => {
    const providerOptions = { include: [], temperature: 1, store: false };

    expect(body({ temperature: 0, providerOptions }, true)).toMatchObject(providerOptions);
  });
});

describe('toBody of openai: the conversation', () => {
  it('sends system messages, texts and images', () => {
    expect(
      inputOf(
        { role: 'system', content: 'Be brief' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'image', image: 'AAAA' },
            { type: 'image', image: new URL('https://a.example/b.png') },
          ],
        },
      ),
    ).toEqual([
      { role: 'system', content: 'Be brief' },
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'What is it?' },
          { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'auto' },
          { type: 'input_image', image_url: 'https://a.example/b.png', detail: 'auto' },
        ],
      },
    ]);
  });

  it('sends an answer with calls and their results, in order', () => {
    expect(
      inputOf(
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'Let me ' },
            { type: 'text', text: 'see.' },
            { type: 'tool-call', toolCallId: 'call_1', toolName: 'weather', arguments: { city: 'Bern' } },
            {
              type: 'tool-call-invalid',
              toolCallId: 'call_2',
              toolName: 'weather',
              argumentsText: '{',
              reason: 'incomplete',
            },
          ],
        },
        {
          role: 'tool',
          content: [
            { type: 'tool-result', toolCallId: 'call_1', toolName: 'weather', result: { degrees: 3 } },
            { type: 'tool-result', toolCallId: 'call_2', toolName: 'weather', result: 'bad', isError: true },
          ],
        },
        { role: 'assistant', content: 'Cold.' },
      ),
    ).toEqual([
      { type: 'message', role: 'assistant', content: 'Let me see.' },
      { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{"city":"Bern"}' },
      { type: 'function_call', call_id: 'call_2', name: 'weather', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_1', output: '{"degrees":3}' },
      { type: 'function_call_output', call_id: 'call_2', output: 'bad' },
      { type: 'message', role: 'assistant', content: 'Cold.' },
    ]);
  });

  it('sends a refusal as such', () => {
    const content = [
      { type: 'text', text: 'Hm.' },
      { type: 'refusal', text: 'No.' },
    ] as const;

    expect(inputOf({ role: 'assistant', content })).toEqual([
      {
        type: 'message',
        role: 'assistant',
        content: [
          { type: 'output_text', text: 'Hm.', annotations: [] },
          { type: 'refusal', refusal: 'No.' },
        ],
      },
    ]);
  });

  it('leaves out what only another provider understands', () => {
    expect(
      inputOf({
        role: 'assistant',
        content: [
          {
            type: 'thinking',
            text: 'Hm',
            kind: 'thinking',
            signature: { format: 'anthropic', data: { signature: 'x' } },
          },
          { type: 'thinking', text: 'Hm', kind: 'thinking' },
          {
            type: 'tool-call',
            toolCallId: 'srvtoolu_1',
            toolName: 'web_search',
            arguments: {},
            providerExecuted: true,
          },
          {
            type: 'tool-result',
            toolCallId: 'srvtoolu_1',
            toolName: 'web_search',
            result: { type: 'web_search_tool_result', content: [] },
            providerExecuted: true,
          },
          { type: 'text', text: '' },
          { type: 'text', text: 'Hello' },
        ],
      }),
    ).toEqual([{ type: 'message', role: 'assistant', content: 'Hello' }]);
  });

  it('sends reasoning back verbatim before its item, which then has its id', () => {
    const item = { ...encrypted, summary: [{ type: 'summary_text', text: 'First' }] };
    const search = { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { query: 'a' } };
    const other = { ...wholeCall, id: 'fc_2', call_id: 'call_2' };
    const answer = answerOf(
      created,
      ...[item, search, { ...encrypted, id: 'rs_2', status: 'completed' }, wholeCall, other].map(done),
    );

    expect(inputOf(JSON.parse(JSON.stringify(answer)) as Message)).toEqual([
      item,
      search,
      { ...encrypted, id: 'rs_2' },
      {
        type: 'function_call',
        id: 'fc_1',
        call_id: 'call_1',
        name: 'weather',
        arguments: '{"city":"Bern"}',
      },
      {
        type: 'function_call',
        id: 'fc_2',
        call_id: 'call_2',
        name: 'weather',
        arguments: '{"city":"Bern"}',
      },
    ]);
  });

  it('sends messages behind reasoning with their ids and phases', () => {
    const commentary = { ...message(outputText('Wait.'), outputText(' Soon.')), phase: 'commentary' };
    const final = { ...message(outputText('Done.')), id: 'msg_2' };
    const answer = answerOf(created, ...[encrypted, commentary, final].map(done));

    expect(inputOf(answer)).toEqual([
      encrypted,
      {
        type: 'message',
        id: 'msg_1',
        role: 'assistant',
        status: 'completed',
        phase: 'commentary',
        content: [
          { type: 'output_text', text: 'Wait.', annotations: [] },
          { type: 'output_text', text: ' Soon.', annotations: [] },
        ],
      },
      {
        type: 'message',
        id: 'msg_2',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'Done.', annotations: [] }],
      },
    ]);
  });

  it('sends no ids, yet the phases, once the reasoning was taken out', () => {
    const phased = { ...message(outputText('Wait.')), phase: 'commentary' };
    const answer = answerOf(created, ...[encrypted, phased, wholeCall].map(done));
    const parts = typeof answer.content === 'string' ? [] : answer.content;

    expect(inputOf({ ...answer, content: parts.filter(({ type }) => type !== 'thinking') })).toEqual([
      { type: 'message', role: 'assistant', phase: 'commentary', content: 'Wait.' },
      { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{"city":"Bern"}' },
    ]);
  });

  it('leaves out reasoning that its item does not follow, which OpenAI refuses', () => {
    const twice = answerOf(created, ...[encrypted, { ...encrypted, id: 'rs_2' }, wholeCall].map(done));
    const cutOff = answerOf(created, done(encrypted));

    expect(inputOf(twice)).toMatchObject([{ id: 'rs_2' }, { type: 'function_call' }]);
    expect(inputOf(cutOff)).toEqual([]);
  });

  it('sends opaque items back verbatim', () => {
    const compaction = { type: 'compaction', id: 'cmp_1', encrypted_content: 'secret' };

    expect(inputOf(answerOf(created, done(compaction)))).toEqual([compaction]);
  });
});
