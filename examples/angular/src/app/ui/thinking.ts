import { Component, input } from '@angular/core';
import { Markdown } from './markdown.ts';

/** What the model thinks, folded away. */
@Component({
  selector: 'app-thinking',
  imports: [Markdown],
  template: `
    <details>
      <summary [class.live]="isLive()">{{ isLive() ? 'Thinking …' : 'Thoughts' }}</summary>
      <app-markdown [text]="text()" />
    </details>
  `,
  styles: `
    summary {
      display: inline-flex;
      align-items: center;
      gap: 0.4rem;
      min-height: 1.75rem;
      padding-inline: 0.25rem;
      margin-inline-start: -0.25rem;
      border-radius: 6px;
      color: var(--quiet);
      font-size: 0.875rem;
      cursor: pointer;
      list-style: none;
    }
    summary::-webkit-details-marker {
      display: none;
    }
    summary::before {
      content: '';
      width: 0.4rem;
      height: 0.4rem;
      border: solid currentColor;
      border-width: 0 1.5px 1.5px 0;
      rotate: -45deg;
      transition: rotate 0.15s;
    }
    details[open] summary::before {
      rotate: 45deg;
    }
    summary:hover {
      color: var(--text);
    }
    app-markdown {
      margin-block: 0.35rem 0.5rem;
      padding-inline-start: 0.9rem;
      border-inline-start: 2px solid var(--line);
      color: var(--quiet);
      font-size: 0.9375rem;
    }
  `,
})
export class Thinking {
  readonly text = input.required<string>();
  /** Whether it still goes on. */
  readonly isLive = input(false);
}
