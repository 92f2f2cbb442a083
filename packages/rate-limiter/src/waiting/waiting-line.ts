/** fetch's own `priority`. */
export type Priority = 'high' | 'auto' | 'low';

/** A place in the queue; made by the queue, and used to leave it. */
interface Place<T> {
  readonly value: T;
  readonly rank: number;
  readonly since: number;
  before: Place<T> | undefined;
  behind: Place<T> | undefined;
}

export type { Place };

/** The first rank of each priority, that of retries; the second is that of first attempts. */
const ranks: Readonly<Record<Priority, number>> = { high: 0, auto: 2, low: 4 };
const none: readonly undefined[] = Array(6).fill(undefined);

/**
 * The waiting calls: high priority before low, and within a priority retries before first attempts, since other calls
 * wait for the outcome of a retry; equals in the order of arrival, which for a retry is that of its call. A call that
 * leaves is removed at once, in O(1).
 */
export class WaitingLine<T> {
  /** By rank. */
  readonly #first: (Place<T> | undefined)[] = [...none];
  readonly #last: (Place<T> | undefined)[] = [...none];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** @param since When the call arrived: one that has waited elsewhere goes before those that came later. */
  enter(value: T, priority: Priority, isRetry: boolean, since: number): Place<T> {
    const rank = ranks[priority] + (isRetry ? 0 : 1);
    let before = this.#last[rank];
    while (before && before.since > since) before = before.before;
    const behind = before ? before.behind : this.#first[rank];
    const place: Place<T> = { value, rank, since, before, behind };
    if (before) before.behind = place;
    else this.#first[rank] = place;
    if (behind) behind.before = place;
    else this.#last[rank] = place;
    this.#length++;
    return place;
  }

  /** The call whose turn it is. */
  first(): T | undefined {
    return this.#first.find((place) => place !== undefined)?.value;
  }

  /** Removes a place from the queue; it must be in the queue. */
  leave(place: Place<T>): void {
    const { rank, before, behind } = place;
    if (before) before.behind = behind;
    else this.#first[rank] = behind;
    if (behind) behind.before = before;
    else this.#last[rank] = before;
    this.#length--;
  }

  /** All waiting calls at this moment. */
  all(): T[] {
    const values: T[] = [];
    for (const first of this.#first) {
      for (let place = first; place; place = place.behind) values.push(place.value);
    }
    return values;
  }
}
