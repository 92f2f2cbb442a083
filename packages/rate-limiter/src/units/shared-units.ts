/** A limit in a unit that several processes keep together. */
export interface SharedUnits {
  /** Is there a grant of this cost? */
  has(cost: number): boolean;
  ask(cost: number): void;
  againInMs(): number | undefined;
  /** Takes the grant; returns its name, if there was one. */
  take(): string | undefined;
  settle(token: string | undefined, amount: number): void;
  /** No call needs the grant. */
  letGo(): void;
}
