import {
  Component,
  computed,
  effect,
  inject,
  input,
  linkedSignal,
  output,
  signal,
  untracked,
} from '@angular/core';
import { toObservable, toSignal } from '@angular/core/rxjs-interop';
import { EMPTY, switchMap } from 'rxjs';
import type { DeepPartial } from 'rxllm';
import { accumulateObject, latestPerFrame } from 'rxllm/operators';
import { type Trip, trip } from '../../../shared/trip.ts';
import { Runs } from '../runs.ts';
import { toState } from '../streams/toState.ts';

/** A form that the model fills in while it answers, and the reader corrects. */
@Component({
  selector: 'app-trip-form',
  templateUrl: './tripForm.html',
  styleUrl: './tripForm.css',
})
export class TripForm {
  readonly #runs = inject(Runs);
  /** The run that fills it in, as long as it does. */
  readonly run = input<string>();
  /** What it was filled in with. */
  readonly filled = input<DeepPartial<Trip>>();
  /** What is to be kept: what the reader saves, or as much as had come when the run ended early. */
  readonly keep = output<DeepPartial<Trip>>();

  readonly #live = toSignal(
    toObservable(this.run).pipe(
      switchMap((run) =>
        run === undefined
          ? EMPTY
          : this.#runs.chunks(run).pipe(accumulateObject(trip), latestPerFrame(), toState()),
      ),
    ),
  );
  protected readonly values = linkedSignal<DeepPartial<Trip>>(
    () => this.#live()?.value?.value ?? this.filled() ?? {},
  );
  /** Half a date is none. */
  protected readonly day = computed(() => /^\d{4}-\d\d-\d\d$/.exec(this.values().from ?? '')?.[0] ?? '');
  protected readonly paces = trip.shape.pace.options;
  protected readonly isFilling = computed(() => this.run() !== undefined);
  protected readonly message = signal('');

  constructor() {
    effect(() => {
      if (!this.isFilling() && !this.filled() && this.#live()?.value) this.keep.emit(untracked(this.values));
    });
  }

  protected change(change: DeepPartial<Trip>): void {
    this.values.update((values) => ({ ...values, ...change }));
    this.message.set('');
  }

  protected submit(event: Event): void {
    event.preventDefault();
    const { data, error } = trip.safeParse(this.values());
    if (data) this.keep.emit(data);
    this.message.set(
      data ? 'Saved' : `Please check: ${error.issues.map(({ path }) => path.join(' ')).join(', ')}`,
    );
  }
}
