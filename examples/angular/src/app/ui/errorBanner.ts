import { Component, computed, input, output } from '@angular/core';
import type { ErrorFacts } from 'rxllm';

/** What went wrong, and the way out. */
@Component({
  selector: 'app-error-banner',
  template: `
    <div role="alert">
      <p>
        <strong>{{ title() }}</strong>
        {{ error()?.message }}
      </p>
      <button type="button" [disabled]="!canRetry()" (click)="retry.emit()">Try again</button>
    </div>
  `,
  styles: `
    div {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      justify-content: space-between;
      gap: 0.6rem 1rem;
      padding: 0.7rem 0.8rem 0.7rem 1rem;
      border: 1px solid var(--danger-line);
      border-radius: var(--radius);
      background: var(--danger-soft);
      font-size: 0.9375rem;
    }
    p {
      flex: 1 1 16rem;
      margin: 0;
      overflow-wrap: anywhere;
    }
    strong {
      display: block;
      color: var(--danger);
    }
    button {
      padding: 0.4rem 0.9rem;
      border: 1px solid var(--danger-line);
      border-radius: 999px;
      background: var(--page);
      font-weight: 600;
      font-size: 0.875rem;
    }
  `,
})
export class ErrorBanner {
  readonly error = input<ErrorFacts>();
  readonly hasPartial = input(false);
  readonly canRetry = input(true);
  readonly retry = output();

  protected readonly title = computed(() =>
    this.hasPartial() ? 'The answer broke off. What had arrived is kept.' : 'There is no answer.',
  );
}
