import { type AsyncStorage, asyncHooks } from './async-storage.ts';

/**
 * What the code that is running is a part of: for the code that is called synchronously on any platform, and for all
 * that it begins where the platform has async contexts.
 */
export class Around<T> {
  #now: T | undefined;
  /** Created when it is first needed: it costs every promise of an older Node a little. */
  #storage: AsyncStorage<T> | undefined;
  #isBegun = false;

  run<R>(value: T, work: () => R): R {
    if (!this.#isBegun) this.#begin();
    const storage = this.#storage;
    return this.runNow(value, storage ? () => storage.run(value, work) : work);
  }

  /** For the code that is called synchronously alone. */
  runNow<R>(value: T, work: () => R): R {
    const before = this.#now;
    this.#now = value;
    try {
      return work();
    } finally {
      this.#now = before;
    }
  }

  #begin(): void {
    this.#isBegun = true;
    const { AsyncLocalStorage } = asyncHooks();
    this.#storage = AsyncLocalStorage && new AsyncLocalStorage<T>();
  }

  get current(): T | undefined {
    return this.#now ?? this.#storage?.getStore();
  }
}
