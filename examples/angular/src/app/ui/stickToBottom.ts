import { afterNextRender, DestroyRef, Directive, ElementRef, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { fromEvent, Observable } from 'rxjs';

/** Keeps the end of growing content in view, unless the reader has scrolled up. */
@Directive({ selector: '[appStickToBottom]', exportAs: 'stickToBottom' })
export class StickToBottom {
  readonly #element = inject<ElementRef<HTMLElement>>(ElementRef).nativeElement;
  readonly #destroyRef = inject(DestroyRef);
  readonly isAtBottom = signal(true);

  constructor() {
    fromEvent(this.#element, 'scroll', { passive: true })
      .pipe(takeUntilDestroyed())
      .subscribe(() => {
        const { scrollHeight, scrollTop, clientHeight } = this.#element;
        this.isAtBottom.set(scrollHeight - scrollTop - clientHeight < 48);
      });
    afterNextRender(() => {
      resized(this.#element, ...this.#element.children)
        .pipe(takeUntilDestroyed(this.#destroyRef))
        .subscribe(() => {
          if (this.isAtBottom()) this.scroll();
        });
    });
  }

  focus(): void {
    this.#element.focus({ preventScroll: true });
  }

  scroll(): void {
    this.#element.scrollTop = this.#element.scrollHeight;
  }
}

/** RxJS has nothing that makes an Observable of an observer of the browser. */
function resized(...elements: readonly Element[]): Observable<void> {
  return new Observable((subscriber) => {
    const observer = new ResizeObserver(() => subscriber.next());
    for (const element of elements) observer.observe(element);
    return () => observer.disconnect();
  });
}
