import type { Clock } from '@holdfast/core';
import { opossum } from '#opossum';
import { buckets, type OpossumWindow, openWindow } from './opossum-window.ts';
import type { Figures, WindowLimits } from './window-figures.ts';

/**
 * opossum keeps the rolling window: how many of the outcomes in it were failures, and whether that is too many.
 *
 * It gets a failure after the fact, and only those that count; the successes before it are written into its window,
 * since nothing follows from them alone. Without failures there is no opossum at all.
 */
export interface RollingWindow {
  /** Writes an outcome down; says whether that was one failure too many. */
  record(failed: boolean): boolean;
  readonly figures: Figures;
  /** Empties the window. */
  clear(): void;
  shutdown(): void;
}

export function createRollingWindow(limits: WindowLimits, clock: Pick<Clock, 'now'>): RollingWindow {
  const bucketMs = limits.windowMs / buckets;
  /** Which bucket of all time the newest is. */
  let newest = Math.floor(clock.now() / bucketMs);
  /**
   * What is not in opossum's window yet, the newest bucket first: successes, since it opens at none of them and `fire()`
   * costs up to 10 µs; and the failures before it is there, since as long as nothing fails, there is no opossum.
   */
  let untold: Page[] = emptyPages();
  let isAllTold = true;
  let window: OpossumWindow | undefined;
  let isShutdown = false;
  const turn = (times: number): void => {
    for (let due = Math.min(buckets, times); due > 0; due--) {
      untold.pop();
      untold.unshift(emptyPage());
      window?.turn();
    }
  };
  const catchUp = (): void => {
    const now = Math.floor(clock.now() / bucketMs);
    if (now === newest) return;
    turn(now - newest);
    newest = now;
  };
  return {
    record(failed) {
      // The circuit was removed while an attempt was under way: opossum would reject even a success.
      if (isShutdown) return false;
      catchUp();
      if (failed) window ??= opossum.loaded && openWindow(opossum.loaded, limits);
      if (!failed || !window) {
        const [page] = untold as [Page];
        page[failed ? 'failures' : 'successes']++;
        isAllTold = false;
        return false;
      }
      if (!isAllTold) {
        window.tell(untold);
        untold = emptyPages();
        isAllTold = true;
      }
      return window.isFullAfterFailure();
    },
    get figures() {
      catchUp();
      return untold.reduce(sum, window?.figures ?? emptyPage());
    },
    clear: () => turn(buckets),
    shutdown() {
      isShutdown = true;
      window?.shutdown();
    },
  };
}

/** The outcomes of a tenth of the window. */
type Page = { -readonly [key in keyof Figures]: Figures[key] };

function emptyPage(): Page {
  return { failures: 0, successes: 0 };
}

function emptyPages(): Page[] {
  return Array.from({ length: buckets }, emptyPage);
}

function sum(one: Figures, other: Figures): Figures {
  return { failures: one.failures + other.failures, successes: one.successes + other.successes };
}
