import {
  concat,
  defer,
  EMPTY,
  firstValueFrom,
  from,
  ignoreElements,
  lastValueFrom,
  map,
  of,
  timer,
  toArray,
} from 'rxjs';
import { fileStore } from '../../agents/fileStore.ts';
import { session, type SessionStore } from '../../agents/index.ts';
import { sqliteStore } from '../../agents/sqliteStore.ts';
import type { LanguageModel, Message, ModelRequest, StreamChunk } from '../../src/index.ts';

// A program that is killed: `stream` answers without end and tells what is stored; `resume` goes on with the session.

const [kind, path = '', does] = process.argv.slice(2);
const store: SessionStore = kind === 'fileStore' ? fileStore(path) : sqliteStore(path);

function modelOf(
  answer: (messages: readonly Message[]) => ReturnType<LanguageModel['stream']>,
): LanguageModel {
  return {
    provider: 'test',
    model: 'test-1',
    capabilities: {} as LanguageModel['capabilities'],
    stream: (request) => defer(() => answer((request as ModelRequest).messages)),
  };
}

const start: StreamChunk = { type: 'start', provider: 'test', model: 'test-1' };
const toolCallId = 'call_0';

/** Some text, then a tool call whose arguments never end. */
const endless = modelOf(() =>
  concat(
    of<StreamChunk[]>(
      start,
      { type: 'text-delta', text: 'I look ', block: 0 },
      { type: 'text-delta', text: 'it up.', block: 0 },
      { type: 'tool-call-start', toolCallId, toolName: 'weather', block: 1 },
    ),
    timer(0, 20).pipe(
      map((): StreamChunk => ({ type: 'tool-call-delta', toolCallId, argumentsDelta: '[', block: 1 })),
    ),
  ),
);

/** Tells what it was asked. */
const echo = modelOf((messages) =>
  of<StreamChunk[]>(
    start,
    { type: 'text-delta', text: JSON.stringify(messages), block: 0 },
    { type: 'finish', reason: 'stop', metadata: {} },
  ),
);

/** The store, that says what it has. */
const telling: SessionStore = {
  ...store,
  append: (id, records, after) =>
    concat(
      from(store.append(id, records, after)).pipe(ignoreElements()),
      defer(() => {
        for (const { type } of records) console.log(type);
        return EMPTY;
      }),
    ),
};

if (does === 'stream') {
  await lastValueFrom(session({ model: endless, store: telling, id: 'a' }).send('How is the weather?'));
} else {
  const chat = session({ model: echo, store, id: 'a' });
  const { messages } = await firstValueFrom(chat.history);
  await lastValueFrom(chat.send('Go on').pipe(toArray()));
  const listed = await firstValueFrom(chat.list());
  console.log(JSON.stringify({ messages, asked: chat.result?.text, listed }));
}
