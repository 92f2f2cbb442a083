import { checkGiven, integer, milliseconds, OptionError, oneOf } from '@holdfast/core/internal';
import type { CircuitSnapshot } from '../state/circuit-snapshot.ts';

/** The longest open time that is taken from a snapshot, in milliseconds: after an hour, a probe is sent. */
const longestMs = 3_600_000;
/** A larger number would not make the open time longer. */
const mostOpenings = 100;

/**
 * The circuits that are taken over from an earlier snapshot: those that are not closed, whose keys a request may have,
 * no more than are kept, and none for longer than an hour. The snapshot comes from a store, to which other programs may
 * have written.
 *
 * @param isKey May a request have this key?
 * @throws TypeError or RangeError for a list that no `snapshot()` could have given.
 */
export function initialState(
  state: unknown,
  { path, maxKeys, isKey }: { path: string; maxKeys: number; isKey: (key: string) => boolean },
): readonly CircuitSnapshot[] {
  if (state === undefined) return [];
  if (!Array.isArray(state)) throw new OptionError(path, state, 'must be a list such as snapshot().circuits');
  return (state as unknown[])
    .map((one, index) => checked(one, `${path}[${index}]`))
    .filter(({ key, state: stood }) => stood !== 'closed' && isKey(key))
    .slice(0, maxKeys);
}

function checked(one: unknown, path: string): CircuitSnapshot {
  if (typeof one !== 'object' || one === null) throw new OptionError(path, one, 'must be an object from snapshot()');
  const { key, state, retryAfterMs, openings = 1, failures = 0, successes = 0, slowCalls } = one as CircuitSnapshot;
  if (typeof key !== 'string' || key === '') throw new OptionError(`${path}.key`, key, 'must be a key from snapshot()');
  oneOf(state, ['closed', 'open', 'halfOpen'] as const, `${path}.state`);
  if (state === 'open') milliseconds()(retryAfterMs, `${path}.retryAfterMs`);
  const count = integer(0);
  checkGiven(one, `${path}.`, { openings: integer(1), failures: count, successes: count, slowCalls: count });
  return {
    key,
    state,
    failures,
    successes,
    openings: Math.min(openings, mostOpenings),
    ...(state === 'open' && { retryAfterMs: Math.min(retryAfterMs as number, longestMs) }),
    ...(slowCalls !== undefined && { slowCalls }),
  };
}
