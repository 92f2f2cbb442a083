import { type Clock, type Handler, type Strategy, systemClock } from '@holdfast/core';
import { type CredentialsIdentity, type Emit, sharingScope } from '@holdfast/core/internal/late';
import { type ResponseCacheOptions, resolveOptions } from '../options/options.ts';
import { judgeBy } from '../rules/policy.ts';
import { OuterStore } from '../store/outer-store.ts';
import { memoryStore } from '../store/store.ts';
import { Variants } from '../store/variants.ts';
import { background, type InBackground } from './background.ts';
import { identities } from './identity.ts';
import { revalidator } from './revalidate.ts';
import { serve } from './serve.ts';

/**
 * A cache saves requests, and has an answer when the server is down. HTTP says precisely when an answer may be reused
 * (RFC 9111), and when a stale one may be served (RFC 5861).
 *
 * It is easy to get wrong. A cache by URL alone shows one user the answer of another. A cache that waits for the whole
 * body before it returns the response turns a stream into a download, and one that tees the body keeps unread bytes in
 * memory. A body that was cut off by a broken connection is served as complete from then on. An answer that was under
 * way while the resource was changed is stored, and hides the change. A store that hangs slows down the calls that it
 * should make faster.
 *
 * It is outside the deadline: a fresh answer costs nothing further inside, and a stale one saves a call whose time is
 * up. The ring waits only for its store, and no longer than the call may take.
 */
export interface ResponseCache extends Strategy {
  /** The same cache for a pipeline whose inner strategies are known. */
  for(inside: Inside): Strategy;
  /** Releases everything; a `store` that was given stays open, since it is the user's. */
  close(): void;
}

/** What a client has for the ring: the code further inside that may add an identity to a request, and background calls. */
export interface Inside {
  /** The client's credentials. */
  readonly identity?: CredentialsIdentity | undefined;
  /** The user's strategies: without `partition`, one that may add an identity makes all requests bypass the cache. */
  readonly strategies?: readonly Strategy[];
  /** The function that sends, if it is not the platform's `fetch`. */
  readonly transport?: Handler | undefined;
  /** Makes background calls. @defaultValue calls without events, which end with the cache */
  readonly inBackground?: InBackground;
}

/** Values that a client passes in; without a client, the defaults apply. */
export interface ResponseCacheParts {
  /** @defaultValue `systemClock` */
  readonly clock?: Clock;
  /** Gets the store's failures, which belong to no call. @defaultValue none */
  readonly emit?: Emit;
  /** The beginning of messages about options. @defaultValue 'responseCache' */
  readonly where?: string;
}

/**
 * Creates a response cache: a ring for the pipeline, a private cache by RFC 9111.
 *
 * @throws TypeError or RangeError for options that are invalid, naming path, value and remedy.
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
  const { clock = systemClock, emit = {}, where = 'responseCache' } = parts;
  const { store, maxBytes, maxEntryBytes, partition, storeTimeoutMs, ...judging } = resolveOptions(options, where);
  const judge = judgeBy(clock, judging);
  const items = store
    ? new OuterStore(store, { clock, emit, judge, timeoutMs: storeTimeoutMs, maxEntryBytes })
    : memoryStore(maxBytes);
  const alone = background();
  const shared = { judge, maxEntryBytes, variants: new Variants(items, () => clock.wallNow()) };
  const serving = { ...shared, revalidator: revalidator(shared) };
  const ring = ({ identity, strategies = [], transport, inBackground = alone.run }: Inside): Strategy => {
    const scope = sharingScope({ strategies, transport, partition, path: `${where}.partition` });
    return { name: 'cache', execute: serve({ ...serving, inBackground, identities: identities(identity, scope) }) };
  };
  return {
    ...ring({}),
    for: ring,
    close() {
      alone.close();
      items.close();
    },
  };
}
