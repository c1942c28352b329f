import { toErrorFacts } from '../../src/errors.ts';
import type { RunState } from '../../src/runState.ts';
import type { SessionMessage } from './sessionRecords.ts';

/** The result as a log can keep it: as it is, or the text of why it is no JSON. */
export function toStorable<T extends { readonly result: unknown }>(part: T): T {
  const why = faultOf(part.result);
  return why === undefined ? part : { ...part, result: `The result is not JSON: ${why}`, isError: true };
}

/** The message, with results as a log can keep them. */
export function toStorableMessage<T extends SessionMessage>(message: T): T {
  return message.role === 'tool' ? { ...message, content: message.content.map(toStorable) } : message;
}

/** The state of a run that waits, with results as a log can keep them. */
export function toStorableState(state: RunState): RunState {
  return {
    ...state,
    messages: state.messages.map(toStorableMessage),
    results: state.results.map(toStorable),
  };
}

/** Why a value is no JSON; undefined where it is. */
function faultOf(value: unknown): string | undefined {
  try {
    const json = JSON.stringify(value) as string | undefined;
    return json === undefined ? `it is a ${typeof value}` : undefined;
  } catch (error) {
    return toErrorFacts(error).message;
  }
}
