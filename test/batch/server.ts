/** A server for the batch, in a process of its own: it says back what it is asked, and now and then it breaks. */
import { LLMock } from '@copilotkit/aimock';

const mock = new LLMock({
  port: 0,
  logLevel: 'silent',
  journalMaxEntries: 1000,
  fixtureCountsMaxTestIds: 10,
});
let served = 0;
mock.on(
  {},
  ({ messages }) => {
    served += 1;
    return {
      content: `${JSON.stringify(messages.at(-1)?.content)} it was, and this is what there is to say of it.`,
      usage: { prompt_tokens: 10, completion_tokens: 20 },
    };
  },
  {
    chunkSize: 16,
    chaos: { dropRate: 0.01, rateLimitRate: 0.0002, malformedRate: 0.01, disconnectRate: 0.01 },
  },
);

process.send?.({ url: await mock.start() });
process.on('message', () => process.send?.({ served, rss: process.memoryUsage.rss() }));
process.on('disconnect', () => process.exit());
