import { isDeepStrictEqual } from 'node:util';
import { isRxllmError, ProviderError, StreamInterruptedError } from '../../src/errors.ts';
import type { AssistantPart, InvalidToolCallPart, ToolCallPart } from '../../src/message.ts';
import { parseArguments } from '../../src/parseArguments.ts';
import type { Outcome } from './play.ts';

/** The facts that a correct reader finds in a recording; the format is that of its `index.json`. */
export interface Expected {
  readonly text?: string;
  readonly thinking?: string;
  readonly thinking_parts?: readonly string[];
  readonly refusal?: string | null;
  readonly tool_calls?: readonly ExpectedCall[];
  readonly finish_reason?: string | null;
  readonly done_sentinel?: boolean;
  readonly done?: boolean;
  readonly usage?: Readonly<Record<string, number | null>> | null;
  readonly error?: unknown;
  readonly status?: number | string | null;
  readonly message?: string | null;
  readonly type?: string | null;
  readonly code?: string | number | null;
  readonly request_id_header?: string | null;
  readonly retry_after?: string | number | null;
}

interface ExpectedCall {
  readonly id?: string | null;
  readonly name?: string | null;
  readonly arguments?: unknown;
  readonly arguments_raw?: string;
  readonly arguments_error?: unknown;
}

/** Where the numbers of `expected.usage` stand in the provider's own usage. */
const usagePaths: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'openai-chat': {
    input: ['prompt_tokens'],
    output: ['completion_tokens'],
    reasoning: ['completion_tokens_details.reasoning_tokens', 'reasoning_tokens'],
    cached: ['prompt_tokens_details.cached_tokens', 'prompt_cache_hit_tokens', 'cached_tokens'],
  },
  'openai-responses': {
    input: ['input_tokens'],
    output: ['output_tokens'],
    reasoning: ['output_tokens_details.reasoning_tokens'],
    cached: ['input_tokens_details.cached_tokens'],
  },
  anthropic: {
    input: ['input_tokens'],
    output: ['output_tokens'],
    cache_read: ['cache_read_input_tokens'],
    cache_creation: ['cache_creation_input_tokens'],
  },
  ollama: { input: ['prompt_eval_count'], output: ['eval_count'] },
};

/** Compares what came of a stream with what is in it; one line a difference. */
export function compareStream(
  protocol: string,
  expected: Expected,
  outcome: Outcome,
  body: string,
): string[] {
  const { response, finish, error } = outcome;
  const parts = response.message.content as readonly AssistantPart[];
  const separator = protocol === 'openai-chat' || protocol === 'ollama' ? '' : '\n\n';

  return [
    ...differ('text', expected.text ?? '', response.text),
    ...differ('refusal', expected.refusal ?? '', response.refusal),
    ...differ('thinking', expected.thinking ?? '', outcome.thinkingParts.join(separator)),
    ...(expected.thinking_parts
      ? differ('thinking parts', expected.thinking_parts, outcome.thinkingParts)
      : []),
    ...compareCalls(expected.tool_calls ?? [], parts, error !== undefined),
    ...compareUsage(protocol, expected.usage ?? {}, response.usage?.raw),
    ...compareEnd(expected, finish, error, hasSentinel(protocol, expected, body)),
  ];
}

/** Compares the error made of an HTTP answer with what the answer says. */
export function compareHttpError(expected: Expected, { error }: Outcome): string[] {
  if (!(error instanceof ProviderError)) return [`error: ProviderError expected, got ${describe(error)}`];
  // Servers put their word in either, and Perplexity only repeats the status in `code`.
  const codes = [expected.code, expected.type]
    .filter((value) => value !== null && value !== undefined)
    .map(String);
  const retryAfter =
    expected.retry_after === null || expected.retry_after === undefined
      ? undefined
      : Number(expected.retry_after) * 1000;

  return [
    ...differ('status', expected.status, error.status),
    ...(expected.message && !error.message.includes(expected.message.slice(0, 400))
      ? [`message: ${JSON.stringify(error.message)} does not say ${JSON.stringify(expected.message)}`]
      : []),
    ...(codes.length === 0 || codes.includes(error.code ?? '') ? [] : differ('code', codes, error.code)),
    ...(expected.request_id_header ? differ('request id', expected.request_id_header, error.requestId) : []),
    ...(retryAfter === undefined || Number.isNaN(retryAfter)
      ? []
      : differ('retry after', retryAfter, error.retryAfter)),
  ];
}

