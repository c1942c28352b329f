import { concat, defer, EMPTY, type MonoTypeOperatorFunction, tap } from 'rxjs';
import type { StreamChunk } from '../src/chunk.ts';
import { GrammarError } from '../src/errors.ts';
import type { Usage } from '../src/usage.ts';

/**
 * Passes a stream on as it is and fails where it breaks the grammar of {@link StreamChunk}.
 *
 * For tests, and for a model or operator of your own. Checked are: a call opens with `start` and closes with
 * `finish`, once; blocks are numbered from 0 in order of appearance and keep their kind; a tool call is announced,
 * then closed before `finish`; tool chunks name a call of theirs; `finish.usage` is the last `usage`; completion
 * leaves no call open. An error may come anywhere.
 *
 * ```text
 * source:  --s--t--f--|        s: start, t: text-delta, f: finish
 * result:  --s--t--f--|        verifyGrammar()
 *
 * source:  --s--t--|
 * result:  --s--t--#           verifyGrammar()
 * ```
 *
 * Errors with {@link GrammarError}, and with what the source errors with. Unsubscribing unsubscribes from the source.
 *
 * @example
 * ```ts
 * myModel.stream('Hello').pipe(verifyGrammar()).subscribe();
 * ```
 */
export function verifyGrammar(): MonoTypeOperatorFunction<StreamChunk> {
  return (source) =>
    defer(() => {
      const grammar = new Grammar();
      return concat(
        source.pipe(tap((chunk) => grammar.accept(chunk))),
        defer(() => {
          grammar.end();
          return EMPTY;
        }),
      );
    });
}

/** Where the stream stands: before a call, in one, behind its finish, or behind everything. */
type Place = 'between calls' | 'inside a call' | 'behind a finish' | 'behind the end';

type Kind = 'text' | 'refusal' | 'thinking' | 'tool call' | 'tool result' | 'signature';

interface Call {
  readonly block: number;
  state: 'open' | 'closed' | 'answered';
}

class Grammar {
  #place: Place = 'between calls';
  #kinds: Kind[] = [];
  /** By id; a server may give two calls of one answer the same. */
  #calls = new Map<string, Call[]>();
  #usage: Usage | undefined;

  accept(chunk: StreamChunk): void {
    if (this.#place === 'behind the end') throw broken(chunk, 'nothing may follow the end of the run');
    switch (chunk.type) {
      case 'start':
        if (this.#place === 'inside a call') throw broken(chunk, 'the call before has no finish');
        this.#begin('inside a call');
        break;
      case 'restart':
        this.#begin('between calls');
        break;
      case 'message':
        if (this.#place === 'inside a call') throw broken(chunk, 'the call has no finish');
        break;
      case 'run-finish':
        if (this.#place === 'inside a call') throw broken(chunk, 'the call has no finish');
        this.#place = 'behind the end';
        break;
      case 'error':
        this.#place = 'behind the end';
        break;
      case 'approval-request':
      case 'tool-progress':
        this.#answerable(chunk);
        break;
      case 'tool-result':
        this.#acceptResult(chunk);
        break;
      default:
        if (this.#place !== 'inside a call') throw broken(chunk, `it comes ${this.#place}`);
        this.#acceptContent(chunk);
    }
  }

  end(): void {
    if (this.#place === 'inside a call')
      throw new GrammarError('The stream completed inside a call: finish is missing');
  }

  #begin(place: Place): void {
    this.#place = place;
    this.#kinds = [];
    this.#calls = new Map();
    this.#usage = undefined;
  }

  #acceptContent(
    chunk: Exclude<
      StreamChunk,
      {
        type:
          | 'start'
          | 'restart'
          | 'message'
          | 'run-finish'
          | 'error'
          | 'approval-request'
          | 'tool-progress'
          | 'tool-result';
      }
    >,
  ): void {
    switch (chunk.type) {
      case 'text-delta':
      case 'source':
        this.#inBlock(chunk, chunk.block, 'text');
        break;
      case 'refusal-delta':
        this.#inBlock(chunk, chunk.block, 'refusal');
        break;
      case 'thinking-delta':
        this.#inBlock(chunk, chunk.block, 'thinking');
        break;
      case 'thinking-signature':
        this.#inBlock(chunk, chunk.block, 'signature');
        break;
      case 'tool-call-start': {
        const { toolCallId, block } = chunk;
        if (this.#kinds[block] === 'tool call') throw broken(chunk, `block ${block} already is a tool call`);
        this.#inBlock(chunk, block, 'tool call');
        const calls = this.#calls.get(toolCallId) ?? [];
        this.#calls.set(toolCallId, [...calls, { block, state: 'open' }]);
        break;
      }
      case 'tool-call-delta':
        this.#openCall(chunk, chunk.toolCallId, chunk.block);
        break;
      case 'tool-call':
      case 'tool-call-invalid':
        this.#openCall(chunk, chunk.toolCallId, chunk.block).state = 'closed';
        break;
      case 'usage':
        this.#usage = chunk.usage;
        break;
      case 'finish': {
        const open = [...this.#calls.values()].flat().find(({ state }) => state === 'open');
        if (open) throw broken(chunk, `the tool call of block ${open.block} is not closed`);
        if (this.#usage !== undefined && JSON.stringify(chunk.usage) !== JSON.stringify(this.#usage)) {
          throw broken(chunk, 'its usage is not the last one');
        }
        this.#place = 'behind a finish';
        break;
      }
      case 'raw':
        break;
    }
  }

  #acceptResult(chunk: StreamChunk & { type: 'tool-result' }): void {
    if (chunk.providerExecuted !== true) {
      this.#answerable(chunk).state = 'answered';
      return;
    }
    if (this.#place !== 'inside a call' || chunk.block === undefined) {
      throw broken(chunk, 'what the provider ran has a block inside its call');
    }
    this.#inBlock(chunk, chunk.block, 'tool result');
  }

  #inBlock(chunk: StreamChunk, block: number, kind: Kind): void {
    const known = this.#kinds[block];
    if (known === undefined) {
      if (block !== this.#kinds.length)
        throw broken(chunk, `block ${block} follows block ${this.#kinds.length - 1}`);
      this.#kinds.push(kind);
    } else if (known === 'signature') {
      this.#kinds[block] = kind;
    } else if (known !== kind && kind !== 'signature') {
      throw broken(chunk, `block ${block} is a ${known}`);
    }
  }

  #openCall(chunk: StreamChunk, toolCallId: string, block: number): Call {
    const call = this.#calls.get(toolCallId)?.find((candidate) => candidate.block === block);
    if (!call) throw broken(chunk, `the tool call ${toolCallId} was not announced in block ${block}`);
    if (call.state !== 'open') throw broken(chunk, `the tool call ${toolCallId} is closed`);
    return call;
  }

  #answerable(chunk: StreamChunk & { toolCallId: string }): Call {
    const call = this.#calls.get(chunk.toolCallId)?.find(({ state }) => state === 'closed');
    if (!call) throw broken(chunk, `no tool call ${chunk.toolCallId} of this model call waits for it`);
    return call;
  }
}

function broken(chunk: StreamChunk, why: string): GrammarError {
  return new GrammarError(`Unexpected ${chunk.type}: ${why}`);
}
