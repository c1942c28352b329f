import { WireError } from '../../providers/wire/wireError.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { errorFromFacts } from '../../src/errors.ts';
import type { ToChunks } from '../internal/decodeEvents.ts';
import { fromDeltaId } from '../internal/deltaIds.ts';
import { ForeignAnswer, stringOf } from '../internal/foreignAnswer.ts';
import { type AgUiEvent, ownName } from './events.ts';
import { blockOf, fromWireId } from './toolIds.ts';

/** Makes what reads the events of one run: of ours chunk by chunk, of another agent as well as it can be told. */
export function readAgUi(): ToChunks {
  const run = new ForeignRun();
  /** The blocks of calls that are told: arguments that follow did not come in pieces. */
  const closed = new Set<number>();
  let isOurs = false;

  const readOwn = (chunk: StreamChunk): readonly StreamChunk[] => {
    isOurs = true;
    if (chunk.type === 'error') throw errorFromFacts(chunk.error);
    if (chunk.type === 'start') closed.clear();
    if (chunk.type === 'tool-call' || chunk.type === 'tool-call-invalid') closed.add(chunk.block);
    return [chunk];
  };

  return ({ data }) => {
    const event = JSON.parse(data) as AgUiEvent | null;
    if (typeof event?.type !== 'string')
      throw new TypeError(`it should be an event, not ${data.slice(0, 500)}`);
    if (event.type === 'CUSTOM' && event['name'] === ownName) return readOwn(event['value'] as StreamChunk);
    const chunks = isOurs ? readDelta(event, closed) : run.read(event);
    return event.type === 'RUN_FINISHED' ? [...chunks, 'end'] : chunks;
  };
}

/** Of a stream of ours the deltas are all that is told by the protocol's own events. */
function readDelta(event: AgUiEvent, closed: ReadonlySet<number>): readonly StreamChunk[] {
  switch (event.type) {
    case 'TEXT_MESSAGE_CONTENT':
    case 'REASONING_MESSAGE_CONTENT':
      return [fromDeltaId(stringOf(event, 'messageId'), stringOf(event, 'delta'))];
    case 'TOOL_CALL_ARGS': {
      const id = stringOf(event, 'toolCallId');
      const block = blockOf(id);
      if (closed.has(block)) return [];
      return [
        {
          type: 'tool-call-delta',
          toolCallId: fromWireId(id),
          argumentsDelta: stringOf(event, 'delta'),
          block,
        },
      ];
    }
    default:
      return [];
  }
}

/** The run of another agent. It knows no model calls: a new one begins where all tools have answered. */
class ForeignRun {
  readonly #answer = new ForeignAnswer('ag-ui');
  /** What the short forms of events, which may leave it out, go on with. */
  #messageId = '';
  #thinkingId = '';
  #toolCallId = '';

  read(event: AgUiEvent): readonly StreamChunk[] {
    this.#read(event);
    return this.#answer.take();
  }

  #read(event: AgUiEvent): void {
    const answer = this.#answer;
    switch (event.type) {
      case 'RUN_STARTED':
        answer.responseId = stringOf(event, 'runId');
        break;
      case 'STEP_STARTED':
        // A step may be anything; of ours each is a model call.
        if (/^call \d+$/.test(stringOf(event, 'stepName'))) this.#beginCall();
        break;
      case 'TEXT_MESSAGE_CONTENT':
      case 'TEXT_MESSAGE_CHUNK':
        this.#messageId = this.#idOf(event, 'messageId', this.#messageId);
        if (this.#hasDelta(event)) {
          this.#goOn();
          answer.text(this.#messageId, stringOf(event, 'delta'));
        }
        break;
      case 'REASONING_MESSAGE_CONTENT':
      case 'REASONING_MESSAGE_CHUNK':
      case 'THINKING_TEXT_MESSAGE_CONTENT':
        this.#thinkingId = this.#idOf(event, 'messageId', this.#thinkingId);
        if (this.#hasDelta(event)) {
          this.#goOn();
          answer.thinking(this.#thinkingId, stringOf(event, 'delta'));
        }
        break;
      case 'TOOL_CALL_START':
        this.#openCall(event);
        break;
      case 'TOOL_CALL_ARGS':
        answer.addArguments(stringOf(event, 'toolCallId'), stringOf(event, 'delta'));
        break;
      case 'TOOL_CALL_CHUNK': {
        const id = this.#idOf(event, 'toolCallId', this.#toolCallId);
        if (id !== this.#toolCallId) this.#openCall(event);
        if (this.#hasDelta(event)) answer.addArguments(id, stringOf(event, 'delta'));
        break;
      }
      case 'TOOL_CALL_END':
        this.#endCall(event);
        break;
      case 'TOOL_CALL_RESULT': {
        const id = stringOf(event, 'toolCallId');
        // A call that came in the short form has no end of its own.
        answer.endCall(id);
        const { metadata, content } = event;
        answer.result(id, toText(content), (metadata as { isError?: unknown } | undefined)?.isError === true);
        break;
      }
      case 'RUN_FINISHED': {
        const { outcome } = event;
        this.#endShortCall();
        answer.finish(
          (outcome as { type?: unknown } | undefined)?.type === 'cancelled' ? 'aborted' : undefined,
        );
        break;
      }
      case 'RUN_ERROR': {
        const { code } = event;
        throw new WireError(
          `failed: ${stringOf(event, 'message')}`,
          typeof code === 'string' ? { code } : {},
        );
      }
      default:
    }
  }

  #openCall(event: AgUiEvent): void {
    this.#endShortCall();
    this.#goOn();
    const id = (this.#toolCallId = stringOf(event, 'toolCallId'));
    this.#answer.openCall(id, stringOf(event, 'toolCallName'), { toolCallId: fromWireId(id) });
  }

  #endCall(event: AgUiEvent): void {
    const id = stringOf(event, 'toolCallId');
    const { metadata } = event;
    const isProviderExecuted =
      (metadata as { providerExecuted?: unknown } | undefined)?.providerExecuted === true;
    if (isProviderExecuted) this.#answer.openCall(id, '', { isProviderExecuted });
    this.#answer.endCall(id);
    this.#toolCallId = '';
  }

  /** What comes next ends a call that came in the short form. */
  #endShortCall(): void {
    if (this.#toolCallId !== '') this.#answer.endCall(this.#toolCallId);
    this.#toolCallId = '';
  }

  #beginCall(): void {
    this.#answer.finish();
    this.#answer.begin();
  }

  #goOn(): void {
    if (this.#answer.isAnswered) this.#answer.finish();
  }

  #idOf(event: AgUiEvent, name: string, before: string): string {
    return event[name] === undefined ? before : stringOf(event, name);
  }

  #hasDelta({ delta }: AgUiEvent): boolean {
    return delta !== undefined && delta !== '';
  }
}

/** Parts that are no text have no place in a result. */
function toText(content: unknown): string {
  if (!Array.isArray(content)) return String(content);
  return content
    .map((part: { readonly text?: unknown }) => (typeof part.text === 'string' ? part.text : ''))
    .join('');
}
