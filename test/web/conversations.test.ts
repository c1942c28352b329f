import { HttpAgent, type Message } from '@ag-ui/client';
import {
  AbstractChat,
  type ChatState,
  DefaultChatTransport,
  lastAssistantMessageIsCompleteWithApprovalResponses,
  lastAssistantMessageIsCompleteWithToolCalls,
  type UIMessage,
} from 'ai';
import { of, tap } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { agent } from '../../agents/agent.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import type { RunState } from '../../src/runState.ts';
import { tool } from '../../src/tool.ts';
import { agUi, readAgUiRequest, readUIMessageRequest, toResponse, uiMessageStream } from '../../web/index.ts';
import { type Loopback, serveFetch } from './loopback.ts';
import { finish, say, start, toolCall } from './said.ts';
import { scripted } from './scripted.ts';

/** What `useChat` is without React. */
class Chat extends AbstractChat<UIMessage> {
  constructor(url: string) {
    const state: ChatState<UIMessage> = {
      status: 'ready',
      error: undefined,
      messages: [],
      pushMessage: (message) => (state.messages = [...state.messages, message]),
      popMessage: () => (state.messages = state.messages.slice(0, -1)),
      replaceMessage: (index, message) => (state.messages = state.messages.with(index, message)),
      snapshot: structuredClone,
    };
    super({
      state,
      transport: new DefaultChatTransport({ api: url }),
      sendAutomaticallyWhen: (chat) =>
        lastAssistantMessageIsCompleteWithApprovalResponses(chat) ||
        lastAssistantMessageIsCompleteWithToolCalls(chat),
    });
  }
}

const execute = vi.fn(() => 'paid');
const states = new Map<string, RunState>();
let loopback: Loopback;

/** An agent that is asked to pay, and asks first. */
function payer() {
  const pay = tool({
    name: 'pay',
    parameters: z.object({ city: z.string() }),
    approve: () => of('later'),
    execute,
  });
  const model = scripted(
    [start, say('I shall pay.'), ...toolCall('pay', 1), finish('tool-calls')],
    [start, say('I have paid.'), finish()],
  );
  return { model, assistant: agent({ model, tools: [pay] }) };
}

/** Keeps the state of a run that waits. */
const keep = (id: string) =>
  tap((chunk: StreamChunk) => {
    if (chunk.type === 'run-finish' && chunk.state) states.set(id, chunk.state);
    else if (chunk.type === 'run-finish') states.delete(id);
  });

beforeEach(() => {
  execute.mockClear();
  states.clear();
});

afterEach(() => loopback.close());

