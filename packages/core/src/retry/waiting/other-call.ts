import { sameMomentMs } from './line-figures.ts';
import type { WaitingRetry } from './waiting-retry.ts';

/**
 * The call that tries in place of the first, among those that failed at the same moment: the one at three quarters of
 * the line, since calls that fail for good are most likely at one of its ends.
 */
export function otherCall(
  waiting: ReadonlySet<WaitingRetry>,
  givenAt: number,
  isThere: (one: WaitingRetry) => boolean,
): WaitingRetry | undefined {
  const meant = [...waiting].filter(
    (one) => (one.demand.isOrdered || one.joinedAt - givenAt <= sameMomentMs) && isThere(one),
  );
  return meant[Math.round(0.75 * (meant.length - 1))];
}

/** The line that begins with this call; those before it come last. */
export function lineFrom(first: WaitingRetry, waiting: ReadonlySet<WaitingRetry>): Set<WaitingRetry> {
  const line = [...waiting];
  const at = line.indexOf(first);
  return new Set([...line.slice(at), ...line.slice(0, at)]);
}
