import type { Clock } from '@holdfast/core';
import { opossum } from '#opossum';
import { buckets, type OpossumWindow, openWindow } from './opossum-window.ts';
import type { Figures, WindowLimits } from './window-figures.ts';

/**
 * opossum keeps the rolling window: it counts how many of the outcomes in it were failures, and decides whether that is
 * too many.
 *
 * It gets failures that have happened already, and only those that count. The successes before a failure are written
 * into its window, since a success alone never opens a circuit. Without failures opossum is not used at all.
 */
export interface RollingWindow {
  /** Records an outcome; returns whether the circuit must open. */
  record(failed: boolean): boolean;
  readonly figures: Figures;
  /** Empties the window. */
  clear(): void;
  shutdown(): void;
}

export function createRollingWindow(limits: WindowLimits, clock: Pick<Clock, 'now'>): RollingWindow {
  const bucketMs = limits.windowMs / buckets;
  /** The number of the newest bucket, counted since the clock's zero. */
  let newest = Math.floor(clock.now() / bucketMs);
  /**
   * The outcomes that are not in opossum's window yet, the newest bucket first. Successes are collected here, since
   * opossum never opens at one and `fire()` costs up to 10 µs; so are failures before opossum is loaded, since it is
   * loaded at the first failure.
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
      // If the circuit was removed while an attempt was under way, opossum would reject even a success.
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
