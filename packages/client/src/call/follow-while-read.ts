import { type AbortSource, bodyLife, weakly, whenGone } from '@holdfast/core/internal';

/**
 * A body that is still being read must stop when the caller's signal aborts, long after the call has ended; and a
 * signal that lives as long as the process must not collect a listener for each call it has ever seen.
 *
 * All bodies of one signal share one listener, which holds them weakly: each body keeps its own source of aborts alive,
 * and both are released when the body can no longer be read. The last body removes the listener. Where the platform has
 * no weak references, bodies are held as long as the signal.
 */
type Reference<T> = { deref(): T | undefined };

interface Followers {
  readonly sources: Set<Reference<AbortSource>>;
  readonly onAbort: () => void;
}

const followersOf = new WeakMap<AbortSignal, Followers>();
const sourceOf = new WeakMap<object, AbortSource>();
const collected = whenGone<{ signal: Reference<AbortSignal>; source: Reference<AbortSource> }>(({ signal, source }) =>
  forget(signal.deref(), source),
);

/** Aborts the source, for as long as the response's body can be read, when the signal does. */
export function followWhileRead(signal: AbortSignal, response: Response, source: AbortSource): void {
  const life = lifeOf(response);
  if (!life) return;
  let followers = followersOf.get(signal);
  if (!followers) {
    const sources = new Set<Reference<AbortSource>>();
    const onAbort = (): void => {
      for (const reference of sources) reference.deref()?.abort(signal.reason);
      sources.clear();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    followers = { sources, onAbort };
    followersOf.set(signal, followers);
  }
  const reference = held(source);
  followers.sources.add(reference);
  sourceOf.set(life, source);
  collected.register(source, { signal: held(signal), source: reference });
}

/** A weak reference, where the platform has them. */
function held<T extends object>(value: T): Reference<T> {
  return weakly(value) ?? { deref: () => value };
}

/** The body, read by the platform's own getter: a limiter counts an access to the response's own getter as a read. */
function lifeOf(response: Response & { readonly [bodyLife]?: object | null }): object | null {
  const life = response[bodyLife];
  if (life !== undefined) return life;
  return response instanceof Response ? Reflect.get(Response.prototype, 'body', response) : (response as Response).body;
}

function forget(signal: AbortSignal | undefined, source: Reference<AbortSource>): void {
  const followers = signal && followersOf.get(signal);
  if (!followers) return;
  followers.sources.delete(source);
  if (followers.sources.size > 0) return;
  signal.removeEventListener('abort', followers.onAbort);
  followersOf.delete(signal);
}
