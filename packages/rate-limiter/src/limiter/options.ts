import {
  anything,
  type Check,
  checkMembers,
  either,
  integer,
  isServer,
  milliseconds,
  needs,
  OptionError,
  type RequestKey,
  redisNameOption,
  redisOption,
  requestKey,
  serversOnly,
  urlKey,
} from '@holdfast/core/internal';
import type { StoreConnection } from '../fleet/store.ts';
import type { LimitSpec } from '../limits/limit.ts';
import { isOfUnit, ofUnit, type UnitOptions, type UnitSpec, unitOf } from '../units/unit-options.ts';
import type { AdaptiveOptions } from './adaptive.ts';

/** How many calls may start, how many may wait, and which calls a limit counts. */
export interface RateLimitOptions extends UnitOptions {
  /** How many calls run at once: from the start until the body has ended, or was cancelled. @defaultValue no limit */
  readonly maxConcurrent?: number;
  /** The shortest time between two starts, in milliseconds. @defaultValue none */
  readonly minTimeMs?: number;
  /**
   * How many starts are allowed in any window of `perMs`, wherever it begins, and not only in fixed windows.
   * @defaultValue no limit
   */
  readonly requests?: number;
  /** The length of that window, in milliseconds. */
  readonly perMs?: number;
  /** How many calls may wait; further ones are rejected (`QUEUE_FULL`). @defaultValue 10_000 */
  readonly maxQueue?: number;
  /**
   * The longest wait, in milliseconds (`QUEUE_TIMEOUT`).
   *
   * @defaultValue none: the call's deadline bounds the wait. For a call that comes while the server is in distress
   * 10_000, and once the server has answered nothing for five seconds 2_000; or twice the usual time of its answers if
   * that is more
   */
  readonly maxQueueMs?: number;
  /**
   * The limit that counts a request: that of its origin, that of the first route pattern that it matches
   * (`'/orders/:id'`), or that of the key that a function returns, such as a tenant. A function that throws fails the
   * call with its error; nothing is sent. If this option is given, a pause that the server asks for concerns all
   * requests of the same key, and no others; without it, a pause concerns the bucket, the sender and the path of the
   * answer.
   *
   * @defaultValue 'origin'
   */
  readonly key?: RequestKey;
  /**
   * The number of keys up to which idle keys are kept. Keys with calls under way, or with starts that still count, are
   * kept beyond that number: up to 10,000 more, then the least recently used one is removed. Keys never share a limit.
   *
   * @defaultValue 1_000
   */
  readonly maxKeys?: number;
  /**
   * Finds how many calls the server can take at once. It has no effect until there are signs of distress (timeouts,
   * resets, 500 to 504); then it lets fewer calls go, tries more again, and ends when the server has recovered.
   *
   * @defaultValue true
   */
  readonly adaptive?: boolean | AdaptiveOptions;
  /**
   * Shares the limits, and the pauses that servers ask for, with other processes: a Redis URL (which needs the package
   * ioredis), or your own ioredis client. On servers only.
   */
  readonly redis?: string | StoreConnection;
  /** The name of the fleet: processes with the same name share. @defaultValue 'default' */
  readonly redisName?: string;
  /**
   * What happens while Redis cannot be reached: each process keeps the limits on its own (`local`), or calls are
   * rejected (`reject`, with `QUEUE_FULL`).
   *
   * @defaultValue 'local'
   */
  readonly onStoreFailure?: 'local' | 'reject';
}

/** The options with their defaults. */
export interface ResolvedOptions {
  readonly limits: readonly LimitSpec[];
  readonly units: readonly UnitSpec[];
  readonly maxQueue: number;
  readonly maxQueueMs: number;
  readonly keyOf: (request: Request) => string;
  /** The key of an answer from another server; absent if a function of the request gives the keys. */
  readonly keyOfUrl: ((url: string) => string) | undefined;
  /** True if the user gives the keys: then a key is the whole scope of pauses. */
  readonly isKeyWhole: boolean;
  /** True if a user's function makes the keys, which then may hold secrets. */
  readonly hidesKeys: boolean;
  readonly maxKeys: number;
  readonly adaptive: AdaptiveOptions | undefined;
  readonly redis: string | StoreConnection | undefined;
  readonly redisName: string;
  readonly onStoreFailure: 'local' | 'reject';
}

const ofLimit = { maxConcurrent: integer(1), minTimeMs: milliseconds(), requests: integer(1), perMs: milliseconds(1) };
/** Limits that apply together share one queue. */
const ofQueue = {
  maxQueue: integer(0),
  maxQueueMs: milliseconds(),
  key: anything,
  maxKeys: integer(1),
  adaptive: anything,
  redis: redisOption,
  redisName: anything,
  onStoreFailure: either('local', 'reject'),
};
const checks: Readonly<Record<keyof RateLimitOptions, Check>> = { ...ofLimit, ...ofUnit, ...ofQueue };

