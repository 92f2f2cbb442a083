/** Whether one more may go. Its permits are for whoever waits: they belong to no call until they are taken. */
export interface Limit {
  /** Does it count starts, whatever becomes of them? Else it counts calls until they have ended. */
  readonly countsStarts: boolean;
  /** Is there a permit to be taken, now? */
  atHand(): boolean;
  /** How many could go now, if they asked: whoever is among them is not said to wait. */
  room(): number;
  take(): void;
  /** Whoever took one last has started by now, and no sooner than it was taken. */
  started?(): void;
  /** The call that took it has ended. */
  giveBack(): void;
  /** Sees to it that there will be permits for those who wait; whoever made the limit is told then. */
  ask(waiting: number): void;
  /** In how many milliseconds there may be a permit that no call gives back; absent, or `undefined`, where only that helps. */
  againInMs?(): number | undefined;
  /** Those who asked have all gone, or have theirs: what came for them is for others. */
  nobodyWaits?(): void;
  /** Nobody is held back by it, and it remembers no one. */
  isIdle(): boolean;
  close(): void;
}

/** What a limit is: so many at once, or so many in any `perMs`. */
export interface LimitSpec {
  readonly size: number;
  /** A permit is taken up again so long after its start; without it, when it is given back. */
  readonly perMs?: number;
}

/** What whoever made a limit is told. */
export interface LimitEvents {
  /** There is a permit that was asked for. */
  ready(): void;
  /** There will be none for those who wait now: what keeps the limit could not be loaded. */
  failed(error: Error): void;
}
