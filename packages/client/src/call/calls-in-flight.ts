import type { Clock } from '@holdfast/core';
import { checkMembers, ignore, LinkedList, type Member, milliseconds, within } from '@holdfast/core/internal';

/** How a client is closed. */
export interface CloseOptions {
  /**
   * How long calls in flight may continue, in milliseconds, before they end with `CLIENT_CLOSED`. Retries, waits in a
   * queue and the reading of bodies by shortcuts such as `.json()` are part of a call. New calls are refused at once.
   *
   * @defaultValue 0: the calls end at once
   */
  readonly drainMs?: number;
}

/** @throws TypeError or RangeError that names path, value and remedy. */
export function drainMsOf(options: CloseOptions | undefined): number {
  if (options === undefined) return 0;
  checkMembers(options, 'close', { drainMs: milliseconds() }, ': ');
  return options.drainMs ?? 0;
}

/** A call that can be ended from outside. */
export interface EndableCall {
  close(): void;
}

/** Every call that has not ended. */
export class CallsInFlight extends LinkedList<EndableCall> {
  readonly #waiting = new Set<() => void>();

  override remove(member: Member<EndableCall>): void {
    super.remove(member);
    if (this.size === 0) for (const wake of this.#waiting) wake();
  }

  /** Resolves when the last call has ended, or the time is up. */
  async ended(withinMs: number, clock: Clock): Promise<void> {
    if (this.size === 0) return;
    let wake: () => void = ignore;
    const allEnded = new Promise<void>((resolve) => {
      wake = resolve;
      this.#waiting.add(resolve);
    });
    // The caller of this method then ends the calls that are left.
    await within(allEnded, { clock, ms: withinMs, late: ignore });
    this.#waiting.delete(wake);
  }
}
