/** Says whether one more call may start. Its permits are for waiting calls: no call owns a permit until it takes it. */
export interface Limit {
  /** Does it count starts, whatever becomes of them? Else it counts calls until they have ended. */
  readonly countsStarts: boolean;
  /** Is there a permit to be taken, now? */
  atHand(): boolean;
  /** How many calls could start now: a call among them is not reported as waiting. */
  room(): number;
  take(): void;
  /** The call that took the last one has started by now, and no sooner than it took the permit. */
  started?(): void;
  /** The call that took it has ended. */
  giveBack(): void;
  /** Makes sure that there will be permits for the waiting calls; the owner of the limit is notified then. */
  ask(waiting: number): void;
  /**
   * In how many milliseconds there may be a permit again although no call gives one back; absent, or `undefined`, where
   * there is a permit only once a call gives one back.
   */
  againInMs?(): number | undefined;
  /** Each call that asked has left, or has its permit: permits that arrive now are free for other calls. */
  noneWaits?(): void;
  /** It holds no call back, and has no state to keep. */
  isIdle(): boolean;
  close(): void;
}

/** What a limit is: this many at once, or this many in any `perMs`. */
export interface LimitSpec {
  readonly size: number;
  /** A permit is free again this long after its start; without a time, when it is given back. */
  readonly perMs?: number;
}

/** The callbacks of a limit's owner. */
export interface LimitEvents {
  /** There is a permit that was asked for. */
  ready(): void;
  /** There will be none for the calls that wait now: what enforces the limit could not be loaded. */
  failed(error: Error): void;
}
