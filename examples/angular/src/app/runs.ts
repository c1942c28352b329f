import { inject, Injectable } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { fromEvent, last, type Observable, takeUntil } from 'rxjs';
import { type StreamChunk, toErrorFacts } from 'rxllm';
import { shareRun } from 'rxllm/operators';
import { fromServerSentEvents, type FromServerSentEventsOptions } from 'rxllm/web';
import type { Question } from '../../shared/api.ts';
import { Conversations } from './conversations.ts';
import { accumulateAnswer, type Answer, noAnswer } from './streams/accumulateAnswer.ts';
import { type StreamState, toState } from './streams/toState.ts';

/**
 * The runs that answer, one request each, however many watch.
 *
 * The service watches each of them to its end, so that a reader can look at another conversation meanwhile, and then
 * keeps the answer.
 */
@Injectable({ providedIn: 'root' })
export class Runs {
  readonly #conversations = inject(Conversations);
  readonly #open = new Map<string, Observable<StreamChunk>>();
  readonly #asked = new Set<string>();
  /** Some browsers tell a page that goes away of its connections' end, which is no failure then. */
  readonly #gone = fromEvent(window, 'pagehide');

  constructor() {
    // What the page before this one had asked goes on.
    const turns = this.#conversations.all().flatMap((conversation) => conversation.turns);
    for (const { run, status } of turns) if (status === 'running') void this.#watch(run);

    this.#gone.pipe(takeUntilDestroyed()).subscribe(() => {
      if (this.#open.size > 0) navigator.sendBeacon('/api/leave', JSON.stringify([...this.#open.keys()]));
    });
    // A page that comes back out of the browser's cache has lost its connections.
    fromEvent<PageTransitionEvent>(window, 'pageshow')
      .pipe(takeUntilDestroyed())
      .subscribe(({ persisted }) => {
        if (persisted) location.reload();
      });
  }

  /** Asks the server, at once. */
  ask(run: string, question: Question): void {
    this.#asked.add(run);
    void this.#watch(run, { body: question });
  }

  /** The chunks of a run, from the beginning. */
  chunks(run: string): Observable<StreamChunk> {
    return this.#open.get(run) ?? this.#watch(run);
  }

  /** Whether a run was asked for by the page before this one: then its beginning comes all at once. */
  isResumed(run: string): boolean {
    return !this.#asked.has(run);
  }

  /** Asks the server to stop; what has come so far is kept. Where it cannot be reached the run fails by itself. */
  stop(run: string): void {
    fetch(urlOf(run), { method: 'DELETE' }).catch(() => undefined);
  }

  #watch(run: string, options: FromServerSentEventsOptions = {}): Observable<StreamChunk> {
    const chunks = fromServerSentEvents(urlOf(run), options).pipe(shareRun());
    this.#open.set(run, chunks);
    chunks.pipe(accumulateAnswer(), toState(), last(), takeUntil(this.#gone)).subscribe((state) => {
      this.#open.delete(run);
      this.#keep(run, state);
    });
    return chunks;
  }

  #keep(run: string, { value: answer = noAnswer, status, error }: StreamState<Answer>): void {
    const isStopped = answer.end?.reason === 'aborted';
    this.#conversations.change(run, {
      answer,
      status: status === 'error' ? 'failed' : isStopped ? 'stopped' : 'done',
      ...(status === 'error' && { error: toErrorFacts(error) }),
    });
  }
}

function urlOf(run: string): string {
  return `/api/runs/${run}`;
}
