import { checkMembers, functionOf, integer, milliseconds, must, needs, OptionError } from '@holdfast/core/internal';
import type { JudgeOptions } from '../rules/policy.ts';
import type { CacheStore } from '../store/outer-store.ts';

/** Where answers are stored, which ones, and how stale an answer may be. */
export interface ResponseCacheOptions {
  /**
   * Where answers are kept: a `Keyv` with any adapter, or anything with its `get`, `set` and `delete`. It belongs to
   * the user: closing the client does not close it.
   *
   * @defaultValue this process's memory
   */
  readonly store?: CacheStore;
  /** The size of the memory, in bytes; the least recently used answers are removed first. @defaultValue 50 MiB */
  readonly maxBytes?: number;
  /**
   * A longer body, in bytes, is not stored; it is streamed as usual. @defaultValue 5 MiB, and not more than `maxBytes`
   */
  readonly maxEntryBytes?: number;
  /**
   * How long a stale response may be served when the server fails, in milliseconds, if the server allows less. Never
   * for `must-revalidate` and `no-cache`.
   *
   * @defaultValue 0: what `stale-if-error` says (RFC 5861)
   */
  readonly staleIfErrorMs?: number;
  /**
   * How long a stale answer is served at once, in milliseconds, while it is revalidated. Never for `must-revalidate`
   * and `no-cache`.
   *
   * @defaultValue 0: what `stale-while-revalidate` says (RFC 5861)
   */
  readonly staleWhileRevalidateMs?: number;
  /**
   * May an answer that does not say how long it is fresh count as fresh for a tenth of the time since it was last
   * modified?
   *
   * @defaultValue true, as RFC 9111 section 4.2.2 has it
   */
  readonly heuristics?: boolean;
  /**
   * Returns the identity of a request's sender where the cache can't know it: a user of this process whose credentials
   * your own `fetch` or strategy puts on. Answers are never shared between different values. A function that throws
   * fails the call with its error; nothing is sent.
   *
   * @defaultValue the headers that look like credentials, and `auth`
   */
  readonly partition?: (request: Request) => string;
  /** How long a call waits for `store`, in milliseconds; after that it continues without it. @defaultValue 1_000 */
  readonly storeTimeoutMs?: number;
}

/** The options with their defaults. */
export interface ResolvedOptions extends JudgeOptions {
  readonly store: CacheStore | undefined;
  readonly maxBytes: number;
  readonly maxEntryBytes: number;
  readonly partition: ((request: Request) => string) | undefined;
  readonly storeTimeoutMs: number;
}

const mebibyte = 1024 * 1024;

/** @throws TypeError or RangeError for options that are invalid, naming path, value and remedy. */
export function resolveOptions(options: ResponseCacheOptions | true, where: string): ResolvedOptions {
  const given = options === true ? {} : options;
  if (typeof given !== 'object' || given === null) {
    throw new OptionError(where, given, 'must be true, false, or an object such as {staleIfErrorMs: 60_000}');
  }
  checkMembers(given, where, {
    store: checkStore,
    maxBytes: integer(1),
    maxEntryBytes: integer(0),
    staleIfErrorMs: milliseconds(0, Number.MAX_SAFE_INTEGER),
    staleWhileRevalidateMs: milliseconds(0, Number.MAX_SAFE_INTEGER),
    heuristics: must((value) => typeof value === 'boolean', 'must be true or false'),
    partition: functionOf('(request) => string'),
    storeTimeoutMs: milliseconds(1),
  });
  const { store, maxBytes = 50 * mebibyte, partition, heuristics = true } = given;
  const { staleIfErrorMs = 0, staleWhileRevalidateMs = 0, storeTimeoutMs = 1000 } = given;
  const { maxEntryBytes = Math.min(5 * mebibyte, maxBytes) } = given;
  if (store !== undefined && given.maxBytes !== undefined) {
    throw new TypeError(
      `${where}.maxBytes bounds the memory of this process, and has no effect with a store; leave it out`,
    );
  }
  needs(given, 'storeTimeoutMs', 'store', where);
  if (store === undefined && maxEntryBytes > maxBytes) {
    throw new RangeError(`${where}.maxEntryBytes must not be more than maxBytes (${maxBytes}), got ${maxEntryBytes}`);
  }
  return {
    store,
    maxBytes,
    maxEntryBytes,
    staleIfErrorMs,
    staleWhileRevalidateMs,
    heuristics,
    partition,
    storeTimeoutMs,
  };
}

function checkStore(store: unknown, path: string): void {
  const methods = Object(store) as Record<string, unknown>;
  if (['get', 'set', 'delete'].every((name) => typeof methods[name] === 'function')) return;
  throw new OptionError(path, store, 'must have get, set and delete, as a Keyv has');
}
