import { describe, expect, it } from 'vitest';
import { describeProgress } from '../../examples/chat/answer.ts';
import {
  dataFolder,
  defaultStore,
  describeList,
  textOf,
  titleOf,
  toEntries,
} from '../../examples/chat/conversations.ts';
import { Drawing } from '../../examples/chat/drawing.ts';
import { priceOf } from '../../examples/chat/prices.ts';
import type { Entry } from '../../examples/start/lane.ts';

const options = { columns: 30, spinner: '*' };
const thought: Entry = { kind: 'thinking', text: 'I think\u001b[2J\nof many other things', block: 0 };
const call: Entry = { kind: 'tool', toolCallId: '1', toolName: 'weather', arguments: { city: 'Bern' } };
const answered = { type: 'tool-result', toolCallId: '1', toolName: 'weather', isError: false } as const;

function draw(entries: readonly Entry[], state: 'running' | 'done' = 'running', drawing = new Drawing()) {
  return drawing.draw({ entries, state }, options);
}

describe('Drawing', () => {
  it('folds thinking to one line: its end while it grows, its beginning later', () => {
    const { live } = new Drawing().draw(
      { entries: [thought], state: 'running' },
      { columns: 24, spinner: '*' },
    );
    expect(live).toEqual(['* …f many other things']);
    expect(draw([{ ...thought, text: `${thought.text}!` }], 'done').finished).toEqual([
      '✻ I think of many other thing…',
    ]);
    expect(draw([{ ...thought, text: ' \n' }], 'done').finished).toEqual([]);
  });

  it('shows thinking in full where it is asked to', () => {
    const { finished } = draw([thought], 'done', new Drawing({ showsThinking: true }));

    expect(finished).toEqual(['', 'I think', 'of many other things']);
  });

  it('shows a tool on one line: how far it is, and what it answers', () => {
    const result = { ...answered, result: { celsius: -2 }, durationMs: 1480 };
    const wide = { ...options, columns: 80 };
    const drawing = new Drawing();
    const running = [{ ...call, progress: 'asking\nsomebody' }] as readonly Entry[];

    expect(drawing.draw({ entries: running, state: 'running' }, wide)).toEqual({
      finished: [],
      live: ['* weather {"city":"Bern"} · asking somebody'],
    });
    expect(drawing.draw({ entries: [{ ...call, result }], state: 'running' }, wide)).toEqual({
      finished: ['✔ weather {"city":"Bern"} 1.5 s → {"celsius":-2}'],
      live: [],
    });
  });

  it('marks a tool that failed, and one that was left', () => {
    const result = { ...answered, result: 'no', isError: true, durationMs: 0 };

    expect(draw([{ ...call, result }, call], 'done').finished).toEqual([
      '✖ weather {"city":"Bern"} → no',
      '■ weather {"city":"Bern"}',
    ]);
  });

  it('lets what comes behind a running tool wait for it', () => {
    const text: Entry = { kind: 'text', text: 'One.\n\nTwo.\n', block: 2 };
    const drawing = new Drawing();

    expect(draw([call, text], 'running', drawing)).toEqual({
      finished: [],
      live: ['* weather {"city":"Bern"}', '', 'Two.'],
    });
    const result = { ...answered, result: 1, durationMs: 0 };
    expect(draw([{ ...call, result }, text], 'running', drawing)).toEqual({
      finished: ['✔ weather {"city":"Bern"} → 1', '', 'One.'],
      live: ['', 'Two.'],
    });
  });

  it('says that it tries again, and why it failed', () => {
    const error = { name: 'Error', message: 'busy', retryable: true };
    const chunk = { type: 'restart', attempt: 2, maxAttempts: 3, delayMs: 1, error } as const;

    expect(
      draw([
        { kind: 'restart', chunk },
        { kind: 'error', message: 'too\nbusy' },
      ]).finished,
    ).toEqual(['↻ busy, attempt 2 of 3', '✖ too busy']);
  });

  it('draws the same lines for good wherever a text is cut', () => {
    const text =
      '# One\n\ntwo\nthree\n\n- four\n\n  five\n- six\n\n```ts\nseven\n\neight\n```\n\n| a |\n|---|\n| b |\n';
    const whole = draw([{ kind: 'text', text, block: 0 }], 'done').finished;

    for (let at = 0; at <= text.length; at++) {
      const drawing = new Drawing();
      const first = draw([{ kind: 'text', text: text.slice(0, at), block: 0 }], 'running', drawing).finished;
      const last = draw([{ kind: 'text', text, block: 0 }], 'done', drawing).finished;
      expect([...first, ...last]).toEqual(whole);
    }
  });

  it('draws of a very long block no more than its end while it grows', () => {
    const lines = Array.from({ length: 5_000 }, (_, index) => `line ${index}`).join('\n');
    const { live } = draw([{ kind: 'text', text: `\`\`\`ts\n${lines}`, block: 0 }]);

    expect(live.length).toBeLessThan(1_000);
    expect(live.slice(-2)).toEqual(['  line 4998', '  line 4999']);
    expect(live.join()).not.toContain('```');
  });
});