function compareCalls(
  expected: readonly ExpectedCall[],
  parts: readonly AssistantPart[],
  brokeOff: boolean,
): string[] {
  const calls = parts
    .filter((part) => part.type === 'tool-call' || part.type === 'tool-call-invalid')
    .filter((part) => !('providerExecuted' in part));

  return [
    ...differ('number of tool calls', expected.length, calls.length),
    ...expected.flatMap((wanted, index) => {
      const call = calls[index];
      if (!call) return [];
      return [
        ...(wanted.id ? differ(`tool call ${index} id`, wanted.id, call.toolCallId) : []),
        ...differ(`tool call ${index} name`, wanted.name ?? '', call.toolName),
        ...(wanted.arguments === null || wanted.arguments_error
          ? differ(
              `tool call ${index} is invalid`,
              wanted.arguments_raw,
              call.type === 'tool-call' ? 'valid' : call.argumentsText,
            )
          : differ(`tool call ${index} arguments`, wanted.arguments, argumentsOf(call, brokeOff))),
      ];
    }),
  ];
}

/** A call that no finish closed is not valid for us, whole as its arguments may be. */
function argumentsOf(call: ToolCallPart | InvalidToolCallPart, brokeOff: boolean): unknown {
  if (call.type === 'tool-call') return call.arguments;
  return (brokeOff ? parseArguments(call.argumentsText).arguments : undefined) ?? 'invalid';
}

function compareUsage(
  protocol: string,
  expected: Readonly<Record<string, number | null>>,
  raw: unknown,
): string[] {
  return Object.entries(expected).flatMap(([name, wanted]) => {
    if (wanted === null) return [];
    const paths = usagePaths[protocol]?.[name] ?? [name];
    const found = paths.map((path) => at(raw, path)).find((value) => value !== undefined && value !== null);
    return differ(`usage ${name}`, wanted, found);
  });
}

function compareEnd(
  expected: Expected,
  finish: Outcome['finish'],
  error: unknown,
  sentinel: boolean,
): string[] {
  if (expected.error) {
    const words = wordsOf(expected.error);
    if (isRxllmError(error) && error.message.includes(words)) return [];
    return [`error: one that says ${JSON.stringify(words)} expected, got ${describe(error)}`];
  }
  const word = expected.finish_reason;
  if (word)
    return error
      ? [`error: none expected, got ${describe(error)}`]
      : differ('finish word', word, finish?.rawReason);
  if (sentinel) return differ('finish reason', 'other', finish?.reason);
  return error instanceof StreamInterruptedError
    ? []
    : [`error: StreamInterruptedError expected, got ${describe(error)}`];
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : 'none';
}

/** Whether the body holds the protocol's own end, be it without a finish word. */
function hasSentinel(protocol: string, expected: Expected, body: string): boolean {
  switch (protocol) {
    case 'anthropic':
      return /"type":\s*"message_stop"/.test(body);
    case 'ollama':
      return expected.done === true;
    default:
      return expected.done_sentinel === true;
  }
}

/** The words of an in-band error, whatever its shape. */
function wordsOf(error: unknown): string {
  if (typeof error === 'string') return error;
  const { message, error: inner, detail } = error as Record<string, unknown>;
  if (inner !== undefined && inner !== null) return wordsOf(inner);
  return typeof message === 'string' ? message : typeof detail === 'string' ? detail : '';
}

function at(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((inner, name) => (inner as Record<string, unknown> | undefined | null)?.[name], value);
}

function differ(what: string, expected: unknown, actual: unknown): string[] {
  if (isDeepStrictEqual(expected, actual)) return [];
  return [`${what}: expected ${shorten(expected)}, got ${shorten(actual)}`];
}

function shorten(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 300 ? `${text.slice(0, 300)}… (${text.length} characters)` : text;
}
