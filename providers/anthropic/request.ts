import type { JsonObject, JsonValue } from '../../src/json.ts';
import type { ModelRequest, ThinkingEffort, ToolChoice } from '../../src/request.ts';
import { toJsonSchema } from '../../src/schema.ts';
import { toOutputFormat } from '../wire/strictSchema.ts';
import { toConversation } from './messages.ts';

/** What a request must know of the model that it goes to. */
interface ModelTraits {
  /** Most tokens that the model can write in one answer. */
  readonly maxTokens: number;
  /** How thinking is asked for: by a number of tokens, or by a word while the model decides for itself. */
  readonly thinking: 'none' | 'budget' | 'adaptive';
  /** How thinking is turned off, where it can be. */
  readonly thinkingOff: 'disabled' | 'between_tools' | 'never';
  /** Whether the text of the thinking comes only when it is asked for. */
  readonly hidesThinking: boolean;
  /** Whether temperature and top-p are accepted. */
  readonly sampling: boolean;
  readonly structuredOutput: boolean;
}

/** Servers that speak like Anthropic and know other models: what nearly all of them take. */
const unknown: ModelTraits = {
  maxTokens: 8192,
  thinking: 'budget',
  thinkingOff: 'disabled',
  hidesThinking: false,
  sampling: true,
  structuredOutput: false,
};

/**
 * What a model takes, by its name; a Claude without a version in its name is taken for the newest.
 *
 * @see https://platform.claude.com/docs/en/about-claude/models/overview
 */
export function traitsOf(model: string): ModelTraits {
  if (!/claude/i.test(model)) return unknown;
  const version = versionOf(model);
  const isOpus = /opus/i.test(model);
  const alwaysThinks = /fable|mythos/i.test(model) || (isOpus && version >= 5.05);

  return {
    maxTokens: maxTokensOf(version, isOpus),
    thinking: version < 3.07 ? 'none' : version < 4.06 ? 'budget' : 'adaptive',
    thinkingOff: alwaysThinks
      ? 'never'
      : /sonnet/i.test(model) && version >= 5.05
        ? 'between_tools'
        : 'disabled',
    hidesThinking: version >= 4.07,
    sampling: version < 4.07,
    structuredOutput: version >= 4.01,
  };
}

/** 4.05 for `claude-haiku-4-5-20251001`, `claude-4.5-haiku`, `us.anthropic.claude-haiku-4-5-v1:0`. */
function versionOf(model: string): number {
  const found = /claude-(?:[a-z]+-)?(\d+)(?:[-.](\d{1,2}))?(?!\d)/i.exec(model);
  return found ? Number(found[1]) + Number(found[2] ?? 0) / 100 : Number.POSITIVE_INFINITY;
}

function maxTokensOf(version: number, isOpus: boolean): number {
  if (version < 3.05) return 4096;
  if (version < 3.07) return 8192;
  if (isOpus && version < 4.05) return 32_000;
  return version < 4.06 ? 64_000 : 128_000;
}

/** Tokens of thinking, where the model wants a number. */
const budgets: Readonly<Record<Exclude<ThinkingEffort, 'none'>, number>> = {
  minimal: 1024,
  low: 4096,
  medium: 10_240,
  high: 20_480,
  max: 32_000,
};

/** The fewest tokens of thinking that the API takes. */
const leastBudget = 1024;

/** The part of `max_tokens` that thinking may take; the answer needs some too. */
const thinkingShare = 0.8;

/**
 * A request as the body of the Messages API.
 *
 * `max_tokens`, which the API demands, is as much as the model can write where the request does not say.
 *
 * @see https://platform.claude.com/docs/en/api/messages/create
 */
