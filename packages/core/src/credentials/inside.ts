import type { Call } from '../kernel/call.ts';
import { Around } from '../platform/around.ts';

/**
 * A refresh that sends through its own client waits for itself, and a token function that does so calls itself without
 * end. So while a function of the user's credentials runs, the calls that it makes are known, and end with an error that
 * says what to do.
 *
 * They are known by the function's async context; on platforms without such contexts, only if they are made before its
 * first `await`, or with the refresh's signal.
 */
export interface Inside {
  /** The owner of the function. */
  readonly owner: object;
  readonly outer: Inside | undefined;
  /** The function has ended: what it has begun, such as a timer, no longer counts as inside it. */
  isOver: boolean;
}

declare module '../kernel/call.js' {
  interface Call {
    /** The function of a client's credentials that has made the call. */
    inside?: Inside | undefined;
  }
}

const around = new Around<Inside>();
const bySignal = new WeakMap<AbortSignal, Inside>();

/** Runs a function of the user's credentials for a call. */
export function runInside<T>(owner: object, call: Call, work: () => T, signal?: AbortSignal): T {
  const now: Inside = { owner, outer: insideOf(call), isOver: false };
  const over = (): void => {
    now.isOver = true;
  };
  if (signal) bySignal.set(signal, now);
  const result = around.run(now, work);
  Promise.resolve(result).then(over, over);
  return result;
}

/** The same where an async context would cost too much: only calls that are made synchronously are known. */
export function runInsideNow<T>(owner: object, call: Call, work: () => T): T {
  return around.runNow({ owner, outer: insideOf(call), isOver: false }, work);
}

/** The functions of credentials inside which a call is made now, with this signal. */
export function insideNow(signal: AbortSignal | undefined): Inside | undefined {
  return (signal && bySignal.get(signal)) ?? around.current;
}

/** How many functions of this owner a call was made inside. */
export function depthInside(call: Call, owner: object): number {
  let depth = 0;
  for (let one = insideOf(call); one; one = one.outer) if (one.owner === owner) depth++;
  return depth;
}

/** Leaves out the functions that have ended, so that no chain grows without end. */
function insideOf({ inside }: Call): Inside | undefined {
  let one = inside ?? around.current;
  while (one?.isOver) one = one.outer;
  return one;
}

/** @param name The function's name in messages. */
export function sendsThroughItself(name: string): Error {
  return new Error(`${name} sends through its own client, and waits for itself; use fetch, or a client without auth`);
}
