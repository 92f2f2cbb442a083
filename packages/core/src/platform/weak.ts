/**
 * Cloudflare Workers with a compatibility date before May 2025 have neither `WeakRef` nor `FinalizationRegistry`. The
 * garbage collector is only a fallback everywhere: without it, a permit is given back when the body has been read or
 * cancelled, but not when a response that was dropped unread is collected. (Node's own `Response` and `Request` need
 * both, so nothing works without them there.)
 *
 * @see {@link https://developers.cloudflare.com/workers/configuration/compatibility-flags/}
 */
const { FinalizationRegistry: Registry, WeakRef: Reference } = globalThis as {
  FinalizationRegistry?: FinalizationRegistryConstructor;
  WeakRef?: WeakRefConstructor;
};

/** Calls back, some time after one of its objects was collected; never, where the platform does not report it. */
export function whenGone<T>(callback: (held: T) => void): { register(one: object, held: T): void } {
  return Registry ? new Registry(callback) : { register: () => {} };
}

/** A reference that does not keep the object; `undefined` where the platform has none. */
export function weakly<T extends object>(value: T): { deref(): T | undefined } | undefined {
  return Reference && new Reference(value);
}