export function toBody(
  model: string,
  request: ModelRequest & { readonly stream: boolean },
): Record<string, unknown> {
  const { tools, outputSchema, providerOptions } = request;
  const { system, turns } = toConversation(request.messages);
  const traits = traitsOf(model);
  const maxTokens = request.maxTokens ?? traits.maxTokens;
  const { thinking, effort } = toThinking(traits, request.thinkingEffort, maxTokens);
  const isThinking = thinking?.type === 'adaptive' || thinking?.type === 'enabled';
  // While it thinks a model takes no temperature.
  const takesSampling = traits.sampling && !isThinking;
  const hasTools = (tools !== undefined && tools.length > 0) || providerOptions?.['tools'] !== undefined;
  const outputConfig = {
    ...(effort !== undefined && { effort }),
    ...(outputSchema && {
      format: { type: 'json_schema', schema: soften(toOutputFormat(outputSchema).schema) },
    }),
  };

  return {
    model,
    max_tokens: maxTokens,
    ...(system.length > 0 && { system }),
    messages: turns,
    tools: tools?.map(({ name, description, parameters }) => ({
      name,
      description,
      input_schema: toJsonSchema(parameters),
    })),
    tool_choice: hasTools ? toToolChoice(request.toolChoice, request.parallelToolCalls) : undefined,
    thinking,
    ...(Object.keys(outputConfig).length > 0 && { output_config: outputConfig }),
    ...(takesSampling && { temperature: request.temperature, top_p: request.topP }),
    stop_sequences: request.stop,
    stream: request.stream,
    ...providerOptions,
  };
}

function toToolChoice(choice: ToolChoice | undefined, parallel: boolean | undefined): object | undefined {
  if (choice === 'none') return { type: 'none' };
  const single = parallel !== undefined && { disable_parallel_tool_use: !parallel };
  if (typeof choice === 'object') return { type: 'tool', name: choice.toolName, ...single };
  if (choice === 'required') return { type: 'any', ...single };
  return choice !== undefined || single ? { type: 'auto', ...single } : undefined;
}

/** How a model is asked to think. */
interface Thinking {
  readonly thinking?: { readonly type: string; readonly budget_tokens?: number; readonly display?: string };
  readonly effort?: string;
}

function toThinking(traits: ModelTraits, effort: ThinkingEffort | undefined, maxTokens: number): Thinking {
  if (effort === undefined || traits.thinking === 'none') return {};
  if (effort === 'none') {
    return traits.thinkingOff === 'never' ? { effort: 'low' } : { thinking: { type: traits.thinkingOff } };
  }
  if (traits.thinking === 'adaptive') {
    return {
      thinking: { type: 'adaptive', ...(traits.hidesThinking && { display: 'summarized' }) },
      effort: effort === 'minimal' ? 'low' : effort,
    };
  }
  const budget = Math.min(budgets[effort], Math.floor(maxTokens * thinkingShare));
  return budget < leastBudget ? {} : { thinking: { type: 'enabled', budget_tokens: budget } };
}

/** What the API understands of JSON Schema in structured output; anything else it refuses. */
const keywords = new Set([
  ...['type', 'enum', 'const', 'anyOf', 'allOf', '$ref', '$defs', 'definitions', 'title', 'description'],
  ...['default', 'properties', 'required', 'additionalProperties', 'items', 'format', 'minItems'],
]);

const formats = new Set([
  ...['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid'],
]);

/**
 * A schema of words that the API understands. What it does not is told to the model in the description: the bounds
 * of a number, lengths, patterns.
 *
 * @see https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
 */
function soften(schema: JsonObject): JsonObject {
  const known: Record<string, JsonValue> = {};
  const foreign: string[] = [];

  for (const [key, value] of Object.entries(schema)) {
    if (key === 'oneOf') known['anyOf'] = softenAll(value);
    else if (!keywords.has(key) || !isAccepted(key, value)) foreign.push(`${key}: ${JSON.stringify(value)}`);
    else if (key === 'properties' || key === '$defs' || key === 'definitions') {
      known[key] = Object.fromEntries(
        Object.entries(value as JsonObject).map(([name, inner]) => [name, softenAll(inner)]),
      );
    } else known[key] = ['anyOf', 'allOf', 'items'].includes(key) ? softenAll(value) : value;
  }
  if (foreign.length > 0) {
    const description = schema['description'];
    const words = typeof description === 'string' ? [description] : [];
    known['description'] = [...words, foreign.join(', ')].join('\n\n');
  }
  return known;
}

function softenAll(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(softenAll);
  return typeof value === 'object' && value !== null ? soften(value as JsonObject) : value;
}

function isAccepted(key: string, value: JsonValue): boolean {
  if (key === 'format') return formats.has(value as string);
  return key !== 'minItems' || value === 0 || value === 1;
}
