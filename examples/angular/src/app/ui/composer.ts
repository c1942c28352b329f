import { Component, type ElementRef, input, output, signal, viewChild } from '@angular/core';

/** What the reader asks. */
export interface Ask {
  readonly prompt: string;
  readonly asTrip: boolean;
}

/** Where the reader writes; the same button sends and stops. */
@Component({
  selector: 'app-composer',
  template: `
    <form aria-label="Ask" (submit)="submit($event)">
      <label class="hidden" for="prompt">Your question</label>
      <textarea
        #text
        id="prompt"
        rows="1"
        autofocus
        placeholder="Ask about a trip"
        enterkeyhint="send"
        [value]="prompt()"
        (input)="prompt.set(text.value)"
        (keydown)="press($event)"
      ></textarea>
      <div class="actions">
        <button type="button" class="mode" [attr.aria-pressed]="asTrip()" (click)="asTrip.set(!asTrip())">
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="M3 2.5h10v11H3zM5.5 6h5M5.5 8.5h5M5.5 11h3" />
          </svg>
          Fill in a trip
        </button>
        <span class="hint" aria-hidden="true">{{
          isRunning() ? 'Esc stops' : 'Shift Enter for a new line'
        }}</span>
        @if (isRunning()) {
          <button #action type="button" class="send" aria-label="Stop" (click)="stop.emit()">
            <svg viewBox="0 0 16 16" aria-hidden="true">
              <rect x="4" y="4" width="8" height="8" rx="1.5" />
            </svg>
          </button>
        } @else {
          <button #action type="submit" class="send" aria-label="Send" [disabled]="prompt().trim() === ''">
            <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M8 13V3.5M3.8 7.5 8 3.3l4.2 4.2" /></svg>
          </button>
        }
      </div>
    </form>
  `,
  styleUrl: './composer.css',
})
export class Composer {
  readonly isRunning = input(false);
  readonly ask = output<Ask>();
  readonly stop = output();

  protected readonly prompt = signal('');
  protected readonly asTrip = signal(false);
  private readonly field = viewChild.required<ElementRef<HTMLTextAreaElement>>('text');

  focus(): void {
    this.field().nativeElement.focus();
  }

  protected press(event: KeyboardEvent): void {
    // Enter ends the writing of a syllable in some languages.
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) this.submit(event);
    if (event.key === 'Escape' && this.isRunning()) this.stop.emit();
  }

  protected submit(event: Event): void {
    event.preventDefault();
    const prompt = this.prompt().trim();
    if (prompt === '' || this.isRunning()) return;
    this.ask.emit({ prompt, asTrip: this.asTrip() });
    this.prompt.set('');
    this.asTrip.set(false);
    // The button that was pressed has become another one.
    this.focus();
  }
}
