import { isObservable, type Observable } from 'rxjs';
import type { StreamChunk } from '../src/chunk.ts';
import type { AssistantPart, ImagePart, Message } from '../src/message.ts';
import type { ModelRequest } from '../src/request.ts';
import type { ChunkError, ChunkValues } from './chunkDraft.ts';
import { format } from './format.ts';

/** What a fake model answers, with the values and the error of its diagram if they are not those of the model. */
export interface FakeAnswer {
  /** A diagram of chunks, or any stream. */
  readonly answer: string | Observable<StreamChunk>;
  readonly values?: ChunkValues | undefined;
  readonly error?: ChunkError | undefined;
}

/** Whether a round is for a request: the last message has this text, fits this pattern, or this says so. */
export type FakeMatcher = string | RegExp | ((last: Message, request: ModelRequest) => boolean);

/** One round of a fake model; with `when` it answers every request that fits, without it only one. */
export type FakeRound =
  string | Observable<StreamChunk> | (FakeAnswer & { readonly when?: FakeMatcher | undefined });

/** The rounds of a fake model, or a function of the request and the number of the call, from 1. */
export type FakeScript =
  readonly FakeRound[] | ((request: ModelRequest, call: number) => FakeRound | undefined);

/** Hands out the rounds of a script. */
export class FakeRounds {
  readonly #script: FakeScript;
  /** The number of the call that took each round, in the order of the rounds. */
  readonly #takenBy = new Map<number, number>();
  #calls = 0;

  constructor(script: FakeScript) {
    this.#script = script;
  }

  /**
   * The answer to a request.
   *
   * @throws {Error} telling what was asked and what there is, where there is no round for it
   */
  take(request: ModelRequest): FakeAnswer {
    this.#calls += 1;
    const round = this.#find(request);
    if (round === undefined) {
      const { messages, tools = [] } = request;
      const names = tools.map(({ name }) => name).join(', ');
      const asked = `${describe(lastOf(request))} (${messages.length} messages, tools: ${names || 'none'})`;
      throw new Error(
        `fakeModel: there is no round for call ${this.#calls}\n  asked: ${asked}\n  script: ${this.#described}`,
      );
    }
    return typeof round === 'string' || isObservable(round) ? { answer: round } : round;
  }

  #find(request: ModelRequest): FakeRound | undefined {
    const script = this.#script;
    if (typeof script === 'function') return script(request, this.#calls);
    const matching = script.find((round) => {
      const when = whenOf(round);
      return when !== undefined && matches(when, request);
    });
    if (matching !== undefined) return matching;
    const next = script.findIndex((round, index) => whenOf(round) === undefined && !this.#takenBy.has(index));
    if (next !== -1) this.#takenBy.set(next, this.#calls);
    return script[next];
  }

  get #described(): string {
    const script = this.#script;
    if (typeof script === 'function') return 'a function, which returned undefined';
    if (script.length === 0) return 'no rounds';
    return script
      .map((round, index) => {
        const answer = typeof round === 'object' && 'answer' in round ? round.answer : round;
        const diagram = isObservable(answer) ? 'a stream' : `'${answer}'`;
        const when = whenOf(round);
        if (when !== undefined) return `${diagram} when ${format(when)}`;
        const call = this.#takenBy.get(index);
        return call === undefined ? `${diagram} not taken` : `${diagram} taken by call ${call}`;
      })
      .join(', ');
  }
}

function whenOf(round: FakeRound): FakeMatcher | undefined {
  return typeof round === 'object' && 'answer' in round ? round.when : undefined;
}

function matches(when: FakeMatcher, request: ModelRequest): boolean {
  const last = lastOf(request);
  if (typeof when === 'function') return when(last, request);
  const words = wordsOf(last);
  // Not `test`: with the flag g it remembers where it stopped.
  return typeof when === 'string' ? words.includes(when) : words.search(when) !== -1;
}

function lastOf({ messages }: ModelRequest): Message {
  const last = messages.at(-1);
  if (!last) throw new Error('fakeModel: the request has no messages');
  return last;
}

function describe(message: Message): string {
  return `${message.role} ${format(wordsOf(message))}`;
}

/** The text of a message; results of tools as JSON, unless they are text. */
function wordsOf({ content }: Message): string {
  if (typeof content === 'string') return content;
  return (content as readonly (AssistantPart | ImagePart)[])
    .map((part) => {
      if ('text' in part) return part.text;
      if (part.type === 'tool-result') {
        return typeof part.result === 'string' ? part.result : JSON.stringify(part.result);
      }
      return `[${part.type}]`;
    })
    .join('\n');
}