describe('toEntries', () => {
  it('draws a conversation as it came, each result with its call', () => {
    const callOf = (city: string) => ({
      type: 'tool-call' as const,
      toolCallId: '0',
      toolName: 'weather',
      arguments: { city },
    });
    const resultOf = (result: string) => ({
      role: 'tool' as const,
      content: [{ type: 'tool-result' as const, toolCallId: '0', toolName: 'weather', result }],
    });
    const entries = toEntries([
      { role: 'assistant', content: [{ type: 'thinking', text: 'Hm.', kind: 'thinking' }, callOf('Bern')] },
      resultOf('cold'),
      { role: 'assistant', content: [callOf('Rome')] },
      resultOf('warm'),
      { role: 'assistant', content: 'Go to Rome.' },
      { role: 'assistant', content: [{ type: 'refusal', text: 'No.' }], partial: true },
    ]);

    expect(draw(entries, 'done').finished).toEqual([
      '✻ Hm.',
      '✔ weather {"city":"Bern"} → c…',
      '✔ weather {"city":"Rome"} → w…',
      '',
      'Go to Rome.',
      '',
      'No.',
      '',
      '✖ The answer was cut off here.',
    ]);
  });
});

describe('conversations', () => {
  it('are kept in the folder of the platform', () => {
    expect(dataFolder('linux', { XDG_DATA_HOME: '/data' })).toBe('/data');
    expect(dataFolder('linux', { XDG_DATA_HOME: 'relative' })).toMatch(/\/\.local\/share$/);
    expect(dataFolder('darwin', {})).toMatch(/\/Library\/Application Support$/);
    expect(dataFolder('win32', { LOCALAPPDATA: 'C:\\data' })).toBe('C:\\data');
    expect(dataFolder('win32', {})).toContain('AppData');
    expect(defaultStore()).toMatch(/rxllm.chats\.db$/);
  });

  it('are called by their beginning, on one line', () => {
    expect(titleOf('Hello\n\u001b[2Jyou')).toBe('Hello you');
    expect(titleOf('x'.repeat(100))).toBe(`${'x'.repeat(59)}…`);
    expect(describeList([{ id: 'a', createdAt: 0, updatedAt: 0, messageCount: 0 }])).toBe(
      'There is no conversation yet.',
    );
    expect(describeList([{ id: 'a', title: 'b\nc', createdAt: 0, updatedAt: 0, messageCount: 2 }])).toBe(
      'a  1970-01-01 00:00    2 messages  b c',
    );
    expect(
      textOf({
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'image', image: 'b' },
        ],
      }),
    ).toBe('a');
  });
});

describe('describeProgress', () => {
  const progress = { isDone: true, elapsedMs: 2100, characters: 9, outputTokens: 7, tools: {} };

  it('leaves out what is not known', () => {
    expect(describeProgress({ ...progress, isEstimated: true })).toBe('~7 out · 2.1 s');
    const usage = { inputTokens: 5, outputTokens: 7, totalTokens: 12 };
    expect(
      describeProgress({ ...progress, isEstimated: false, usage, cost: 0.25, tokensPerSecond: 40.4 }),
    ).toBe('5 tokens in · 7 out · $0.25000 · 40 tokens/s · 2.1 s');
  });
});

describe('priceOf', () => {
  it.each([
    ['openai', 'gpt-5-mini', 0.25],
    ['openai', 'gpt-5-mini-2025-08-07', 0.25],
    ['anthropic', 'claude-sonnet-5-5', 2],
    ['anthropic', 'claude-sonnet-5-5-20260401', 2],
    ['openai', 'gpt-5-nano', undefined],
    ['ollama', 'gpt-5-mini', undefined],
  ])('knows of %s/%s: %s', (provider, model, input) => {
    expect(priceOf({ provider, model })?.input).toBe(input);
  });
});
