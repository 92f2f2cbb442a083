/** The same limit, as several processes keep it together. */
export interface SharedUnits {
  /** Is there a grant of this cost? */
  has(cost: number): boolean;
  ask(cost: number): void;
  againInMs(): number | undefined;
  /** Takes the grant; gives its name, where there was one. */
  take(): string | undefined;
  settle(token: string | undefined, amount: number): void;
  /** No call needs the grant. */
  letGo(): void;
}
