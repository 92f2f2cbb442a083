/** What the processes have granted to one of them. */
export interface UnitGrant {
  readonly id: string;
  /** From when on it counts at the latest, by the monotonic clock. */
  readonly at: number;
}

/** A limit in a unit that several processes keep together. */
export interface SharedUnits {
  /** Is there a grant of this cost? */
  has(cost: number): boolean;
  ask(cost: number): void;
  againInMs(): number | undefined;
  /** Takes the grant, if there is one. */
  take(): UnitGrant | undefined;
  /** Called when the request of a grant is sent. */
  sent(grant: UnitGrant, amount: number): void;
  /** @param id Absent where the charge was not granted by the other processes. */
  settle(id: string | undefined, amount: number): void;
  /** No call needs the grant. */
  letGo(): void;
}
