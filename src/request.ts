import { InvalidRequestError } from './errors.ts';
import type { Message } from './message.ts';
import type { Schema } from './schema.ts';
import type { ToolDefinition } from './tool.ts';

/** How hard the model is to think before it answers. */
export type ThinkingEffort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'max';

/** Which tools the model may call: as it likes, none, at least one, or just this one. */
export type ToolChoice = 'auto' | 'none' | 'required' | { readonly toolName: string };

/**
 * One request to a language model, in the same words for every provider.
 *
 * What a provider does not know it is not sent. To abort a request, unsubscribe.
 */
export interface ModelRequest {
  readonly messages: readonly Message[];
  readonly tools?: readonly ToolDefinition[];
  /** @defaultValue 'auto' */
  readonly toolChoice?: ToolChoice;
  /** Whether the model may call several tools at once. @defaultValue the provider's */
  readonly parallelToolCalls?: boolean;
  /**
   * The answer is to be JSON of this schema: by the model's structured output, or where its `capabilities` have none,
   * by a tool that it must call, whose arguments come as text, or by an instruction.
   */
  readonly outputSchema?: Schema;
  readonly temperature?: number;
  readonly topP?: number;
  /** Most tokens the answer may have. @defaultValue the provider's; Anthropic demands one, see its provider */
  readonly maxTokens?: number;
  /** Texts at which the model stops. */
  readonly stop?: readonly string[];
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  /** @defaultValue the provider's */
  readonly thinkingEffort?: ThinkingEffort;
  /** For answers that repeat, where the provider can. */
  readonly seed?: number;
  /** `false` asks for the whole answer at once; the chunks are the same. @defaultValue what the model can */
  readonly stream?: boolean;
  /** Laid over the provider's own request body, untouched. */
  readonly providerOptions?: Readonly<Record<string, unknown>>;
  /** Also emit the provider's own events as `raw` chunks. @defaultValue false */
  readonly includeRaw?: boolean;
}

const roles = ['system', 'user', 'assistant', 'tool'];

/**
 * A prompt as a request; a request as it is.
 *
 * @throws {InvalidRequestError} where the messages are none, or not of the form of {@link Message}
 */
export function toRequest(input: ModelRequest | string): ModelRequest {
  if (typeof input === 'string') return { messages: [{ role: 'user', content: input }] };
  const messages = (input as Partial<ModelRequest> | undefined)?.messages;
  if (!Array.isArray(messages) || messages.length === 0) {
    throw new InvalidRequestError(
      'The request needs messages: a non-empty array, or a string instead of the request',
    );
  }
  for (const [index, message] of (messages as readonly Partial<Message>[]).entries()) {
    if (!roles.includes(message.role as string)) {
      throw new InvalidRequestError(
        `messages[${index}].role must be one of ${roles.join(', ')}, not ${String(message.role)}`,
      );
    }
    const isParts = Array.isArray(message.content);
    if (!isParts && (typeof message.content !== 'string' || message.role === 'tool')) {
      throw new InvalidRequestError(
        `messages[${index}].content must be ${message.role === 'tool' ? '' : 'a string or '}an array of parts, not ${typeof message.content}`,
      );
    }
  }
  return input;
}