describe('an approval', () => {
  it('goes over useChat and back, to the call that waits', async () => {
    const { assistant } = payer();
    loopback = await serveFetch(async (request) => {
      const { id, request: asked, decisions, options } = readUIMessageRequest(await request.json());
      const waiting = states.get(id);
      const run = waiting ? assistant.resume(waiting, decisions) : assistant.stream(asked.messages);
      return toResponse(run.pipe(keep(id)), { format: uiMessageStream(options) });
    });
    const chat = new Chat(loopback.url);
    await chat.sendMessage({ text: 'Pay!' });
    const asked = chat.lastMessage?.parts.find((part) => part.type === 'tool-pay');

    expect(asked).toMatchObject({ state: 'approval-requested' });
    expect(execute).not.toHaveBeenCalled();

    const { approval } = asked as unknown as { approval: { id: string } };
    await chat.addToolApprovalResponse({ id: approval.id, approved: true });
    await vi.waitFor(() => {
      expect(chat.lastMessage?.parts.at(-1)).toMatchObject({
        type: 'text',
        text: 'I have paid.',
        state: 'done',
      });
    });

    expect(execute).toHaveBeenCalledOnce();
    expect(chat.error).toBeUndefined();
    expect(chat.lastMessage?.parts.filter(({ type }) => type !== 'step-start')).toMatchObject([
      { type: 'text', text: 'I shall pay.' },
      { type: 'tool-pay', state: 'output-available', output: 'paid' },
      { type: 'text', text: 'I have paid.' },
    ]);
    expect(readUIMessageRequest({ id: 'c', messages: chat.messages }).request.messages).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: [{ text: 'I shall pay.' }, { toolCallId: 'call_pay' }] },
      { role: 'tool', content: [{ toolCallId: 'call_pay', result: 'paid' }] },
      { role: 'assistant', content: [{ text: 'I have paid.' }] },
    ]);
  });

  it('goes over AG-UI and back, to the call that waits', async () => {
    const { assistant } = payer();
    loopback = await serveFetch(async (request) => {
      const { request: asked, decisions, options } = readAgUiRequest(await request.json());
      const { threadId: id = '' } = options;
      const waiting = states.get(id);
      const run = waiting ? assistant.resume(waiting, decisions) : assistant.stream(asked.messages);
      return toResponse(run.pipe(keep(id)), { format: agUi(options) });
    });
    const client = new HttpAgent({
      url: loopback.url,
      initialMessages: [{ id: 'q', role: 'user', content: 'Pay!' }],
    });
    await client.runAgent({ runId: 'first' });
    const [interrupt] = client.pendingInterrupts;

    expect(interrupt).toMatchObject({ reason: 'tool_call', message: 'pay waits for approval' });
    expect(execute).not.toHaveBeenCalled();

    const resume = [
      { interruptId: interrupt?.id ?? '', status: 'resolved', payload: { approved: true } },
    ] as const;
    await client.runAgent({ runId: 'second', resume: [...resume] });

    expect(execute).toHaveBeenCalledOnce();
    expect(client.messages.slice(1)).toMatchObject([
      {
        role: 'assistant',
        content: 'I shall pay.',
        toolCalls: [{ function: { name: 'pay', arguments: '{"city":"Bern"}' } }],
      },
      { role: 'tool', content: 'paid' },
      { role: 'assistant', content: 'I have paid.' },
    ]);
  });
});

describe('a tool that runs at the client', () => {
  const model = () =>
    scripted(
      [start, say('Let me see.'), ...toolCall('weather', 1), finish('tool-calls')],
      [start, say('It is sunny.'), finish()],
    );
  const asked = [
    { role: 'user' },
    {
      role: 'assistant',
      content: [{ text: 'Let me see.' }, { toolCallId: 'call_weather', arguments: { city: 'Bern' } }],
    },
    { role: 'tool', content: [{ toolCallId: 'call_weather', toolName: 'weather', result: 'sunny' }] },
  ];

  it('gives its result back over useChat', async () => {
    const inner = model();
    loopback = await serveFetch(async (request) => {
      const { request: read } = readUIMessageRequest(await request.json());
      return toResponse(inner.stream(read), { format: uiMessageStream() });
    });
    const chat = new Chat(loopback.url);
    await chat.sendMessage({ text: 'Weather?' });
    await chat.addToolOutput({ tool: 'weather', toolCallId: 'call_weather', output: 'sunny' });
    await vi.waitFor(() => {
      expect(chat.lastMessage?.parts.at(-1)).toMatchObject({
        type: 'text',
        text: 'It is sunny.',
        state: 'done',
      });
    });

    expect(inner.requests[1]?.messages).toMatchObject(asked);
  });

  it('gives its result back over AG-UI', async () => {
    const inner = model();
    loopback = await serveFetch(async (request) => {
      const { request: read, options } = readAgUiRequest(await request.json());
      return toResponse(inner.stream(read), { format: agUi(options) });
    });
    const client = new HttpAgent({
      url: loopback.url,
      initialMessages: [{ id: 'q', role: 'user', content: 'Weather?' }],
    });
    const tools = [{ name: 'weather', description: 'Tells the weather' }];
    const { newMessages } = await client.runAgent({ tools });
    const [call] = newMessages.flatMap((message: Message) =>
      message.role === 'assistant' ? (message.toolCalls ?? []) : [],
    );
    client.addMessage({ id: 'result', role: 'tool', toolCallId: call?.id ?? '', content: 'sunny' });
    await client.runAgent({ tools });

    expect(inner.requests[0]?.tools).toMatchObject(tools);
    expect(inner.requests[1]?.messages).toMatchObject(asked);
    expect(client.messages.at(-1)).toMatchObject({ role: 'assistant', content: 'It is sunny.' });
  });
});
