import type { SchedulerLike, Subscription } from 'rxjs';
import { OpenCall } from '../../operators/internal/openCall.ts';
import { WaitingChunks } from '../../operators/internal/waitingChunks.ts';
import type { FinishChunk, RunFinishChunk, StreamChunk } from '../../src/chunk.ts';
import { type ErrorDetails, toErrorFacts } from '../../src/errors.ts';
import type { AssistantMessage, ToolMessage } from '../../src/message.ts';
import type { RunState } from '../../src/runState.ts';
import type { SessionEvent } from './sessionRecords.ts';
import { toStorable, toStorableMessage, toStorableState } from './sessionResults.ts';

/** After so many milliseconds, or characters, what has come of an answer is recorded. */
const pieceTime = 300;
const pieceLength = 4096;

/** Makes records of the chunks of a run. */
export class SessionRecorder {
  readonly #add: (event: SessionEvent) => void;
  readonly #scheduler: SchedulerLike;
  readonly #call = new OpenCall('all');
  readonly #held = new WaitingChunks();
  #waiting: RunState | undefined;
  #timer: Subscription | undefined;
  #finish: FinishChunk | undefined;
  /** The last chunk of the run. */
  last: RunFinishChunk | undefined;

  /** Of a run that is resumed, the state in which it waits on where no chunk comes. */
  constructor(add: (event: SessionEvent) => void, scheduler: SchedulerLike, waiting?: RunState) {
    this.#add = add;
    this.#scheduler = scheduler;
    this.#waiting = waiting;
  }

  /** What of the current call has come, for an error. */
  get details(): ErrorDetails {
    return this.#call.details;
  }

  take(chunk: StreamChunk): void {
    this.#call.take(chunk);
    this.#waiting = undefined;
    switch (chunk.type) {
      case 'usage':
      case 'approval-request':
      case 'tool-progress':
      case 'error':
      case 'raw':
        break;
      case 'message':
        this.#tell(chunk.message);
        break;
      case 'run-finish':
        this.last = chunk;
        break;
      default:
        this.#hold(chunk);
    }
  }

  /** Records that the run is over. */
  end(reason?: 'error', error?: unknown): void {
    const pieces = this.#release();
    const { state = this.#waiting, reason: told = 'aborted' } = this.last ?? {};
    this.#addPieces(pieces);
    this.#add({
      type: 'end',
      reason: reason ?? told,
      ...(reason && { error: toErrorFacts(error) }),
      ...(state && { state: toStorableState(state) }),
    });
  }

  #hold(chunk: StreamChunk): void {
    this.#held.add(chunk.type === 'tool-result' ? toStorable(chunk) : chunk);
    if (chunk.type === 'finish') this.#finish = chunk;
    // What a tool has done is done.
    if (chunk.type === 'tool-result' || this.#held.size >= pieceLength) this.#addPieces(this.#release());
    else this.#timer ??= this.#scheduler.schedule(() => this.#addPieces(this.#release()), pieceTime);
  }

  /** Records a message, and in its place no longer what it is made of. */
  #tell(told: AssistantMessage | ToolMessage): void {
    this.#release();
    const { reason, usage } = this.#finish ?? {};
    const message = toStorableMessage(told);
    this.#finish = undefined;
    this.#add({
      type: 'message',
      message: reason === 'aborted' && message.role === 'assistant' ? { ...message, partial: true } : message,
      ...(usage && { inputTokens: usage.inputTokens }),
    });
  }

  #addPieces(chunks: readonly StreamChunk[]): void {
    if (chunks.length > 0) this.#add({ type: 'pieces', chunks });
  }

  /** Takes out what is held. */
  #release(): readonly StreamChunk[] {
    this.#timer?.unsubscribe();
    this.#timer = undefined;
    const chunks: StreamChunk[] = [];
    for (let chunk = this.#held.shift(); chunk; chunk = this.#held.shift()) chunks.push(chunk);
    return chunks;
  }
}
