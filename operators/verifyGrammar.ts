import { type MonoTypeOperatorFunction, Observable } from 'rxjs';
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
 * result:  --s--t--#
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
  // Not `tap`: it has no way to fail at completion.
  return (source) =>
    new Observable((subscriber) => {
      const grammar = new Grammar();
      const guard = (check: () => void, pass: () => void) => {
        try {
          check();
        } catch (error) {
          subscriber.error(error);
          return;
        }
        pass();
      };

      return source.subscribe({
        next: (chunk) => {
          guard(
            () => {
              grammar.accept(chunk);
            },
            () => {
              subscriber.next(chunk);
            },
          );
        },
        error: (error: unknown) => {
          subscriber.error(error);
        },
        complete: () => {
          guard(
            () => {
              grammar.end();
            },
            () => {
              subscriber.complete();
            },
          );
        },
      });
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
  #calls = new Map<string, Call>();
  #usage: Usage | undefined;

  accept(chunk: StreamChunk): void {
    if (this.#place === 'behind the end') throw broken(chunk, 'nothing may follow the end of the run');
    switch (chunk.type) {
      case 'start':
        if (this.#place === 'inside a call') throw broken(chunk, 'the call before has no finish');
        this.#begin('inside a call');
        break;
      case 'restart':
        if (this.#place === 'behind a finish') throw broken(chunk, 'the call has finished');
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
      case 'tool-call-start':
        this.#inBlock(chunk, chunk.block, 'tool call');
        if (this.#callAt(chunk.block)) throw broken(chunk, `block ${chunk.block} already is a tool call`);
        this.#calls.set(key(chunk.toolCallId, chunk.block), { block: chunk.block, state: 'open' });
        break;
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
        const open = [...this.#calls.values()].find(({ state }) => state === 'open');
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

  #callAt(block: number): Call | undefined {
    return [...this.#calls.values()].find((call) => call.block === block);
  }

  #openCall(chunk: StreamChunk, toolCallId: string, block: number): Call {
    const call = this.#calls.get(key(toolCallId, block));
    if (!call) throw broken(chunk, `the tool call ${toolCallId} was not announced in block ${block}`);
    if (call.state !== 'open') throw broken(chunk, `the tool call ${toolCallId} is closed`);
    return call;
  }

  #answerable(chunk: StreamChunk & { toolCallId: string }): Call {
    const calls = [...this.#calls].filter(([name]) => name.slice(name.indexOf(' ') + 1) === chunk.toolCallId);
    const call = calls.map(([, candidate]) => candidate).find(({ state }) => state === 'closed');
    if (!call) throw broken(chunk, `no tool call ${chunk.toolCallId} of this model call waits for it`);
    return call;
  }
}

/** A server may give two calls of one answer the same id. */
function key(toolCallId: string, block: number): string {
  return `${block} ${toolCallId}`;
}

function broken(chunk: StreamChunk, why: string): GrammarError {
  return new GrammarError(`Unexpected ${chunk.type}: ${why}`);
}
