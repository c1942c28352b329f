import type { StreamChunk } from '../../src/chunk.ts';
import type { ModelRequest } from '../../src/request.ts';
import { toJsonSchema } from '../../src/schema.ts';
import type { Emit, WireCall } from './streamCall.ts';

/** A request, and how to read the answer to it. */
interface Asked {
  readonly request: ModelRequest;
  readonly mapEvents: WireCall['mapEvents'];
}

/** The tool that stands for the answer. */
const toolName = 'answer';

/**
 * Asks a model that has no structured output for an answer of the schema all the same, by other means.
 *
 * By a tool that it must call, where it can be made to and the request has no tools, no choice of them and no thinking
 * of its own: models that think refuse to be forced. The arguments then come as the text of the answer, and nobody
 * sees the tool. Else by an instruction, which a model may not follow to the letter: it likes to add a code fence.
 */
export function askForOutput(asked: Asked, canForceTools: boolean): Asked {
  const { outputSchema, ...request } = asked.request;
  if (!outputSchema) return asked;
  const schema = toJsonSchema(outputSchema);
  const { tools = [], toolChoice, thinkingEffort = 'none', providerOptions } = request;
  const isFree = tools.length === 0 && toolChoice === undefined && providerOptions?.['tools'] === undefined;

  if (canForceTools && isFree && thinkingEffort === 'none' && schema['type'] === 'object') {
    const tool = { name: toolName, description: 'Gives the answer', parameters: outputSchema };
    return {
      request: { ...request, tools: [tool], toolChoice: { toolName } },
      mapEvents: (emit, facts) => {
        const mapper = asked.mapEvents(answerAsText(emit), facts);
        return {
          start: (event) => mapper.start(event),
          event: (event, eventName) => mapper.event(event, eventName),
          finish: (atSentinel) => {
            const finish = mapper.finish(atSentinel);
            return finish?.reason === 'tool-calls' ? { ...finish, reason: 'stop' } : finish;
          },
        };
      },
    };
  }
  const instruction = `Answer with one JSON document and nothing else: no code fence, no words before or behind it. It must be valid against this JSON Schema:\n${JSON.stringify(schema)}`;
  return {
    request: { ...request, messages: [{ role: 'system', content: instruction }, ...request.messages] },
    mapEvents: asked.mapEvents,
  };
}

/** Turns the first call of the tool into text. */
function answerAsText(emit: Emit): Emit {
  let answer: number | undefined;
  let hasText = false;

  const say = (text: string, block: number) => {
    if (text === '' || block !== answer) return;
    hasText = true;
    emit({ type: 'text-delta', text, block });
  };

  return (chunk: StreamChunk) => {
    switch (chunk.type) {
      case 'tool-call-start':
        answer ??= chunk.block;
        return;
      case 'tool-call-delta':
        say(chunk.argumentsDelta, chunk.block);
        return;
      case 'tool-call':
        if (!hasText) say(JSON.stringify(chunk.arguments), chunk.block);
        return;
      case 'tool-call-invalid':
        if (!hasText) say(chunk.argumentsText, chunk.block);
        return;
      // That of a call says nothing of a text.
      case 'thinking-signature':
        if (chunk.block !== answer) emit(chunk);
        return;
      default:
        emit(chunk);
    }
  };
}
