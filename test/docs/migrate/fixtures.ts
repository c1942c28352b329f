import type { LLMock } from '@copilotkit/aimock';

/** Some pieces at once, and the next one never. How many of them are text depends on the protocol: blanks behind the first. */
const hang = {
  chunkSize: 16,
  recordedTimings: {
    ttftMs: 0,
    interChunkDelaysMs: [...Array<number>(8).fill(0), 2 ** 31 - 1],
    totalDurationMs: 0,
  },
};

/** What the server of all guides says. */
export function play(mock: LLMock): void {
  const usage = { prompt_tokens: 9, completion_tokens: 7, input_tokens: 9, output_tokens: 7 };
  mock.on({ userMessage: 'Why do marbles roll?' }, { content: 'Because they are round.', usage });
  mock.on({ userMessage: 'slow story' }, { content: `Once upon a time${' '.repeat(999)}` }, hang);
  mock.on(
    { userMessage: 'Do marbles break?', sequenceIndex: 0 },
    { content: 'Glass ones do, and they do so with a bang, on the floor.' },
    { truncateAfterChunks: 9, latency: 5 },
  );
  mock.on({ userMessage: 'Do marbles break?' }, { content: 'Glass ones do.' });
  mock.on(
    { userMessage: 'Break off' },
    { content: 'Half an answer' },
    { truncateAfterChunks: 6, latency: 5 },
  );
  mock.on({ toolCallId: 'call_1' }, { content: 'Yes, take a coat.' });
  mock.on(
    { userMessage: 'coat' },
    { toolCalls: [{ id: 'call_1', name: 'weather', arguments: '{"city":"Bern"}' }] },
  );
  mock.on({ userMessage: 'rösti' }, { content: '{"title":"Rösti","minutes":40}' });
  mock.on({ userMessage: 'alive', model: /deepseek/ }, { content: '<think>A ball of glass.</think>\n\nNo.' });
  mock.on(
    { userMessage: 'alive' },
    { content: 'No.', reasoning: 'A ball of glass.', reasoningSignature: 'signed' },
  );
  mock.on({ userMessage: 'Sure?' }, { content: 'Quite sure.' });
  mock.on({ userMessage: 'My name is Ada' }, { content: 'Hello Ada!' });
  // Only who sends the conversation learns the name.
  mock.on(
    {
      userMessage: 'What is my name?',
      predicate: ({ messages }) => JSON.stringify(messages).includes('My name is Ada'),
    },
    { content: 'Ada.' },
  );
  mock.on({ userMessage: 'Who answers?', model: 'gpt-busy' }, { error: { message: 'Busy' }, status: 503 });
  mock.on({ userMessage: 'Who answers?' }, { content: 'The second one.' });
  mock.on(
    { userMessage: 'Too much' },
    {
      error: { message: 'Slow down', type: 'requests', code: 'rate_limit_exceeded' },
      status: 429,
      retryAfter: 7,
    },
  );
}
