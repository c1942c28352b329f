import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Answers a request; `attempt` is its number, from 0. */
export type Answer = (response: ServerResponse, attempt: number) => unknown;

/** An event of Chat Completions. */
function event(delta: object, finishReason: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason: finishReason }];
  const head = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' };
  return `data: ${JSON.stringify({ ...head, choices })}\n\n`;
}

function begin(response: ServerResponse, content: string | null = ''): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(event({ role: 'assistant', content }));
}

function finish(response: ServerResponse, reason: string): void {
  response.end(`${event({}, reason)}data: [DONE]\n\n`);
}

/** A whole answer. */
export function says(response: ServerResponse, pieces: readonly string[]): void {
  begin(response);
  for (const content of pieces) response.write(event({ content }));
  finish(response, 'stop');
}

const hello = (response: ServerResponse) => {
  says(response, ['Hel', 'lo']);
};

/** Goes wrong at the first request, and says “Hello” at every further one. */
const once =
  (wrong: (response: ServerResponse) => unknown): Answer =>
  (response, attempt) => {
    if (attempt === 0) return wrong(response);
    hello(response);
    return undefined;
  };

function half(response: ServerResponse): void {
  begin(response);
  response.write(event({ content: 'Hel' }));
}

/** What the server does, by the name of the row. */
export const answers = {
  'HTTP 503, then the answer': once((response) => response.writeHead(503, { 'retry-after': '0' }).end('{}')),
  'the connection drops': once(async (response) => {
    half(response);
    await sleep(20);
    response.destroy();
  }),
  'an error event': once((response) => {
    half(response);
    response.end(
      `data: ${JSON.stringify({ error: { message: 'busy', type: 'server_error', code: 'busy' } })}\n\n`,
    );
  }),
  'the body ends early': once((response) => {
    half(response);
    response.end();
  }),
  silence: once(half),
  'stopped by a signal': once(half),
} satisfies Readonly<Record<string, Answer>>;

/** A piece of a call of the tool `remove`. */
function call(index: number, id: string | undefined, args: string): string {
  const begun = id === undefined ? {} : { id, type: 'function' };
  const tool = { ...(id !== undefined && { name: 'remove' }), arguments: args };
  return event({ tool_calls: [{ index, ...begun, function: tool }] });
}

/** In the first round calls of tools, in the second the answer. */
const calling =
  (pieces: readonly string[], reason: string): Answer =>
  (response, attempt) => {
    if (attempt === 0) {
      begin(response, null);
      for (const piece of pieces) response.write(piece);
      finish(response, reason);
    } else {
      hello(response);
    }
  };

/** Rounds with tools, by the name of the row. */
export const toolAnswers = {
  'two calls': calling([call(0, 'a', '{"path":"a"}'), call(1, 'b', '{"path":"b"}')], 'tool_calls'),
  'cut off by the token limit': calling([call(0, 'a', '{"path":"a/lo')], 'length'),
  'two calls, both of index 0': calling(
    [call(0, 'a', '{"path":"a"}'), call(0, 'b', '{"path":"b"}')],
    'tool_calls',
  ),
} satisfies Readonly<Record<string, Answer>>;

/** Writes one call, then asks `more` when to go on with the second. */
export const writesOn =
  (more: () => Promise<unknown>): Answer =>
  async (response, attempt) => {
    if (attempt > 0) {
      hello(response);
      return;
    }
    begin(response, null);
    response.write(call(0, 'a', '{"path":"a"}'));
    response.write(call(1, 'b', '{"path"'));
    await more();
    response.write(call(1, undefined, ':"b"}'));
    finish(response, 'tool_calls');
  };
