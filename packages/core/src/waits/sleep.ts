import { type Clock, longestTimerMs } from '../kernel/clock.ts';
import { within } from './within.ts';

/**
 * Waits for `delayMs`, or rejects with the signal's own reason as soon as it aborts. A delay that is longer than a timer
 * can hold is divided into several timers, so that it never ends sooner than asked.
 */
export function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  const ms = Math.min(delayMs, longestTimerMs);
  const late = (): Promise<void> | void => (ms < delayMs ? sleep(clock, delayMs - ms, signal) : undefined);
  return within<void, void>(new Promise(() => {}), { clock, signal, ms, late });
}
