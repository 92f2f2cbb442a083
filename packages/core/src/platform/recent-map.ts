/** A map with a bounded number of entries: the least recently used entry is removed first. */
export class RecentMap<Key, Value> {
  readonly #entries = new Map<Key, Value>();
  readonly #most: number;
  readonly #mayGo: (value: Value) => boolean;

  /** @param mayGo Entries for which it returns false stay, whatever the bound. */
  constructor(most = 10_000, mayGo: (value: Value) => boolean = () => true) {
    this.#most = most;
    this.#mayGo = mayGo;
  }

  /** Returns the value, which counts as used from now on. */
  get(key: Key): Value | undefined {
    const value = this.#entries.get(key);
    // While half of the map is free, nothing will be removed soon, and the order need not be exact.
    if (value === undefined || this.#entries.size <= this.#most / 2) return value;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  /** Returns the value without counting it as used. */
  peek(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  set(key: Key, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#most) return;
    for (const [oldest, old] of this.#entries) {
      if (oldest === key || !this.#mayGo(old)) continue;
      this.#entries.delete(oldest);
      return;
    }
  }

  delete(key: Key): void {
    this.#entries.delete(key);
  }

  values(): Iterable<Value> {
    return this.#entries.values();
  }

  /** The entries, the least recently used first. */
  entries(): Iterable<[Key, Value]> {
    return this.#entries.entries();
  }
}
