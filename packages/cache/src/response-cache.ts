import {
  type Clock,
  type CredentialsIdentity,
  type Emit,
  type Strategy,
  systemClock,
  systemRandom,
} from '@holdfast/core';
import { background } from './background.ts';
import { type ResponseCacheOptions, resolveOptions } from './options.ts';
import { outerStore } from './outer-store.ts';
import { partitions } from './partition.ts';
import { judgeBy } from './policy.ts';
import { serve } from './serve.ts';
import { shelf } from './shelf.ts';
import { memoryStore } from './store.ts';

/**
 * The cheapest request is the one that is not made, and the best answer of a server that is down is the one that it has
 * given before. HTTP says precisely when an answer may be given again (RFC 9111), and when a stale one will do (RFC 5861).
 *
 * It is easy to get wrong: a cache by URL alone shows one user what was meant for another; one that waits for a whole
 * body before it hands over the response makes a stream a download, and one that splits it holds in memory what nobody
 * reads; half a body, cut off by a broken connection, is given out as a whole one from then on; an answer that was on
 * its way while somebody changed the resource is kept, and the change is not seen; and a store that hangs takes the calls
 * along that it was to make faster.
 *
 * It stands outside the deadline: a fresh answer costs nothing of what lies below it, and a stale one saves a call whose
 * time is up. Within it, it waits for nothing but its store, no longer than the call may take.
 */
export interface ResponseCache extends Strategy {
  /** The same cache for a pipeline whose credentials are put on further inside: answers of one are not for another. */
  for(identity: CredentialsIdentity | undefined): Strategy;
  /** Lets go of everything; a `store` that was given stays open, since it is the user's. */
  close(): void;
}

/** What a client hands in; alone, the defaults do. */
export interface ResponseCacheParts {
  /** @defaultValue `systemClock` */
  readonly clock?: Clock;
  /** Chance in [0, 1). @defaultValue `Math.random` */
  readonly random?: () => number;
  /** Who is told of the store's failures, which belong to no call. @defaultValue nobody */
  readonly emit?: Emit;
  /** How messages about options begin. @defaultValue 'responseCache' */
  readonly where?: string;
}

/**
 * Creates a response cache: a ring for the pipeline, a private cache by RFC 9111.
 *
 * @throws TypeError or RangeError for options that make no sense, naming path, value and remedy.
 * @example
 * ```ts
 * import { responseCache } from '@holdfast/cache';
 * import { attemptTimeout, compose, deadline, fetchTransport, retryRing } from '@holdfast/core';
 *
 * const cache = responseCache({ staleIfErrorMs: 3_600_000 });
 * const send = compose([cache, deadline(), retryRing(), attemptTimeout()], fetchTransport());
 * ```
 * @see RFC 9111, RFC 5861, RFC 9211
 */
export function responseCache(
  options: ResponseCacheOptions | true = true,
  parts: ResponseCacheParts = {},
): ResponseCache {
  const { clock = systemClock, random = systemRandom, emit = {}, where = 'responseCache' } = parts;
  const { store, maxBytes, maxEntryBytes, partition, storeTimeoutMs, ...judging } = resolveOptions(options, where);
  const judge = judgeBy(clock, judging);
  const items = store ? outerStore(store, { clock, emit, judge, timeoutMs: storeTimeoutMs }) : memoryStore(maxBytes);
  const alone = background();
  const shared = { judge, maxEntryBytes, shelf: shelf(items, random), alone, underWay: new Set<string>() };
  const ring = (identity: CredentialsIdentity | undefined): Strategy => ({
    name: 'cache',
    execute: serve({ ...shared, partitions: partitions(identity, partition, `${where}.partition`) }),
  });
  return {
    ...ring(undefined),
    for: ring,
    close() {
      alone.close();
      items.close();
    },
  };
}
