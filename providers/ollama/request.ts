import { InvalidRequestError } from '../../src/errors.ts';
import type { ImagePart } from '../../src/message.ts';
import type { ModelRequest, ThinkingEffort } from '../../src/request.ts';
import { toJsonSchema } from '../../src/schema.ts';
import { type SendableMessage, toResultText, toSendable } from '../wire/history.ts';

/**
 * A request as the body of Ollama's `/api/chat`.
 *
 * Ollama cannot be told which tool to call: with `toolChoice: 'none'` it is told of no tool, any other choice is
 * left out, as is `parallelToolCalls`. `providerOptions` are laid over the body, their `options` over its `options`.
 *
 * @throws {InvalidRequestError} for an image that is not base64: Ollama fetches none
 *
 * @see https://docs.ollama.com/api/chat
 */
export function toBody(
  model: string,
  request: ModelRequest & { readonly stream: boolean },
): Record<string, unknown> {
  const { tools = [], toolChoice, outputSchema, thinkingEffort, providerOptions } = request;
  const options = {
    temperature: request.temperature,
    top_p: request.topP,
    num_predict: request.maxTokens,
    stop: request.stop,
    seed: request.seed,
    frequency_penalty: request.frequencyPenalty,
    presence_penalty: request.presencePenalty,
    ...(providerOptions?.['options'] as Record<string, unknown> | undefined),
  };
  const hasOptions = Object.values(options).some((value) => value !== undefined);

  return {
    model,
    messages: toSendable(request.messages).flatMap(toWireMessages),
    tools:
      tools.length === 0 || toolChoice === 'none'
        ? undefined
        : tools.map(({ name, description, parameters }) => ({
            type: 'function',
            function: { name, description, parameters: toJsonSchema(parameters) },
          })),
    format: outputSchema && toJsonSchema(outputSchema),
    think: toThink(model, thinkingEffort),
    stream: request.stream,
    ...providerOptions,
    options: hasOptions ? options : undefined,
  };
}

/** gpt-oss knows how hard to think, every other model only whether. */
function toThink(model: string, effort: ThinkingEffort | undefined): boolean | string | undefined {
  if (effort === undefined) return undefined;
  if (effort === 'none') return false;
  if (!/gpt-oss/i.test(model)) return true;
  return effort === 'minimal' ? 'low' : effort === 'max' ? 'high' : effort;
}

function toWireMessages(message: SendableMessage): object[] {
  switch (message.role) {
    case 'system':
      return [message];
    case 'user':
      return [toUser(message.content)];
    case 'tool':
      // Older servers tell results apart by the tool's name, newer ones by the call's id too.
      return message.content.map(({ toolCallId, toolName, result }) => ({
        role: 'tool',
        tool_name: toolName,
        tool_call_id: toolCallId,
        content: toResultText(result),
      }));
    case 'assistant':
      return [toAssistant(message.content)];
  }
}

function toUser(content: (SendableMessage & { role: 'user' })['content']): object {
  if (typeof content === 'string') return { role: 'user', content };
  const images = content.filter((part) => part.type === 'image').map(toBase64);

  return {
    role: 'user',
    content: content.map((part) => (part.type === 'text' ? part.text : '')).join(''),
    ...(images.length > 0 && { images }),
  };
}

function toBase64({ image }: ImagePart): string {
  const text = String(image);
  const [, base64] = /^data:[^,]*;base64,(.*)$/s.exec(text) ?? [];
  if (base64 === undefined && /^[a-z][a-z\d+.-]*:/i.test(text)) {
    throw new InvalidRequestError(
      `Ollama fetches no images: they must be base64 or a data: URL of base64, not ${text.slice(0, 100)}`,
      { provider: 'ollama' },
    );
  }
  return base64 ?? text;
}

function toAssistant(parts: (SendableMessage & { role: 'assistant' })['content']): object {
  const textOf = (types: readonly string[], separator: string) =>
    parts
      .flatMap((part) => (types.includes(part.type) && 'text' in part && part.text !== '' ? [part.text] : []))
      .join(separator);
  const thinking = textOf(['thinking'], '\n\n');
  const calls = parts.filter((part) => part.type === 'tool-call').filter((part) => !part.providerExecuted);

  return {
    role: 'assistant',
    content: textOf(['text', 'refusal'], ''),
    ...(thinking !== '' && { thinking }),
    ...(calls.length > 0 && {
      tool_calls: calls.map((call) => ({
        id: call.toolCallId,
        function: { name: call.toolName, arguments: call.arguments },
      })),
    }),
  };
}
