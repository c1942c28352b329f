/** `fetch`, `eventsource-parser` and `JSON.parse`, and nothing else: the limit. */
import { createParser } from 'eventsource-parser';
import type { Client, MakeClient } from './client.ts';

type TextOf = (event: never) => string | undefined;

function client(
  url: string,
  textOf: TextOf,
  read: (feed: (event: string) => void) => (text: string) => void,
): Client {
  const run = async (onText: (text: string) => boolean): Promise<void> => {
    const controller = new AbortController();
    const response = await fetch(url, { method: 'POST', body: '{}', signal: controller.signal });
    const decoder = new TextDecoder();
    let goesOn = true;
    const feed = read((event) => {
      if (event === '[DONE]') return;
      const text = textOf(JSON.parse(event) as never);
      if (text) goesOn &&= onText(text);
    });
    const reader = response.body?.getReader();
    while (goesOn) {
      const next = await reader?.read();
      if (!next || next.done) break;
      feed(decoder.decode(next.value, { stream: true }));
    }
    if (!goesOn) controller.abort();
  };
  return {
    read: async () => {
      let all = '';
      await run((text) => {
        all += text;
        return true;
      });
      return all;
    },
    first: async () => {
      let moment = 0;
      await run(() => {
        moment = performance.now();
        return false;
      });
      return moment;
    },
  };
}

const events = (feed: (event: string) => void) => {
  const parser = createParser({ onEvent: ({ data }) => feed(data) });
  return (text: string) => parser.feed(text);
};

const lines = (feed: (event: string) => void) => {
  let rest = '';
  return (text: string) => {
    const all = (rest + text).split('\n');
    rest = all.pop() ?? '';
    for (const line of all) if (line !== '') feed(line);
  };
};

interface ChatEvent {
  readonly choices: readonly { readonly delta: { readonly content?: string } }[];
}
interface DeltaEvent<Delta> {
  readonly type: string;
  readonly delta?: Delta;
}

export const make: MakeClient = {
  chat: (url) =>
    client(`${url}/v1/chat/completions`, ({ choices }: ChatEvent) => choices[0]?.delta.content, events),
  responses: (url) =>
    client(
      `${url}/v1/responses`,
      ({ type, delta }: DeltaEvent<string>) => (type === 'response.output_text.delta' ? delta : undefined),
      events,
    ),
  anthropic: (url) =>
    client(
      `${url}/v1/messages`,
      ({ type, delta }: DeltaEvent<{ readonly text?: string }>) =>
        type === 'content_block_delta' ? delta?.text : undefined,
      events,
    ),
  ollama: (url) =>
    client(
      `${url}/api/chat`,
      ({ message }: { readonly message: { readonly content: string } }) => message.content,
      lines,
    ),
};
