import { InvalidRequestError } from '../src/errors.ts';
import type { ModelRequest, ThinkingEffort, ToolChoice } from '../src/request.ts';
import type { Schema } from '../src/schema.ts';
import type { ToolDefinition } from '../src/tool.ts';
import {
  type Given,
  toGivenSchema,
  toGivenTool,
  toObject,
  toObjects,
  toOptional,
  toText,
  wrong,
} from './internal/given.ts';
import type { OpenaiOptions } from './openai/completionFacts.ts';
import { readMessages } from './openai/history.ts';

/** What a client of an OpenAI-compatible server asks for. */
export interface OpenaiRequest {
  /** The name of the model that the client wants. */
  readonly model: string;
  /** For a model; of an agent, its `messages`. */
  readonly request: ModelRequest;
  /** Whether the client wants a stream: {@link openaiFormat}, else {@link toChatCompletion}. */
  readonly stream: boolean;
  /** For either of these. */
  readonly options: OpenaiOptions;
}

/**
 * Reads the body of a Chat Completions request.
 *
 * What has no meaning here, such as `user` or `store`, is passed over. What would change the answer and cannot be had is
 * refused: `n` above 1, `functions`, log probabilities, sound, tools that are no functions.
 *
 * @throws {InvalidRequestError} naming the field, what it must be and what it is
 *
 * @example
 * ```ts
 * const { request, options } = readOpenaiRequest(await context.req.json());
 * return toResponse(model.stream(request), { format: openaiFormat(options) });
 * ```
 */
export function readOpenaiRequest(body: unknown): OpenaiRequest {
  const given = toObject('The body', body);
  refuse(given);
  const model = toText('model', given['model']);
  const tools = toOptional(toTools, 'tools', given['tools']);
  const streamOptions = toOptional(toObject, 'stream_options', given['stream_options']);

  const request: ModelRequest = {
    messages: readMessages(given['messages']),
    ...defined({
      tools,
      toolChoice: toOptional(toToolChoice, 'tool_choice', given['tool_choice']),
      parallelToolCalls: toOptional(toBoolean, 'parallel_tool_calls', given['parallel_tool_calls']),
      outputSchema: toOptional(toOutputSchema, 'response_format', given['response_format']),
      temperature: toOptional(toNumber, 'temperature', given['temperature']),
      topP: toOptional(toNumber, 'top_p', given['top_p']),
      maxTokens:
        toOptional(toNumber, 'max_completion_tokens', given['max_completion_tokens']) ??
        toOptional(toNumber, 'max_tokens', given['max_tokens']),
      stop: toOptional(toStop, 'stop', given['stop']),
      frequencyPenalty: toOptional(toNumber, 'frequency_penalty', given['frequency_penalty']),
      presencePenalty: toOptional(toNumber, 'presence_penalty', given['presence_penalty']),
      thinkingEffort: toOptional(toEffort, 'reasoning_effort', given['reasoning_effort']),
      seed: toOptional(toNumber, 'seed', given['seed']),
    }),
  };
  return {
    model,
    request,
    stream: toOptional(toBoolean, 'stream', given['stream']) ?? false,
    options: {
      model,
      tools: (tools ?? []).map(({ name }) => name),
      includeUsage: streamOptions?.['include_usage'] === true,
    },
  };
}

/** What cannot be had, and what to do instead. */
function refuse({ n, functions, function_call: call, logprobs, audio, modalities }: Given): void {
  const isPlural = n !== undefined && n !== null && n !== 1;
  if (isPlural) throw new InvalidRequestError('n must be 1: ask again for another answer');
  if (functions !== undefined || call !== undefined) {
    throw new InvalidRequestError('functions and function_call are not supported: use tools and tool_choice');
  }
  if (logprobs === true) throw new InvalidRequestError('logprobs are not supported: leave the field out');
  const hasSound =
    Boolean(audio) || (Array.isArray(modalities) && modalities.some((word) => word !== 'text'));
  if (hasSound) throw new InvalidRequestError('Only text is answered: leave out audio and modalities');
}

function toTools(path: string, value: unknown): readonly ToolDefinition[] {
  return toObjects(path, value).map(([place, tool]) => {
    if (tool['type'] !== 'function') throw wrong(`${place}.type`, '"function"', tool['type']);
    return toGivenTool(`${place}.function`, toObject(`${place}.function`, tool['function']));
  });
}

function toToolChoice(path: string, value: unknown): ToolChoice {
  if (value === 'auto' || value === 'none' || value === 'required') return value;
  const { type, function: chosen } = toObject(path, value);
  if (type !== 'function') throw wrong(`${path}.type`, '"function"', type);
  return { toolName: toText(`${path}.function.name`, toObject(`${path}.function`, chosen)['name']) };
}

function toOutputSchema(path: string, value: unknown): Schema | undefined {
  const { type, json_schema: format } = toObject(path, value);
  if (type === 'text') return undefined;
  if (type === 'json_object') return toGivenSchema(path, { type: 'object', additionalProperties: true });
  if (type !== 'json_schema') throw wrong(`${path}.type`, 'text, json_object or json_schema', type);
  const { schema } = toObject(`${path}.json_schema`, format);
  return toGivenSchema(`${path}.json_schema.schema`, schema);
}

function toStop(path: string, value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).map((stop: unknown) => toText(path, stop));
}

function toEffort(path: string, value: unknown): ThinkingEffort {
  const effort = value === 'xhigh' ? 'max' : efforts.find((word) => word === value);
  if (effort) return effort;
  throw wrong(path, `${efforts.join(', ')} or xhigh`, value);
}

const efforts = ['none', 'minimal', 'low', 'medium', 'high'] as const;

function toNumber(path: string, value: unknown): number {
  if (typeof value === 'number') return value;
  throw wrong(path, 'a number', value);
}

function toBoolean(path: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw wrong(path, 'true or false', value);
}

/** Without the fields that are not there. */
function defined<T extends object>(fields: T): { [Name in keyof T]?: NonNullable<T[Name]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof T]?: NonNullable<T[Name]>;
  };
}
