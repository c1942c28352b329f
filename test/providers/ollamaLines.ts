import { mapEvents } from '../../providers/ollama/events.ts';
import type { FinishChunk, StreamChunk } from '../../src/index.ts';

export const facts = { provider: 'ollama', model: 'asked' };
export const done = {
  model: 'test-1',
  message: { role: 'assistant', content: '' },
  done: true,
  done_reason: 'stop',
};
export const counters = {
  total_duration: 3_500_000,
  load_duration: 1_000_000,
  prompt_eval_count: 3,
  eval_count: 5,
};

export function line(message: object, more: object = {}): object {
  return { model: 'test-1', message: { role: 'assistant', ...message }, done: false, ...more };
}

/** The chunks of some lines and the finish, if the last of them was the end. */
export function map(lines: readonly object[]): { chunks: StreamChunk[]; finish: FinishChunk | undefined } {
  const chunks: StreamChunk[] = [];
  const mapper = mapEvents((chunk) => chunks.push(chunk), facts);
  const ended = lines.map((each) => mapper.event(each)).includes(true);
  return { finish: mapper.finish(ended), chunks };
}

export function contentOf(...lines: object[]): StreamChunk[] {
  return map([...lines, done]).chunks.filter(({ type }) => type !== 'start');
}

export function finishOf(last: object, ...before: object[]): FinishChunk | undefined {
  return map([...before, { ...done, ...last }]).finish;
}

export const weather = { name: 'weather', arguments: { city: 'Bern' } };
