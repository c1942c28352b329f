import type { JsonObject } from '../../src/json.ts';
import type { RefusalPart, TextPart } from '../../src/message.ts';
import type { ModelRequest } from '../../src/request.ts';
import { toJsonSchema } from '../../src/schema.ts';
import {
  type SendableMessage,
  type SendablePart,
  toImageUrl,
  toResultText,
  toSendable,
} from '../wire/history.ts';
import { toOutputFormat } from '../wire/strictSchema.ts';

/** The name by which this protocol's signatures are known. */
export const signatureFormat = 'openai';

/** One item of a request's input. */
type InputItem = Record<string, unknown>;

/**
 * A request as the body of Responses.
 *
 * `stop`, `seed` and the penalties are not sent, since Responses refuses them. `thinks` says that the model can be
 * asked for its encrypted reasoning; OpenAI answers 400 where another one is.
 *
 * @see https://platform.openai.com/docs/api-reference/responses/create
 */
export function toBody(
  model: string,
  request: ModelRequest & { readonly stream: boolean },
  thinks: boolean,
): Record<string, unknown> {
  const { tools, toolChoice, outputSchema, thinkingEffort } = request;

  return {
    model,
    input: toSendable(request.messages).flatMap(toItems),
    tools: tools?.map(({ name, description, parameters }) => ({
      type: 'function',
      name,
      description,
      parameters: toJsonSchema(parameters),
      // Responses takes an absent `strict` for true, and then refuses optional properties.
      strict: false,
    })),
    tool_choice:
      typeof toolChoice === 'object' ? { type: 'function', name: toolChoice.toolName } : toolChoice,
    parallel_tool_calls: request.parallelToolCalls,
    text: outputSchema && {
      format: { type: 'json_schema', name: 'output', ...toOutputFormat(outputSchema) },
    },
    temperature: request.temperature,
    top_p: request.topP,
    max_output_tokens: request.maxTokens,
    reasoning: thinkingEffort && {
      effort: thinkingEffort === 'max' ? 'xhigh' : thinkingEffort,
      ...(thinkingEffort !== 'none' && { summary: 'auto' }),
    },
    include: thinks ? ['reasoning.encrypted_content'] : undefined,
    stream: request.stream,
    ...request.providerOptions,
  };
}

function toItems(message: SendableMessage): InputItem[] {
  switch (message.role) {
    case 'system':
      return [{ role: 'system', content: message.content }];
    case 'user':
      return [{ role: 'user', content: toUserContent(message.content) }];
    case 'tool':
      return message.content.map(({ toolCallId, result }) => ({
        type: 'function_call_output',
        call_id: toolCallId,
        output: toResultText(result),
      }));
    case 'assistant':
      return toAnswerItems(message.content);
  }
}

function toUserContent(content: (SendableMessage & { role: 'user' })['content']): unknown {
  if (typeof content === 'string') return content;
  return content.map((part) =>
    part.type === 'text'
      ? { type: 'input_text', text: part.text }
      : { type: 'input_image', image_url: toImageUrl(part.image, part.mediaType), detail: 'auto' },
  );
}

/**
 * An answer as the items it was made of; of another provider's, what has a form here: text, refusals, calls.
 *
 * OpenAI remembers which item came behind which reasoning item and refuses the one without the other. So an item has
 * its id only behind its reasoning, and reasoning that nothing follows (cut off, or its call was dropped) is left out.
 */
function toAnswerItems(parts: readonly SendablePart[]): InputItem[] {
  const ownCalls = new Set(
    parts.flatMap((part) =>
      part.type === 'tool-call' && part.providerExecuted && ownData(part) ? [part.toolCallId] : [],
    ),
  );
  const items: InputItem[] = [];
  let isReasoned = false;
  let texts: (TextPart | RefusalPart)[] = [];
  let textData: JsonObject | undefined;

  const idOf = (data: JsonObject | undefined) => (isReasoned && data?.['id'] ? { id: data['id'] } : {});
  const flush = () => {
    if (texts.length > 0) items.push(toMessage(texts, idOf(textData), textData?.['phase']));
    texts = [];
  };

  for (const part of parts) {
    const data = ownData(part);
    if (part.type === 'text' || part.type === 'refusal') {
      if (part.text === '') continue;
      if (data?.['id'] !== textData?.['id']) flush();
      textData = data;
      texts.push(part);
      continue;
    }
    flush();
    if (part.type === 'thinking') {
      if (!data) continue;
      isReasoned ||= data['type'] === 'reasoning';
      items.push(data);
    } else if (part.type === 'tool-result') {
      // Another provider's has no form here.
      if (ownCalls.has(part.toolCallId)) items.push(part.result as InputItem);
    } else if (!part.providerExecuted) {
      items.push({
        type: 'function_call',
        ...idOf(data),
        call_id: part.toolCallId,
        name: part.toolName,
        arguments: JSON.stringify(part.arguments),
      });
    }
  }
  flush();

  return items.filter(
    (item, index) =>
      item['type'] !== 'reasoning' || (items[index + 1]?.['type'] ?? 'reasoning') !== 'reasoning',
  );
}

function toMessage(
  parts: readonly (TextPart | RefusalPart)[],
  id: { readonly id?: unknown },
  phase: unknown,
): InputItem {
  const isPlain = !('id' in id) && parts.every(({ type }) => type === 'text');

  return {
    type: 'message',
    ...id,
    role: 'assistant',
    ...('id' in id && { status: 'completed' }),
    ...(phase !== undefined && { phase }),
    // Servers that are not OpenAI's know a string best.
    content: isPlain
      ? parts.map(({ text }) => text).join('')
      : parts.map((part) =>
          part.type === 'text'
            ? { type: 'output_text', text: part.text, annotations: [] }
            : { type: 'refusal', refusal: part.text },
        ),
  };
}

/** What this protocol said of a part. */
function ownData(part: SendablePart): JsonObject | undefined {
  const signature = 'signature' in part ? part.signature : undefined;
  return signature?.format === signatureFormat ? (signature.data as JsonObject) : undefined;
}
