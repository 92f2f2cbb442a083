/**
 * Members that come and go with every call. A `Set` holds them as well, but costs more than all rings together: it grows
 * into a new table every few calls, and V8 lets the old table point to the new one. A table that was old enough to be
 * moved to the old generation thus keeps all later ones from being collected young, with the calls that stood in them.
 *
 * So a member that leaves unlinks its neighbours, and no removed member points to a present one.
 */
export class LinkedList<T> implements Iterable<T> {
  #first: Member<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Gives what it takes to {@link remove} it again. */
  add(value: T): Member<T> {
    const next = this.#first;
    const member: Member<T> = { value, next, previous: undefined, isIn: true };
    if (next) next.previous = member;
    this.#first = member;
    this.#size++;
    return member;
  }

  /** No error where it has left already. */
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

  /** All that are in now, in the order of coming; they may leave meanwhile. */
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
