import type { Clock } from '@holdfast/core';
import { CallsInFlight, type CloseOptions, drainMsOf } from './calls-in-flight.ts';
import { Family } from './family.ts';

/** The life of a client: its calls in flight, the clients that were made from it, and its end. */
export class Lifetime {
  readonly calls: CallsInFlight = new CallsInFlight();
  /** The clients that were made from it by `extend()`. */
  readonly family: Family = new Family();
  readonly #clock: Clock;
  readonly #parent: (() => boolean) | undefined;
  readonly #closeParts: () => Promise<void>;
  #closed = false;
  #ended: Promise<void> | undefined;

  /**
   * @param closeParts Closes the parts that were made for this client alone.
   * @param isParentClosed Is the client from which this one was made closed?
   */
  constructor(clock: Clock, closeParts: () => Promise<void>, isParentClosed: (() => boolean) | undefined) {
    this.#clock = clock;
    this.#closeParts = closeParts;
    this.#parent = isParentClosed;
  }

  readonly isClosed = (): boolean => this.#closed || (this.#parent?.() ?? false);

  readonly close = async (options?: CloseOptions): Promise<void> => {
    const drainMs = drainMsOf(options);
    this.#closed = true;
    if (drainMs > 0) await Promise.all([this.calls.ended(drainMs, this.#clock), this.family.close(options)]);
    this.#ended ??= this.#end();
    return this.#ended;
  };

  async #end(): Promise<void> {
    for (const call of this.calls) call.close();
    await this.family.close();
    await this.#closeParts();
  }
}