/** @throws TypeError or RangeError for options that are invalid, naming path, value and remedy. */
export function resolveOptions(
  options: RateLimitOptions | readonly RateLimitOptions[],
  where: string,
): ResolvedOptions {
  // `Array.from()` makes `undefined` of holes, which are then refused.
  const list = (Array.isArray(options) ? Array.from(options) : [options]) as readonly RateLimitOptions[];
  const pathOf = (index: number): string => (Array.isArray(options) ? `${where}[${index}]` : where);
  const limits = list.flatMap((one, index) => limitsOf(one, pathOf(index)));
  const all = queueOf(list, pathOf);
  const { maxQueue = 10_000, maxQueueMs = Number.POSITIVE_INFINITY, key = 'origin', maxKeys = 1000 } = all;
  const { adaptive = true, redis, redisName = 'default', onStoreFailure = 'local' } = all;
  redisNameOption(all.redisName, redis, `${where}.redisName`);
  scriptable(redis, `${where}.redis`);
  needs(all, 'onStoreFailure', 'redis', where);
  return {
    limits: distinct(limits),
    units: list.flatMap((one, index) => unitOf(one, pathOf(index)) ?? []),
    maxQueue,
    maxQueueMs,
    maxKeys,
    redis,
    redisName,
    onStoreFailure,
    keyOf: requestKey(key, `${where}.key`),
    keyOfUrl: urlKey(key, `${where}.key`),
    isKeyWhole: all.key !== undefined,
    hidesKeys: typeof key === 'function',
    adaptive: adaptiveOf(adaptive, `${where}.adaptive`),
  };
}

/** Bottleneck's scripts need ioredis, and all their keys on one server. */
function scriptable(redis: unknown, path: string): void {
  if (redis === undefined) return;
  if (!isServer) serversOnly(path);
  if (typeof redis === 'string') return;
  const { defineCommand, isCluster } = redis as Record<string, unknown>;
  if (isCluster === true) {
    throw new TypeError(`${path} must not be a Redis Cluster; give it a client of a single server, or its URL`);
  }
  if (typeof defineCommand === 'function') return;
  throw new TypeError(`${path} must be a client of ioredis, but is a client of another package; give it a URL instead`);
}

function limitsOf(options: RateLimitOptions, path: string): readonly LimitSpec[] {
  checkMembers(options, path, checks);
  const { maxConcurrent = Number.POSITIVE_INFINITY, minTimeMs = 0, requests, perMs } = options;
  if (!isOfUnit(options)) {
    needs(options, 'requests', 'perMs', path);
    needs(options, 'perMs', 'requests', path);
  } else if (requests !== undefined) {
    throw new TypeError(`${path}.requests and ${path}.unit are two limits; give each an entry of its own in a list`);
  }
  const specs: LimitSpec[] = [];
  if (maxConcurrent < Number.POSITIVE_INFINITY) specs.push({ size: maxConcurrent });
  if (minTimeMs > 0) specs.push({ size: 1, perMs: minTimeMs });
  if (requests !== undefined && requests < Number.POSITIVE_INFINITY)
    specs.push({ size: requests, perMs: perMs as number });
  return specs;
}

/**
 * Of two limits on the same window, the lower one applies. The longest window comes last: it is asked when all others
 * agree.
 */
function distinct(limits: readonly LimitSpec[]): readonly LimitSpec[] {
  return [...limits]
    .sort((one, other) => (one.perMs ?? 0) - (other.perMs ?? 0) || one.size - other.size)
    .filter(({ perMs }, index, sorted) => index === 0 || sorted[index - 1]?.perMs !== perMs);
}

/** The options of the queue may be given in any entry of a list, but only once. */
function queueOf(list: readonly RateLimitOptions[], pathOf: (index: number) => string): RateLimitOptions {
  const all: Record<string, unknown> = {};
  for (const [index, one] of list.entries()) {
    for (const name of Object.keys(ofQueue) as (keyof typeof ofQueue)[]) {
      const value = one[name];
      if (value === undefined) continue;
      if (all[name] !== undefined && all[name] !== value) {
        const remedy = 'must be the same for all limits of a list, which have one queue';
        throw new OptionError(`${pathOf(index)}.${name}`, value, remedy);
      }
      all[name] = value;
    }
  }
  return all;
}

function adaptiveOf(adaptive: boolean | AdaptiveOptions, path: string): AdaptiveOptions | undefined {
  if (adaptive === false) return undefined;
  if (adaptive === true) return {};
  if (typeof adaptive !== 'object' || adaptive === null) {
    throw new OptionError(path, adaptive, 'must be true, false or {min, max}');
  }
  checkMembers(adaptive, path, { min: integer(1), max: (max, at) => integer(adaptive.min ?? 1)(max, at) });
  return adaptive;
}
