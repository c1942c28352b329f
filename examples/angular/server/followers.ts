import { defer, finalize, type MonoTypeOperatorFunction } from 'rxjs';

/** Who follows which run, and whether a page that leaves comes back. */
export interface Followers {
  /** Counts a follower of a run, as long as it is subscribed. */
  count<T>(run: string): MonoTypeOperatorFunction<T>;
  /** A browser asks for the page. */
  pageAsked(browser: string): void;
  /** The page runs in the browser. */
  pageArrived(browser: string): void;
  /** Whether nobody will miss a run when a page of this browser leaves. */
  isLeft(run: string, browser: string): boolean;
}

/** Milliseconds in which a page that was asked for arrives, or never will. */
const patience = 10_000;

/**
 * Tells a tab that is closed from one that reloads, which a page that goes away does not know itself.
 *
 * A browser asks for the new page before it leaves the old one. So whoever leaves while a page is on its way comes back,
 * and everybody else does not.
 */
export function createFollowers(): Followers {
  const followers = new Map<string, number>();
  const onTheirWay = new Map<string, number>();
  const add = (run: string, change: number) => {
    const count = (followers.get(run) ?? 0) + change;
    if (count > 0) followers.set(run, count);
    else followers.delete(run);
  };

  return {
    count: (run) => (source) =>
      defer(() => {
        add(run, 1);
        return source.pipe(finalize(() => add(run, -1)));
      }),
    pageAsked: (browser) => void onTheirWay.set(browser, Date.now()),
    pageArrived: (browser) => void onTheirWay.delete(browser),
    isLeft: (run, browser) => {
      const isOnItsWay = Date.now() - (onTheirWay.get(browser) ?? 0) < patience;
      // The page that leaves is still counted.
      return !isOnItsWay && (followers.get(run) ?? 0) < 2;
    },
  };
}
