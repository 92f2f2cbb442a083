/**
 * How many attempts in a row may lose their connection before this is an outage, if the server has never answered. With
 * fewer, the network may just be coming up: retries cost the server nothing, and every call has its retries.
 */
const fewest = 16;

/** The attempts before the first answer that lost their connection. */
export class LostConnections {
  /** `NaN` if some failed in another way. */
  #count = 0;
  /** Calls have retried for this reason, and the one further look has not been used yet. */
  #isLookDue = false;

  /** An attempt has failed. */
  note(isLost: boolean): void {
    this.#count = isLost ? this.#count + 1 : Number.NaN;
  }

  forget(): void {
    this.#count = 0;
    this.#isLookDue = false;
  }

  /** How many more attempts may go out before this is an outage; 0 where nothing has failed in this way. */
  get left(): number {
    return this.#count > 0 && this.#count < fewest ? fewest - this.#count : 0;
  }

  /** The same, for calls that retry for this reason. */
  takeLeft(): number {
    if (this.left > 0) this.#isLookDue = true;
    return this.left;
  }

  /**
   * Sixteen attempts have failed, perhaps at the same moment: may one more call look before all are refused? True only
   * once.
   */
  takeLook(): boolean {
    const isDue = this.#isLookDue && this.#count >= fewest;
    if (isDue) this.#isLookDue = false;
    return isDue;
  }
}
