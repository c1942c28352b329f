import { Observable, tap } from 'rxjs';
import type { StreamChunk } from '../../src/chunk.ts';
import type { Tool } from '../../src/tool.ts';

interface Turn {
  readonly tool: Tool;
  readonly start: () => void;
}

/**
 * Lets so many runs go at a time, and of one tool as many as that tool allows; the others wait in their order.
 *
 * A run that waits for its tool lets later ones of other tools pass.
 */
export class ToolTurns {
  readonly #waiting: Turn[] = [];
  readonly #running = new Map<Tool, number>();
  #free: number;
  #isStarting = false;

  constructor(concurrency: number) {
    this.#free = concurrency;
  }

  /** The run, when its turn has come. */
  // Not `mergeAll`, which knows one limit.
  inTurn(tool: Tool, run: Observable<StreamChunk>): Observable<StreamChunk> {
    return new Observable((subscriber) => {
      const start = () => {
        this.#count(tool, 1);
        run.pipe(tap({ complete: () => this.#end(tool) })).subscribe(subscriber);
      };
      this.#waiting.push({ tool, start });
      this.#startNext();
    });
  }

  #end(tool: Tool): void {
    this.#count(tool, -1);
    this.#startNext();
  }

  #count(tool: Tool, change: number): void {
    this.#free -= change;
    this.#running.set(tool, (this.#running.get(tool) ?? 0) + change);
  }

  #startNext(): void {
    // A run that ends at once comes here again: the loop goes on, instead of deeper.
    if (this.#isStarting) return;
    this.#isStarting = true;
    for (let next = this.#take(); next; next = this.#take()) next.start();
    this.#isStarting = false;
  }

  #take(): Turn | undefined {
    if (this.#free <= 0) return undefined;
    const index = this.#waiting.findIndex(
      ({ tool }) => (this.#running.get(tool) ?? 0) < (tool.concurrency ?? Infinity),
    );
    return index < 0 ? undefined : this.#waiting.splice(index, 1)[0];
  }
}
