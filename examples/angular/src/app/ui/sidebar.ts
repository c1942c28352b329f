import { Component, type ElementRef, inject, input, output, viewChild } from '@angular/core';
import { type Conversation, Conversations } from '../conversations.ts';
import { Runs } from '../runs.ts';

/** The conversations: beside the chat where there is room, else a drawer. */
@Component({
  selector: 'app-sidebar',
  template: `
    <nav #panel id="conversations" popover aria-label="Conversations">
      <a class="new" href="#" (click)="panel.hidePopover(); begin.emit()">
        <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M8 3v10M3 8h10" /></svg>
        New conversation
      </a>
      <ul>
        @for (conversation of conversations.all(); track conversation.id) {
          <li>
            <a
              [href]="'#' + conversation.id"
              [attr.aria-current]="conversation.id === selected() ? 'page' : null"
              (click)="panel.hidePopover()"
              >{{ conversation.title }}</a
            >
            <button
              type="button"
              [attr.aria-label]="'Delete ' + conversation.title"
              (click)="remove(conversation)"
            >
              <svg viewBox="0 0 16 16" aria-hidden="true"><path d="m4.5 4.5 7 7m0-7-7 7" /></svg>
            </button>
          </li>
        }
      </ul>
    </nav>
  `,
  styleUrl: './sidebar.css',
})
export class Sidebar {
  readonly #runs = inject(Runs);
  protected readonly conversations = inject(Conversations);
  readonly selected = input.required<string>();
  readonly begin = output();
  private readonly drawer = viewChild.required<ElementRef<HTMLElement>>('panel');

  protected remove({ id, turns }: Conversation): void {
    for (const { run, status } of turns) if (status === 'running') this.#runs.stop(run);
    this.conversations.remove(id);
    if (id === this.selected()) location.hash = '';
    // What had the focus is gone.
    this.drawer().nativeElement.querySelector('a')?.focus();
  }
}
