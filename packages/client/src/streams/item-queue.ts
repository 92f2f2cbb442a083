/** An id whose block has no item, or an empty one, which an item does not show. */
class IdMark<Item> {
  readonly id: string;
  readonly item: Item | undefined;

  constructor(id: string, item?: Item) {
    this.id = id;
    this.item = item;
  }
}

/**
 * What was parsed and not taken yet. Most events come with an id, and thousands of them in a second: an item that shows
 * its id itself needs no object beside it.
 */
export class ItemQueue<Item> {
  readonly #idOf: (item: Item) => string | undefined;
  readonly #passed: (id: string) => void;
  #waiting: (Item | IdMark<Item>)[] = [];
  #at = 0;
  /** The id of a block of which it is not known yet whether it has an item. */
  #openId: string | undefined;
  /** The id that the item came with that was taken last; an empty one resets it. */
  id: string | undefined;

  /** @param passed Is told the id of a block without an item, in its turn. */
  constructor(idOf: (item: Item) => string | undefined, passed: (id: string) => void) {
    this.#idOf = idOf;
    this.#passed = passed;
  }

  /** A block has this id; its item comes next, if it has one. */
  block(id: string): void {
    this.endBlock();
    this.#openId = id;
  }

  /** No item comes in the block that was begun. */
  endBlock(): void {
    if (this.#openId !== undefined) this.#waiting.push(new IdMark<Item>(this.#openId));
    this.#openId = undefined;
  }

  put(item: Item, id: string | undefined): void {
    if (id === undefined) this.endBlock();
    else this.#openId = undefined;
    this.#waiting.push(id === '' ? new IdMark(id, item) : item);
  }

  /** All that was parsed comes again. */
  rewind(): void {
    this.#at = 0;
  }

  /** Nothing waits, not even an id. */
  get isEmpty(): boolean {
    return this.#at === this.#waiting.length;
  }

  /** @returns `undefined` where there is none. */
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
