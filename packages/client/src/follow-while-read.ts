import { type AbortSource, bodyLife } from '@holdfast/core';

/**
 * A body that is still being read must stop when the caller's signal aborts, long after the call has ended; and a
 * signal that lives as long as the process must not collect a listener for each call it has ever seen.
 *
 * So all bodies of one signal share one listener, which holds them weakly: each body keeps its own controller alive,
 * and when nobody can read the body any more, both go. The last one takes the listener along.
 */
interface Followers {
  readonly controllers: Set<WeakRef<AbortSource>>;
  readonly onAbort: () => void;
}

const followersOf = new WeakMap<AbortSignal, Followers>();
const controllerOf = new WeakMap<object, AbortSource>();
const collected = new FinalizationRegistry<{ signal: WeakRef<AbortSignal>; controller: WeakRef<AbortSource> }>(
  ({ signal, controller }) => forget(signal.deref(), controller),
);

/** Aborts the controller, for as long as the response's body can be read, when the signal does. */
export function followWhileRead(signal: AbortSignal, response: Response, controller: AbortSource): void {
  const life = lifeOf(response);
  if (!life) return;
  let followers = followersOf.get(signal);
  if (!followers) {
    const controllers = new Set<WeakRef<AbortSource>>();
    const onAbort = (): void => {
      for (const reference of controllers) reference.deref()?.abort(signal.reason);
      controllers.clear();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    followers = { controllers, onAbort };
    followersOf.set(signal, followers);
  }
  const reference = new WeakRef(controller);
  followers.controllers.add(reference);
  controllerOf.set(life, controller);
  collected.register(controller, { signal: new WeakRef(signal), controller: reference });
}

/** The body; by the platform's own getter, since a limiter takes a response's own for somebody who reads. */
function lifeOf(response: Response & { readonly [bodyLife]?: object | null }): object | null {
  const life = response[bodyLife];
  if (life !== undefined) return life;
  return response instanceof Response ? Reflect.get(Response.prototype, 'body', response) : (response as Response).body;
}

function forget(signal: AbortSignal | undefined, controller: WeakRef<AbortSource>): void {
  const followers = signal && followersOf.get(signal);
  if (!followers) return;
  followers.controllers.delete(controller);
  if (followers.controllers.size > 0) return;
  signal.removeEventListener('abort', followers.onAbort);
  followersOf.delete(signal);
}
