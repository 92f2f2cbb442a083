/** An id that no item shows: its block has no item, or the id is empty. */
class IdMark<Item> {
  readonly id: string;
  readonly item: Item | undefined;

  constructor(id: string, item?: Item) {
    this.id = id;
    this.item = item;
  }
}

/**
 * The items that were parsed and not taken yet. Most events have an id, and there may be thousands of them in a second:
 * an item that shows its id itself needs no object for it.
 */
export class ItemQueue<Item> {
  readonly #idOf: (item: Item) => string | undefined;
  readonly #passed: (id: string) => void;
  #waiting: (Item | IdMark<Item>)[] = [];
  #at = 0;
  /** The id of the present block, while it is not known whether the block has an item. */
  #openId: string | undefined;
  /** The id of the item that was taken last; an empty id resets it. */
  id: string | undefined;

  /** @param passed Called with the id of a block without an item, in the order of the stream. */
  constructor(idOf: (item: Item) => string | undefined, passed: (id: string) => void) {
    this.#idOf = idOf;
    this.#passed = passed;
  }

  /** Records the id of a block, whose item comes next, if it has one. */
  block(id: string): void {
    this.endBlock();
    this.#openId = id;
  }

  /** Records that the present block has no item. */
  endBlock(): void {
    if (this.#openId !== undefined) this.#waiting.push(new IdMark<Item>(this.#openId));
    this.#openId = undefined;
  }

  put(item: Item, id: string | undefined): void {
    if (id === undefined) this.endBlock();
    else this.#openId = undefined;
    this.#waiting.push(id === '' ? new IdMark(id, item) : item);
  }

  /** Puts back all that was parsed, so that it is taken again. */
  rewind(): void {
    this.#at = 0;
  }

  /** True if nothing waits, not even an id. */
  get isEmpty(): boolean {
    return this.#at === this.#waiting.length;
  }

  /** @returns `undefined` if there is none. */
  take(): Item | undefined {
    const waiting = this.#waiting;
    while (this.#at < waiting.length) {
      const next = waiting[this.#at++] as Item | IdMark<Item>;
      if (!(next instanceof IdMark)) {
        this.id = this.#idOf(next);
        return next;
      }
      this.id = next.id;
      if (next.item !== undefined) return next.item;
      this.#passed(next.id);
    }
    if (this.#at > 0) this.#waiting = [];
    this.#at = 0;
    return undefined;
  }
}
