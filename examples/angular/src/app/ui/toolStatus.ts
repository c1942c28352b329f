import { Component, computed, input } from '@angular/core';
import type { ToolState } from '../streams/accumulateAnswer.ts';

/** A tool that was called: what it was given, how far it is, what came of it. */
@Component({
  selector: 'app-tool-status',
  template: `
    <details [class]="tool().status">
      <summary>
        <span class="mark" aria-hidden="true"></span>
        <span class="name">{{ tool().name }}</span>
        <span class="state">{{ state() }}</span>
      </summary>
      <dl>
        <dt>Given</dt>
        <dd>
          <code>{{ toText(tool().arguments) }}</code>
        </dd>
        @if (tool().status !== 'running') {
          <dt>Result</dt>
          <dd>
            <code>{{ toText(tool().result) }}</code>
          </dd>
        }
      </dl>
    </details>
  `,
  styles: `
    details {
      border: 1px solid var(--line);
      border-radius: var(--radius);
      background: var(--raised);
      font-size: 0.875rem;
    }
    summary {
      display: flex;
      align-items: center;
      gap: 0.6rem;
      padding: 0.55rem 0.8rem;
      border-radius: var(--radius);
      cursor: pointer;
      list-style: none;
    }
    summary::-webkit-details-marker {
      display: none;
    }
    .name {
      font-weight: 600;
    }
    .state {
      overflow: hidden;
      color: var(--quiet);
      text-overflow: ellipsis;
      white-space: nowrap;
    }
    .mark {
      flex: none;
      width: 0.85rem;
      height: 0.85rem;
      border: 2px solid var(--accent);
      border-radius: 50%;
    }
    .running .mark {
      border-color: var(--line) var(--line) var(--line) var(--accent);
      animation: turn 0.9s linear infinite;
    }
    .done .mark {
      background: var(--accent);
      box-shadow: inset 0 0 0 1.5px var(--raised);
    }
    .failed .mark {
      border-color: var(--danger);
      background: var(--danger);
    }
    dl {
      display: grid;
      grid-template-columns: max-content 1fr;
      gap: 0.35rem 0.9rem;
      margin: 0;
      padding: 0.15rem 0.8rem 0.7rem 2.25rem;
    }
    dt {
      color: var(--quiet);
    }
    dd {
      margin: 0;
      overflow-wrap: anywhere;
    }
    code {
      font-size: 0.8125rem;
    }
    @keyframes turn {
      to {
        rotate: 1turn;
      }
    }
    @media (prefers-reduced-motion: reduce) {
      .running .mark {
        animation-duration: 4s;
      }
    }
  `,
})
export class ToolStatus {
  readonly tool = input.required<ToolState>();

  protected readonly state = computed(() => {
    const { status, progress } = this.tool();
    if (status === 'failed') return 'failed';
    if (status === 'done') return 'done';
    return typeof progress === 'string' ? `${progress} …` : 'running …';
  });

  protected toText(value: unknown): string {
    if (value === undefined) return '';
    return typeof value === 'string' ? value : JSON.stringify(value);
  }
}
