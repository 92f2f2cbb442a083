/** A stock of permits, which never gives more than it has. */
export interface Slots {
  /** Resolves when this many permits are taken; rejects if that is not possible at all. */
  take(permits: number): Promise<void>;
  giveBack(permits: number): Promise<void>;
}
