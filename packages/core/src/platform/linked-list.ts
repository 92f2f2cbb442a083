/**
 * A list whose members come and go with every call. A `Set` would cost more than all rings together: it grows into a
 * new table every few calls, and V8 lets the old table point to the new one. So a table that has reached the old
 * generation keeps all later tables, and the calls in them, from being collected young.
 *
 * So a member that leaves unlinks its neighbours, and no removed member points to a present one.
 */
export class LinkedList<T> implements Iterable<T> {
  #first: Member<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Returns the place that {@link remove} takes. */
  add(value: T): Member<T> {
    const next = this.#first;
    const member: Member<T> = { value, next, previous: undefined, isIn: true };
    if (next) next.previous = member;
    this.#first = member;
    this.#size++;
    return member;
  }

  /** Removing a member twice is not an error. */
  remove(member: Member<T>): void {
    if (!member.isIn) return;
    const { next, previous } = member;
    if (next) next.previous = previous;
    if (previous) previous.next = next;
    else this.#first = next;
    member.next = undefined;
    member.previous = undefined;
    member.isIn = false;
    this.#size--;
  }

  /** All present members, the oldest first; members may be removed during the iteration. */
  [Symbol.iterator](): Iterator<T> {
    const values: T[] = [];
    for (let member = this.#first; member; member = member.next) values.push(member.value);
    return values.reverse()[Symbol.iterator]();
  }
}

/** A place in a {@link LinkedList}. */
export interface Member<T> {
  readonly value: T;
  next: Member<T> | undefined;
  previous: Member<T> | undefined;
  isIn: boolean;
}
