import { CurrencyPipe, DecimalPipe } from '@angular/common';
import { Component, computed, inject, input, output } from '@angular/core';
import { toObservable, toSignal } from '@angular/core/rxjs-interop';
import { of, switchMap } from 'rxjs';
import type { DeepPartial } from 'rxllm';
import { latestPerFrame } from 'rxllm/operators';
import type { Trip } from '../../../shared/trip.ts';
import type { Turn } from '../conversations.ts';
import { Runs } from '../runs.ts';
import { accumulateAnswer } from '../streams/accumulateAnswer.ts';
import { toState } from '../streams/toState.ts';
import { ErrorBanner } from './errorBanner.ts';
import { Markdown } from './markdown.ts';
import { Progress } from './progress.ts';
import { Thinking } from './thinking.ts';
import { ToolStatus } from './toolStatus.ts';
import { TripForm } from './tripForm.ts';

/** A question and its answer: live from its run while that runs, then as it was kept. */
@Component({
  selector: 'app-turn',
  imports: [CurrencyPipe, DecimalPipe, ErrorBanner, Markdown, Progress, Thinking, ToolStatus, TripForm],
  templateUrl: './turn.html',
  styleUrl: './turn.css',
})
export class TurnView {
  readonly #runs = inject(Runs);
  readonly turn = input.required<Turn>();
  /** Whether another answer can be asked for now. */
  readonly canRetry = input(true);
  readonly retry = output();
  /** What is made of the trip form. */
  readonly keep = output<DeepPartial<Trip>>();

  /** The run, as long as it runs. */
  protected readonly run = computed(() => (this.turn().status === 'running' ? this.turn().run : undefined));

  readonly #live = toSignal(
    toObservable(this.run).pipe(
      switchMap((run) =>
        run === undefined
          ? of(undefined)
          : this.#runs.chunks(run).pipe(accumulateAnswer(), latestPerFrame(), toState()),
      ),
    ),
  );
  protected readonly answer = computed(() => this.#live()?.value ?? this.turn().answer);
  /** The JSON that fills the form is not shown as text. */
  protected readonly parts = computed(() =>
    this.answer().parts.filter(({ type }) => !this.turn().asTrip || type !== 'text'),
  );
  /** Whether nothing moves that would tell that it goes on. */
  protected readonly isSilent = computed(() => {
    const last = this.parts().at(-1);
    return !this.turn().asTrip && (!last || (last.type === 'tool' && last.status !== 'running'));
  });
  protected readonly trip = computed(
    () => this.turn().trip ?? (this.answer().end?.output as DeepPartial<Trip> | undefined),
  );
}
