import type { JsonObject } from '../../src/json.ts';
import type { Signature } from '../../src/message.ts';
import type { ModelRequest } from '../../src/request.ts';
import { toJsonSchema } from '../../src/schema.ts';
import { type SendableMessage, toImageUrl, toResultText, toSendable } from '../wire/history.ts';
import { toOutputFormat } from '../wire/strictSchema.ts';

/** The name by which this protocol's signatures are known. */
export const signatureFormat = 'openai-chat';

/**
 * A request as the body of Chat Completions.
 *
 * `limitName` is the field for `maxTokens`: OpenAI and Azure have `max_completion_tokens`, other servers know the
 * older `max_tokens`.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/create
 */
export function toBody(
  model: string,
  request: ModelRequest & { readonly stream: boolean },
  limitName: 'max_completion_tokens' | 'max_tokens',
): Record<string, unknown> {
  const { tools, toolChoice, outputSchema, thinkingEffort } = request;

  return {
    model,
    messages: toSendable(request.messages).flatMap(toWireMessages),
    tools: tools?.map(({ name, description, parameters }) => ({
      type: 'function',
      function: { name, description, parameters: toJsonSchema(parameters) },
    })),
    tool_choice:
      typeof toolChoice === 'object'
        ? { type: 'function', function: { name: toolChoice.toolName } }
        : toolChoice,
    parallel_tool_calls: request.parallelToolCalls,
    response_format: outputSchema && {
      type: 'json_schema',
      json_schema: { name: 'output', ...toOutputFormat(outputSchema) },
    },
    temperature: request.temperature,
    top_p: request.topP,
    [limitName]: request.maxTokens,
    stop: request.stop,
    frequency_penalty: request.frequencyPenalty,
    presence_penalty: request.presencePenalty,
    reasoning_effort: thinkingEffort === 'max' ? 'xhigh' : thinkingEffort,
    seed: request.seed,
    stream: request.stream,
    ...(request.stream && { stream_options: { include_usage: true } }),
    ...request.providerOptions,
  };
}

function toWireMessages(message: SendableMessage): object[] {
  switch (message.role) {
    case 'system':
      return [message];
    case 'user':
      return [{ role: 'user', content: toUserContent(message.content) }];
    case 'tool':
      return message.content.map(({ toolCallId, result }) => ({
        role: 'tool',
        tool_call_id: toolCallId,
        content: toResultText(result),
      }));
    case 'assistant':
      return [toAssistant(message.content)];
  }
}

function toUserContent(content: (SendableMessage & { role: 'user' })['content']): unknown {
  if (typeof content === 'string') return content;
  return content.map((part) =>
    part.type === 'text'
      ? { type: 'text', text: part.text }
      : { type: 'image_url', image_url: { url: toImageUrl(part.image, part.mediaType) } },
  );
}

function toAssistant(parts: (SendableMessage & { role: 'assistant' })['content']): object {
  const textOf = (type: 'text' | 'refusal' | 'thinking') =>
    parts.map((part) => (part.type === type && 'text' in part ? part.text : '')).join('');
  const text = textOf('text');
  const refusal = textOf('refusal');
  const calls = parts.filter((part) => part.type === 'tool-call').filter((part) => !part.providerExecuted);
  const signed = parts.map((part) => ('signature' in part ? ownData(part.signature) : undefined));
  const details = signed.find((data) => data?.['reasoning_details'])?.['reasoning_details'];
  const field = signed.find((data) => typeof data?.['field'] === 'string')?.['field'] as string | undefined;

  return {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
    ...(refusal !== '' && { refusal }),
    ...(calls.length > 0 && {
      tool_calls: calls.map((call) => ({
        id: call.toolCallId,
        type: 'function',
        function: { name: call.toolName, arguments: JSON.stringify(call.arguments) },
        ...(call.signature && { extra_content: ownData(call.signature)?.['extra_content'] }),
      })),
    }),
    ...(details && { reasoning_details: details }),
    ...(field && { [field]: textOf('thinking') }),
  };
}

function ownData(signature: Signature | undefined): JsonObject | undefined {
  return signature?.format === signatureFormat ? (signature.data as JsonObject) : undefined;
}
