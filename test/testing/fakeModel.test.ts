import { catchError, concat, EMPTY, NEVER, of, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { retryStream } from '../../operators/retryStream.ts';
import { selectText } from '../../operators/selectText.ts';
import { InvalidRequestError, ProviderError } from '../../src/errors.ts';
import type { Message } from '../../src/message.ts';
import { finish, inVirtualTime, restart, text, toolCall } from '../../testing/index.ts';
import { forbidClocks } from './noClock.ts';

forbidClocks();

describe('fakeModel', () => {
  it(
    'plays a round for each subscription, none before',
    inVirtualTime(({ fakeModel, expectChunks, flush }) => {
      const model = fakeModel(['--H-i|', '-J|']);
      const stream = model.stream('Hello');
      expect(model.calls).toEqual([]);

      expectChunks(concat(stream, stream)).toBe('--H-ifJ|', { f: finish() });
      flush();
    }),
  );

  it(
    'calls itself as it is told, and can do everything unless told',
    inVirtualTime(({ fakeModel, expectChunks }) => {
      const model = fakeModel(['s'], { provider: 'openai', model: 'gpt', capabilities: { images: false } });

      expect(model).toMatchObject({ provider: 'openai', model: 'gpt' });
      expect(model.capabilities).toMatchObject({ images: false, tools: true });
      expectChunks(model.stream('Hello')).toBe('(os)', {
        o: { type: 'start', provider: 'openai', model: 'gpt' },
      });
    }),
  );

  it(
    'fails where the round says so, with the partial or the error it is given',
    inVirtualTime(({ fakeModel, expectChunks, recordTimeline, flush }) => {
      const busy = new ProviderError('busy', { status: 529, retryable: true });
      const late = new ProviderError('late', { retryable: true });
      const model = fakeModel(['-a-#', { answer: '-#', error: late }, '-#'], {
        error: (details) => new ProviderError('busy', { ...details, status: 529, retryable: true }),
      });
      const first = recordTimeline(model.stream('Hello'));
      expectChunks(model.stream('Hello')).toBe('-#', {}, late);
      expectChunks(model.stream('Hello')).toBe('-#', {}, (details) => {
        return new ProviderError(busy.message, { ...details, status: 529, retryable: true });
      });
      flush();

      expect(first.error).toMatchObject({ status: 529, provider: 'test', partial: { text: 'a' } });
    }),
  );

  it(
    'takes a further round for each attempt of a retry',
    inVirtualTime(({ fakeModel, expectChunks, expectSubscriptions, flush }) => {
      const model = fakeModel(['-H-#', '-H-i|']);
      const answer = model.stream('Hello').pipe(retryStream({ delay: 4, random: () => 0 }));

      expectChunks(answer).toBe('-H-r--H-i|', { r: restart({ delayMs: 2 }) });
      expectSubscriptions(model.subscriptions).toBe(['^--!', '-----^---!']);
      flush();
    }),
  );

  it(
    'records every request, with the moments of subscribing and unsubscribing',
    inVirtualTime(({ fakeModel, expectObservable, flush }) => {
      const messages: Message[] = [{ role: 'user', content: 'Hello' }];
      const model = fakeModel(['-H-i-', '-H-i-']);
      expectObservable(model.stream({ messages, temperature: 0 }), '--^--!').toBe('---(sH)', {
        s: { type: 'start', provider: 'test', model: 'test-1' },
        H: { type: 'text-delta', text: 'H', block: 0 },
      });
      const open = model.stream('Bye').subscribe();
      flush();
      messages.push({ role: 'assistant', content: 'Hi' });

      expect(model.calls).toMatchObject([
        { request: { messages: [{ content: 'Bye' }] }, subscribedFrame: 0, unsubscribedFrame: Infinity },
        {
          request: { messages: [{ role: 'user', content: 'Hello' }], temperature: 0 },
          subscribedFrame: 2,
          unsubscribedFrame: 5,
        },
      ]);
      expect(model.calls[1]?.request.messages).toHaveLength(1);
      open.unsubscribe();
    }),
  );

  it(
    'answers by a function of the request and the number of the call',
    inVirtualTime(({ fakeModel, expectObservable }) => {
      const model = fakeModel(({ messages }, call) => ({
        answer: 'a|',
        values: { a: text(`${call}: ${JSON.stringify(messages[0]?.content)}`) },
      }));
      const answers = concat(model.stream('one'), model.stream('two')).pipe(selectText());

      expectObservable(answers).toBe('ab|', { a: '1: "one"', b: '2: "two"' });
    }),
  );

  it(
    'answers by the last message as often as it fits, and else in turn',
    inVirtualTime(({ fakeModel, expectObservable, flush }) => {
      const results: Message = {
        role: 'tool',
        content: [
          { type: 'tool-result', toolCallId: 'a', toolName: 'one', result: { sky: 'clear' } },
          { type: 'tool-result', toolCallId: 'b', toolName: 'two', result: 'blue' },
        ],
      };
      const image: Message = {
        role: 'user',
        content: [
          { type: 'text', text: 'Look' },
          { type: 'image', image: '' },
        ],
      };
      const model = fakeModel([
        { answer: 'w|', when: 'weather' },
        'x|',
        { answer: 's|', when: /"clear".*blue/gsu },
        { answer: 'i|', when: (last, request) => last.role === 'user' && request.temperature === 1 },
        { answer: 'y|' },
      ]);
      const asked = [
        model.stream('The weather in Bern?'),
        model.stream('Hello'),
        model.stream({ messages: [{ role: 'user', content: 'weather' }, results] }),
        model.stream('and the weather in Basel?'),
        model.stream({ messages: [image], temperature: 1 }),
        model.stream({ messages: [image] }),
      ];

      expectObservable(concat(...asked).pipe(selectText())).toBe('wxswiy|');
      flush();
    }),
  );

  it(
    'answers with any stream',
    inVirtualTime(({ fakeModel, coldChunks, expectObservable, expectSubscriptions }) => {
      const cold = coldChunks('-a-b|');
      const model = fakeModel([cold, { answer: EMPTY, when: 'nothing' }]);

      expectObservable(model.stream('Hello').pipe(take(2), selectText())).toBe('-(a|)');
      expectSubscriptions(cold.subscriptions).toBe('^!');
    }),
  );

  it('fails loudly when asked for a round that it does not have, even if the error is caught', () => {
    const tools = [{ name: 'weather', parameters: {} as never }];
    const test = inVirtualTime(({ fakeModel, expectChunks }) => {
      const model = fakeModel(['a|', { answer: NEVER, when: /never/u }, { answer: 'b|' }]);
      const last = model.stream({ messages: [{ role: 'user', content: 'And?' }], tools });
      const all = concat(model.stream('Hello'), model.stream('Hello'), last);
      expectChunks(all.pipe(catchError(() => EMPTY))).toBe('ab|');
    });

    expect(test).toThrow(
      [
        'fakeModel: there is no round for call 3',
        '  asked: user "And?" (1 messages, tools: weather)',
        "  script: 'a|' taken by call 1, a stream when /never/u, 'b|' taken by call 2",
      ].join('\n'),
    );
  });

  it('tells of a script that is empty, not taken or a function', () => {
    const ask = (script: Parameters<Parameters<Parameters<typeof inVirtualTime>[0]>[0]['fakeModel']>[0]) =>
      inVirtualTime(({ fakeModel, expectChunks }) => expectChunks(fakeModel(script).stream('Hi')).toBe('a|'));

    expect(ask([])).toThrow('script: no rounds');
    expect(ask(() => undefined)).toThrow('script: a function, which returned undefined');
    expect(ask([{ answer: 'a|', when: () => false }])).toThrow("script: 'a|' when function when");
    expect(ask([{ answer: 'a|', when: 'x' }, of()])).not.toThrow('fakeModel');
  });

  it(
    'refuses what no model would take',
    inVirtualTime(({ fakeModel, recordTimeline, flush }) => {
      const timeline = recordTimeline(fakeModel(['a|']).stream({ messages: [] }));
      flush();

      expect(timeline.error).toBeInstanceOf(InvalidRequestError);
    }),
  );

  it(
    'throws at the call where the script is none',
    inVirtualTime(({ fakeModel }) => {
      expect(() => fakeModel('--H|' as never)).toThrow(
        'fakeModel: script must be a list of rounds or a function, not "--H|"',
      );
    }),
  );

  it('throws what is wrong with a diagram', () => {
    const test = inVirtualTime(({ fakeModel, expectChunks }) => {
      const model = fakeModel(['cr|'], {
        values: { c: toolCall('one'), r: { type: 'tool-result', toolName: 'two', result: 1 } },
      });
      expectChunks(model.stream('Hello')).toBe('c|');
    });

    expect(test).toThrow('The diagram has a tool-result of two and no call of it');
  });
});
