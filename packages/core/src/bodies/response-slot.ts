/** Lets a class put its private fields on a given object. */
class Given {
  constructor(one: object) {
    // biome-ignore lint/correctness/noConstructorReturn: a constructor that returns an object puts the fields there
    return one;
  }
}

/** A value that is recorded for each response. */
export interface ResponseSlot<T> {
  get(response: object): T | undefined;
  set(response: object, value: T): void;
}

/**
 * Makes a place for a value of each response, in a field that no other code sees.
 *
 * @remarks An entry of a WeakMap would cost each failed answer some two microseconds, most of them in the garbage
 * collector. Only an object that can't be extended gets such an entry.
 */
export function responseSlot<T>(): ResponseSlot<T> {
  const fixed = new WeakMap<object, T>();
  class Slot extends Given {
    #value: T;

    constructor(one: object, value: T) {
      super(one);
      this.#value = value;
    }

    static get(one: object): T | undefined {
      return #value in one ? one.#value : fixed.get(one);
    }

    static set(one: object, value: T): void {
      if (#value in one) one.#value = value;
      else if (Object.isExtensible(one)) new Slot(one, value);
      else fixed.set(one, value);
    }
  }
  return Slot;
}
