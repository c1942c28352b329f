import { combineLatest, connect, map, type OperatorFunction, scan, startWith } from 'rxjs';
import type { FinishReason, JsonObject, Message, StreamChunk, Usage } from 'rxllm';
import { type AccumulatedResponse, accumulateResponse, ofType } from 'rxllm/operators';

/** What the reader sees of an answer, all rounds of the agent in order. Plain JSON, so that it can be kept. */
export interface Answer {
  readonly parts: readonly AnswerPart[];
  /** What the conversation goes on with. */
  readonly messages: readonly Message[];
  /** Present when the run has ended. */
  readonly end?: AnswerEnd;
}

export type AnswerPart =
  | { readonly type: 'text' | 'thinking' | 'refusal'; readonly text: string }
  | ({ readonly type: 'tool' } & ToolState);

export interface ToolState {
  readonly name: string;
  readonly arguments: JsonObject;
  readonly status: 'running' | 'done' | 'failed';
  /** The latest that the tool told while it ran. */
  readonly progress?: unknown;
  readonly result?: unknown;
}

export interface AnswerEnd {
  readonly reason: FinishReason;
  readonly durationMs: number;
  readonly usage?: Usage;
  readonly cost?: number;
  /** The trip, where one was asked for. */
  readonly output?: unknown;
}

export const noAnswer: Answer = { parts: [], messages: [] };

type Progress = Readonly<Record<string, unknown>>;

/** Emits the answer so far: {@link accumulateResponse} for each round, one after the other, with the progress of tools. */
export function accumulateAnswer(): OperatorFunction<StreamChunk, Answer> {
  return connect((run) => {
    const rounds = run.pipe(accumulateResponse(), scan(addRound, []));
    const progress = run.pipe(
      ofType('tool-progress'),
      scan((all: Progress, { toolCallId, value }) => ({ ...all, [toolCallId]: value }), {}),
      startWith<Progress>({}),
    );
    const messages = run.pipe(
      ofType('message'),
      scan((all: readonly Message[], { message }) => [...all, message], []),
      startWith<readonly Message[]>([]),
    );
    const end = run.pipe(
      ofType('run-finish'),
      map(({ reason, durationMs, usage, cost, finalOutput }) => ({
        reason,
        durationMs,
        ...(usage && { usage }),
        ...(cost !== undefined && { cost }),
        ...(finalOutput !== undefined && { output: finalOutput }),
      })),
      startWith(undefined),
    );
    return combineLatest({ rounds, progress, messages, end }).pipe(
      map(({ rounds: all, progress: told, messages: said, end: ended }) => ({
        parts: all.flatMap((round) => toParts(round, told)),
        messages: said,
        ...(ended && { end: ended }),
      })),
    );
  });
}

/** A response that begins anew follows one that has finished, and replaces one that has not: that was restarted. */
function addRound(
  rounds: readonly AccumulatedResponse[],
  response: AccumulatedResponse,
): readonly AccumulatedResponse[] {
  const isNext = response.status === 'loading' && rounds.at(-1)?.finishReason !== undefined;
  return [...(isNext ? rounds : rounds.slice(0, -1)), response];
}

function toParts({ message, toolResults }: AccumulatedResponse, progress: Progress): readonly AnswerPart[] {
  const { content } = message;
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return content.flatMap((part): readonly AnswerPart[] => {
    switch (part.type) {
      case 'text':
      case 'thinking':
      case 'refusal':
        return part.text === '' ? [] : [{ type: part.type, text: part.text }];
      case 'tool-call': {
        const { toolCallId, toolName: name, arguments: given } = part;
        const result = toolResults.find((one) => one.toolCallId === toolCallId);
        return [
          {
            type: 'tool',
            name,
            arguments: given,
            status: result ? (result.isError ? 'failed' : 'done') : 'running',
            ...(toolCallId in progress && { progress: progress[toolCallId] }),
            ...(result && { result: result.result }),
          },
        ];
      }
      case 'tool-call-invalid':
        return [{ type: 'tool', name: part.toolName, arguments: {}, status: 'failed' }];
      case 'tool-result':
        return [];
    }
  });
}
