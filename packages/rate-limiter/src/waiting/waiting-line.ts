/** fetch's own `priority`. */
export type Priority = 'high' | 'auto' | 'low';

/** A place in the queue; made by the queue, and used to leave it. */
interface Place<T> {
  readonly value: T;
  readonly priority: Priority;
  before: Place<T> | undefined;
  behind: Place<T> | undefined;
}

export type { Place };

/**
 * The waiting calls: high priority before low, equal priorities in the order of arrival. A call that leaves is removed
 * at once, in O(1).
 */
export class WaitingLine<T> {
  readonly #first: Record<Priority, Place<T> | undefined> = { high: undefined, auto: undefined, low: undefined };
  readonly #last: Record<Priority, Place<T> | undefined> = { high: undefined, auto: undefined, low: undefined };
  #length = 0;

  get length(): number {
    return this.#length;
  }

  enter(value: T, priority: Priority): Place<T> {
    const before = this.#last[priority];
    const place: Place<T> = { value, priority, before, behind: undefined };
    if (before) before.behind = place;
    else this.#first[priority] = place;
    this.#last[priority] = place;
    this.#length++;
    return place;
  }

  /** The call whose turn it is. */
  first(): T | undefined {
    return (this.#first.high ?? this.#first.auto ?? this.#first.low)?.value;
  }

  /** Removes a place from the queue; it must be in the queue. */
  leave(place: Place<T>): void {
    const { priority, before, behind } = place;
    if (before) before.behind = behind;
    else this.#first[priority] = behind;
    if (behind) behind.before = before;
    else this.#last[priority] = before;
    this.#length--;
  }

  /** All waiting calls at this moment. */
  all(): T[] {
    const values: T[] = [];
    for (const first of [this.#first.high, this.#first.auto, this.#first.low]) {
      for (let place = first; place; place = place.behind) values.push(place.value);
    }
    return values;
  }
}
