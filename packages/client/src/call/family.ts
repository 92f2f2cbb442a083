import { weakly } from '@holdfast/core/internal';
import type { CloseOptions } from './calls-in-flight.ts';

/** What can be closed. */
export interface Closable {
  close(options?: CloseOptions): Promise<void>;
}

/**
 * The clients that a client was extended to, so that its end is theirs. Held weakly: a server that extends a client for
 * each request would else keep all of them. Where the platform has no weak references (`weakly`), none is held.
 */
export class Family {
  readonly #members = new Set<NonNullable<ReturnType<typeof weakly<Closable>>>>();
  #sweepAt = 64;

  add(child: Closable): void {
    if (this.#members.size >= this.#sweepAt) {
      for (const member of this.#members) if (!member.deref()) this.#members.delete(member);
      this.#sweepAt = Math.max(64, this.#members.size * 2);
    }
    const reference = weakly(child);
    if (reference) this.#members.add(reference);
  }

  async close(options?: CloseOptions): Promise<void> {
    await Promise.all([...this.#members].map((member) => member.deref()?.close(options)));
  }
}
