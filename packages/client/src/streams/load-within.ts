import type { Clock } from '@holdfast/core';
import { ignore, type OnDemand } from '@holdfast/core/internal';
import type { CallScope } from '../call/call-scope.ts';

/** A part that is being loaded. */
export interface Loading<T> {
  readonly part: Promise<T>;
  /** The part is not needed any more: `part` rejects. */
  leave(): void;
}

/**
 * Loads a part without which a call can't begin. Meanwhile the call has no request, and nothing else that could end it.
 * So the wait is a call of its own, which its caller, its deadline and the client's `close()` end at once.
 *
 * @param begin Begins that call. If the part arrives, the call leaves no trace.
 */
export function loadWithin<T>(part: OnDemand<T>, clock: Clock, begin: () => CallScope): Loading<T> {
  if (part.loaded !== undefined) return { part: Promise.resolve(part.loaded), leave: ignore };
  const scope = begin();
  let isLeft = false;
  const load = async (): Promise<T> => {
    try {
      scope.refuseLate();
      scope.signal.throwIfAborted();
      const it = await scope.inTime(part.load(clock));
      scope.abandon();
      return it;
    } catch (error) {
      if (isLeft) scope.abandon();
      else scope.fail(error);
      throw error;
    }
  };
  return {
    part: load(),
    leave() {
      isLeft = true;
      scope.abort(new DOMException('The stream was closed', 'AbortError'));
    },
  };
}
