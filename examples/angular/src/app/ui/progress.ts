import { AsyncPipe, CurrencyPipe, DecimalPipe } from '@angular/common';
import { Component, computed, inject, input } from '@angular/core';
import { toObservable } from '@angular/core/rxjs-interop';
import { catchError, combineLatest, EMPTY, switchMap } from 'rxjs';
import { trackProgress } from 'rxllm/operators';
import { AboutServer } from '../about.ts';
import { Runs } from '../runs.ts';

/** How fast a run is and what it costs, while it runs. */
@Component({
  selector: 'app-progress',
  imports: [AsyncPipe, CurrencyPipe, DecimalPipe],
  template: `
    @if (progress$ | async; as progress) {
      <span>{{ progress.elapsedMs / 1000 | number: '1.1-1' }} s</span>
      <span>{{ progress.outputTokens }} tokens</span>
      @if (!isResumed() && progress.tokensPerSecond; as speed) {
        <span>{{ speed | number: '1.0-0' }} tokens/s</span>
      }
      @if (progress.cost; as cost) {
        <span>{{ cost | currency: 'USD' : 'symbol' : '1.4-5' }}</span>
      }
    }
  `,
  host: { class: 'facts' },
})
export class Progress {
  readonly #runs = inject(Runs);
  readonly #about = inject(AboutServer).resource;
  readonly run = input.required<string>();

  protected readonly isResumed = computed(() => this.#runs.isResumed(this.run()));
  readonly #price = computed(() => (this.#about.hasValue() ? this.#about.value().price : undefined));
  protected readonly progress$ = combineLatest([toObservable(this.run), toObservable(this.#price)]).pipe(
    switchMap(([run, price]) =>
      this.#runs.chunks(run).pipe(
        trackProgress({ every: 250, ...(price && { price }) }),
        // The banner tells.
        catchError(() => EMPTY),
      ),
    ),
  );
}
