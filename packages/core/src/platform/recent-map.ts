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

  get(key: Key): Value | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
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
}
