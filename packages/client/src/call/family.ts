import { weakly } from '@holdfast/core/internal';
import type { CloseOptions } from './calls-in-flight.ts';

/** A member of the family that can be closed. */
export interface Closable {
  close(options?: CloseOptions): Promise<void>;
}

/**
 * The clients that were made from a client by `extend()`, so that closing it closes them, too. They are held weakly:
 * otherwise a server that extends a client for each request would keep all of them. Without weak references on the
 * platform (`weakly`), none is held.
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
