import {
  checkGiven,
  checkMembers,
  either,
  integer,
  isServer,
  milliseconds,
  needs,
  OptionError,
  optionsObject,
  type RequestKey,
  redisNameOption,
  redisOption,
  requestKey,
  urlKey,
} from '@holdfast/core/internal';
import type { StoreConnection } from '../fleet/store.ts';
import type { LimitSpec } from '../limits/limit.ts';
import { ofUnit, type UnitOptions, type UnitSpec, unitOf } from '../units/unit-options.ts';
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

const ofLimit = ['maxConcurrent', 'minTimeMs', 'requests', 'perMs'] as const;
const ofQueue = [
  'maxQueue',
  'maxQueueMs',
  'key',
  'maxKeys',
  'adaptive',
  'redis',
  'redisName',
  'onStoreFailure',
] as const;

/** @throws TypeError or RangeError for options that are invalid, naming path, value and remedy. */
export function resolveOptions(
  options: RateLimitOptions | readonly RateLimitOptions[],
  where: string,
): ResolvedOptions {
  const list = (Array.isArray(options) ? options : [options]) as readonly RateLimitOptions[];
  const pathOf = (index: number): string => (Array.isArray(options) ? `${where}[${index}]` : where);
  const limits = list.flatMap((one, index) => limitsOf(one, pathOf(index)));
  const all = list.reduce<RateLimitOptions>((whole, one, index) => merged(whole, one, pathOf(index)), {});
  const { maxQueue = 10_000, maxQueueMs, key = 'origin', maxKeys = 1000, adaptive = true, redis } = all;
  const { onStoreFailure = 'local' } = all;
  checkGiven(all, `${where}.`, {
    maxQueue: integer(0),
    maxQueueMs: milliseconds(),
    maxKeys: integer(1),
    redis: redisOption,
    redisName: (name, path) => redisNameOption(name, redis, path),
    onStoreFailure: either('local', 'reject'),
  });
  scriptable(redis, `${where}.redis`);
  needs(all, 'onStoreFailure', 'redis', where);
  return {
    limits: distinct(limits),
    units: list.flatMap((one, index) => unitOf(one, pathOf(index)) ?? []),
    maxQueue,
    maxQueueMs: maxQueueMs ?? Number.POSITIVE_INFINITY,
    keyOf: requestKey(key, `${where}.key`),
    keyOfUrl: urlKey(key, `${where}.key`),
    isKeyWhole: all.key !== undefined,
    hidesKeys: typeof key === 'function',
    maxKeys,
    adaptive: adaptiveOf(adaptive, `${where}.adaptive`),
    redis,
    redisName: all.redisName ?? 'default',
    onStoreFailure,
  };
}

/** Bottleneck's scripts need ioredis, and all their keys on one server. */
function scriptable(redis: unknown, path: string): void {
  if (redis === undefined) return;
  if (!isServer) {
    throw new TypeError(`${path} works on servers only: a browser has no connection to Redis; leave it out there`);
  }
  if (typeof redis === 'string') return;
  const { defineCommand, isCluster } = redis as Record<string, unknown>;
  if (isCluster === true) {
    throw new TypeError(`${path} must not be a Redis Cluster; give it a client of a single server, or its URL`);
  }
  if (typeof defineCommand === 'function') return;
  throw new TypeError(`${path} must be a client of ioredis, but is a client of another package; give it a URL instead`);
}

function limitsOf(options: RateLimitOptions, path: string): readonly LimitSpec[] {
  optionsObject(options, path, [...ofLimit, ...ofUnit, ...ofQueue]);
  const { maxConcurrent, minTimeMs, requests, perMs } = options;
  const isOfUnit = requests === undefined && ofUnit.some((name) => options[name] !== undefined);
  const specs: LimitSpec[] = [];
  checkGiven(options, `${path}.`, { maxConcurrent: integer(1), minTimeMs: milliseconds() });
  if (maxConcurrent !== undefined) {
    if (maxConcurrent < Number.POSITIVE_INFINITY) specs.push({ size: maxConcurrent });
  }
  if (minTimeMs !== undefined) {
    if (minTimeMs > 0) specs.push({ size: 1, perMs: minTimeMs });
  }
  if (requests !== undefined && ofUnit.some((name) => options[name] !== undefined)) {
    throw new TypeError(`${path}.requests and ${path}.unit are two limits; give each an entry of its own in a list`);
  }
  if (!isOfUnit && (requests === undefined) !== (perMs === undefined)) {
    const [given, missing] = perMs === undefined ? ['requests', 'perMs'] : ['perMs', 'requests'];
    throw new TypeError(`${path}.${given} has no effect without ${missing}; set ${missing}, too`);
  }
  if (requests !== undefined) {
    checkGiven(options, `${path}.`, { requests: integer(1), perMs: milliseconds(1) });
    if (requests < Number.POSITIVE_INFINITY) specs.push({ size: requests, perMs: perMs as number });
  }
  return specs;
}

/**
 * Of two limits on the same window, the lower one applies. The longest window comes last: it is asked when all others
 * agree.
 */
function distinct(limits: readonly LimitSpec[]): readonly LimitSpec[] {
  return limits
    .filter(
      ({ size, perMs }, index) =>
        !limits.some((one, at) => one.perMs === perMs && (one.size < size || (one.size === size && at < index))),
    )
    .sort((one, other) => (one.perMs ?? 0) - (other.perMs ?? 0));
}

/** Limits that apply together share one queue: its options may be given in any of them, but only once. */
function merged(whole: RateLimitOptions, one: RateLimitOptions, path: string): RateLimitOptions {
  const given = ofQueue.filter((name) => one[name] !== undefined);
  for (const name of given) {
    if (whole[name] === undefined || whole[name] === one[name]) continue;
    throw new OptionError(
      `${path}.${name}`,
      one[name],
      'must be the same for all limits of a list, which have one queue',
    );
  }
  return { ...whole, ...Object.fromEntries(given.map((name) => [name, one[name]])) };
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
