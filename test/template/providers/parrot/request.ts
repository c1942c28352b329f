import type { ModelRequest } from '../../../../src/request.ts';
import { toJsonSchema } from '../../../../src/schema.ts';
import { toSendable } from '../../../../providers/wire/history.ts';

/** A request as the body of `/say`; what the server does not know is left out. */
export function toBody(
  model: string,
  request: ModelRequest & { readonly stream: boolean },
): Record<string, unknown> {
  const { messages, tools, maxTokens, stream, providerOptions } = request;

  return {
    model,
    stream,
    messages: toSendable(messages),
    tools: tools?.map(({ name, parameters }) => ({ name, parameters: toJsonSchema(parameters) })),
    most: maxTokens,
    ...providerOptions,
  };
}
