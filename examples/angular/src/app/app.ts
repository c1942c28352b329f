import { Component, computed, effect, inject, viewChild } from '@angular/core';
import { toObservable, toSignal } from '@angular/core/rxjs-interop';
import { catchError, EMPTY, fromEvent, map, startWith, switchMap } from 'rxjs';
import type { DeepPartial } from 'rxllm';
import type { Suggestion } from '../../shared/api.ts';
import type { Trip } from '../../shared/trip.ts';
import { AboutServer } from './about.ts';
import { Conversations, newTurn, type Turn } from './conversations.ts';
import { Runs } from './runs.ts';
import { announce } from './streams/announce.ts';
import { type Ask, Composer } from './ui/composer.ts';
import { Sidebar } from './ui/sidebar.ts';
import { StickToBottom } from './ui/stickToBottom.ts';
import { TurnView } from './ui/turn.ts';

@Component({
  selector: 'app-root',
  imports: [Composer, Sidebar, StickToBottom, TurnView],
  templateUrl: './app.html',
  styleUrl: './app.css',
})
export class App {
  readonly #conversations = inject(Conversations);
  readonly #runs = inject(Runs);
  protected readonly about = inject(AboutServer).resource;
  protected readonly composer = viewChild.required(Composer);
  private readonly page = viewChild.required(StickToBottom);

  /** The conversation that the address names; none is a new one. */
  protected readonly selected = toSignal(
    fromEvent(window, 'hashchange').pipe(
      startWith(undefined),
      map(() => location.hash.slice(1)),
    ),
    { requireSync: true },
  );
  protected readonly conversation = computed(() =>
    this.#conversations.all().find(({ id }) => id === this.selected()),
  );
  readonly #running = computed(() => this.conversation()?.turns.find(({ status }) => status === 'running'), {
    equal: (one, other) => one?.run === other?.run,
  });
  protected readonly run = computed(() => this.#running()?.run);

  protected readonly announcement = toSignal(
    toObservable(this.#running).pipe(
      switchMap((turn) =>
        turn
          ? this.#runs.chunks(turn.run).pipe(
              announce(turn.asTrip),
              // The banner is an alert.
              catchError(() => EMPTY),
            )
          : EMPTY,
      ),
    ),
    { initialValue: '' },
  );

  constructor() {
    effect(() => {
      this.selected();
      this.page().isAtBottom.set(true);
    });
  }

  /** Takes up a question that the page suggests, whose button then goes away. */
  protected take({ prompt, asTrip = false }: Suggestion): void {
    this.ask({ prompt, asTrip });
    this.page().focus();
  }

  protected ask({ prompt, asTrip }: Ask): void {
    const id = this.conversation()?.id ?? crypto.randomUUID();
    const turn = newTurn(prompt, asTrip);
    this.#send(id, turn);
    this.#conversations.add(id, turn);
    location.hash = id;
    this.page().isAtBottom.set(true);
  }

  protected retry(id: string, turn: Turn): void {
    const { run } = newTurn(turn.prompt, turn.asTrip);
    this.#send(id, { ...turn, run });
    this.#conversations.restart(turn.run, run);
    this.page().focus();
  }

  protected stop(): void {
    const run = this.run();
    if (run !== undefined) this.#runs.stop(run);
  }

  protected keep(turn: Turn, trip: DeepPartial<Trip>): void {
    this.#conversations.change(turn.run, { trip });
  }

  #send(conversation: string, { id, run, prompt, asTrip }: Turn): void {
    const messages = [
      ...this.#conversations.before(conversation, id),
      { role: 'user', content: prompt } as const,
    ];
    this.#runs.ask(run, { messages, asTrip });
  }
}
