import { whenGone } from '@holdfast/core';

/** Who hears of a body. Of a body that was split, each part can be cancelled alone. */
export interface Watch {
  /** Somebody reads it, or has got hold of its stream. May be told again. */
  begun(): void;
  /** It was read, or broke. May be told again. */
  ended(): void;
  /** Nobody will read it: it was cancelled, or is garbage. May be told again. */
  cancelled(): void;
}

// biome-ignore lint/suspicious/noExplicitAny: the platform's own methods take what they take
export type Method = (this: any, ...args: any[]) => any;

/** Lets a class put its private fields on somebody else's object. */
class Somebody {
  constructor(one: object) {
    // biome-ignore lint/correctness/noConstructorReturn: a constructor that returns an object puts the fields there
    return one;
  }
}

/** A field that nobody else sees; a WeakMap would cost a response a microsecond. */
class Watched extends Somebody {
  #watch: Watch;

  constructor(one: object, watch: Watch) {
    super(one);
    this.#watch = watch;
  }

  static watchOf(one: object): Watch | undefined {
    return #watch in one ? one.#watch : undefined;
  }

  static replaceWatch(one: object, watch: Watch): void {
    if (#watch in one) one.#watch = watch;
  }
}

const prototypeOf = new WeakMap<object, object>();

/** From now on the object has these members before its own class's, and its watch; false where it had them already. */
export function put(watch: Watch, one: object, members: (plain: object) => PropertyDescriptorMap): boolean {
  if (Watched.watchOf(one)) return false;
  const plain: object = Object.getPrototypeOf(one);
  let prototype = prototypeOf.get(plain);
  if (!prototype) {
    prototype = Object.create(plain, members(plain)) as object;
    prototypeOf.set(plain, prototype);
  }
  new Watched(one, watch);
  Object.setPrototypeOf(one, prototype);
  return true;
}

export function watching(one: object): Watch {
  return Watched.watchOf(one) as Watch;
}

/** Its end is one part's of two from now on. */
export function replaceWatch(one: object, watch: Watch): void {
  Watched.replaceWatch(one, watch);
}

/** For two parts of one body: it has ended when one of them was read, or both were cancelled. */
export function split(watch: Watch): readonly [Watch, Watch] {
  let left = 2;
  const part = (): Watch => {
    let isLeft = true;
    return {
      begun: () => watch.begun(),
      ended: () => watch.ended(),
      cancelled() {
        if (isLeft && --left === 0) watch.cancelled();
        isLeft = false;
      },
    };
  };
  return [part(), part()];
}

/** Members that stand before the platform's own, which they are given to be called. */
export function replaced(
  plain: object,
  names: readonly (string | symbol)[],
  by: (original: Method) => Method,
): PropertyDescriptorMap {
  const members: PropertyDescriptorMap = {};
  for (const name of names) {
    const original: unknown = Reflect.get(plain, name);
    if (typeof original !== 'function') continue;
    Object.defineProperty(members, name, {
      value: { value: by(original as Method), configurable: true, writable: true },
      enumerable: true,
    });
  }
  return members;
}

/** It ends when the promise does that the method gives. */
export function endWith(original: Method): Method {
  return function (...args) {
    const watch = watching(this);
    watch.begun();
    const ended = (): void => watch.ended();
    const result: Promise<unknown> = original.apply(this, args);
    result.then(ended, ended);
    return result;
  };
}

const collected = whenGone<Watch>((watch) => watch.cancelled());

/** What is garbage will not be read. The watch must not hold what it is for. */
export function whenCollected(one: object, watch: Watch): void {
  collected.register(one, watch);
}
