import { defer, type Observable, tap } from 'rxjs';
import type { TestScheduler } from 'rxjs/testing';
import type { RecordedMark } from './recordedRow.ts';

export type Cold = ReturnType<TestScheduler['createColdObservable']>;

/** A row that is played, and how much of it was delivered before its reader left. */
export class Input {
  readonly cold: Cold;
  readonly marks: readonly RecordedMark[];
  delivered = 0;

  constructor(cold: Cold, marks: readonly RecordedMark[]) {
    this.cold = cold;
    this.marks = marks;
  }

  readonly stream: Observable<unknown> = defer(() => {
    let notifications = 0;
    const count = () => {
      notifications += 1;
      let end = 0;
      const marks = this.marks.filter(({ messages }) => (end += messages.length) <= notifications);
      this.delivered = Math.max(this.delivered, marks.length);
    };
    return this.cold.pipe(tap({ next: count, error: count, complete: count }));
  });
}
