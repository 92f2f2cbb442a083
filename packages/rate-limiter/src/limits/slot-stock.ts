/** A stock of permits, which never gives out more than it has. */
export interface Slots {
  /** Resolves when so many permits are taken; rejects where that is not possible at all. */
  take(permits: number): Promise<void>;
  giveBack(permits: number): Promise<void>;
}
