import {
  anything,
  checkMembers,
  httpUrl,
  integer,
  milliseconds,
  needs,
  number,
  OptionError,
  originOf,
  type RequestKey,
  redisNameOption,
  redisOption,
  requestKey,
  urlKey,
} from '@holdfast/core/internal';
import type { FleetOptions } from '../fleet/fleet.ts';
import type { FleetConnection } from '../fleet/fleet-connection.ts';
import type { CircuitSnapshot } from '../state/circuit-snapshot.ts';
import { initialState } from './initial-state.ts';

/** When a circuit opens, for how long, and for which requests. */
export interface CircuitBreakerOptions {
  /**
   * Failure ratio in the window at which the circuit opens; it also opens when everything in the newest six tenths of
   * the window failed. Both need {@link minimumCalls}.
   *
   * @remarks With a ratio of one half, the outage of some servers becomes an outage of all: most calls that could have
   * been answered are rejected. With the default, a circuit opens only when hardly any call is answered.
   * @defaultValue 0.98
   */
  readonly failureRatio?: number;
  /**
   * The least number of outcomes in the window with which the circuit may open. If it is given, ended attempts count
   * one by one. By default the failures must have lasted, too: attempts that were under way together are one
   * observation, and three observations (or two with ten failures or more each) over five seconds are needed.
   *
   * @defaultValue 20, over five seconds
   */
  readonly minimumCalls?: number;
  /** The rolling window, in milliseconds. @defaultValue 30_000 */
  readonly windowMs?: number;
  /**
   * How long the circuit is open at first, in milliseconds; doubled after each probe that failed. It is randomly up to
   * a fifth shorter, so that many clients do not probe at the same moment.
   *
   * @defaultValue 1_000
   */
  readonly openMs?: number;
  /**
   * The longest open time without a probe, in milliseconds, unless the server asks for more (then an hour at most).
   *
   * @defaultValue 2_000, or `openMs` if that is more
   */
  readonly maxOpenMs?: number;
  /** How many probes may run at a time, and how many must succeed to close the circuit. @defaultValue 1 */
  readonly probes?: number;
  /** An attempt whose headers take this many milliseconds is slow. @defaultValue none */
  readonly slowCallMs?: number;
  /** Ratio of slow attempts at which the circuit opens. @defaultValue 1 */
  readonly slowCallRatio?: number;
  /**
   * The circuit to which a request belongs: that of its origin, that of the first route pattern that it matches
   * (`'/orders/:id'`), or that of the key that a function returns. A function that throws fails the call with its
   * error; nothing is sent.
   *
   * @defaultValue 'origin'
   */
  readonly key?: RequestKey;
  /** The largest number of circuits that are kept. @defaultValue 1_000 */
  readonly maxKeys?: number;
  /**
   * The circuits' states from an earlier `snapshot()`. The rest of an open time counts from now, and for an hour at
   * most.
   */
  readonly initialState?: readonly CircuitSnapshot[];
  /**
   * Publishes openings to other processes, and receives theirs: a Redis URL (which needs the package ioredis), or your
   * own ioredis client. On servers only.
   */
  readonly redis?: string | FleetConnection;
  /**
   * The name of the fleet: processes that share a Redis share openings if this is the same.
   *
   * @defaultValue 'default'
   */
  readonly redisName?: string;
}

export interface ResolvedOptions {
  readonly failureRatio: number;
  readonly minimumCalls: number;
  /** Do attempts that were under way together count as one observation? */
  readonly countsMoments: boolean;
  readonly windowMs: number;
  readonly openMs: number;
  readonly maxOpenMs: number;
  readonly probes: number;
  readonly slowCallMs: number | undefined;
  readonly slowCallRatio: number;
  readonly maxKeys: number;
  readonly keyOf: (request: Request) => string;
  /** The key of a URL to which a request was redirected; absent if a user's function makes keys of requests. */
  readonly keyOfUrl: ((url: string) => string) | undefined;
  /** Checks a key that a person gave: opening a circuit whose key no request can have would have no effect. */
  readonly keyByHand: (key: string, path: string) => string;
  /** The part of the option of that name that is taken over. */
  readonly initialState: readonly CircuitSnapshot[];
  readonly fleet: FleetOptions | undefined;
}

const defaultOpenMs = 1000;
/** The longest key that is taken from a store or another process. */
const longestKey = 2_000;

/** @throws TypeError or RangeError for options that are invalid, naming path, value and remedy. */
export function resolveOptions(options: CircuitBreakerOptions, where: string): ResolvedOptions {
  checkMembers(options, where, {
    failureRatio: number(0.01, 1),
    minimumCalls: integer(1),
    windowMs: milliseconds(10),
    openMs: milliseconds(1),
    maxOpenMs: (value, path) => milliseconds(options.openMs ?? defaultOpenMs)(value, path),
    probes: isNumberOfProbes,
    slowCallMs: milliseconds(1),
    slowCallRatio: number(0.01, 1),
    key: anything,
    maxKeys: integer(1),
    initialState: anything,
    redis: redisOption,
    redisName: anything,
  });
  needs(options, 'slowCallRatio', 'slowCallMs', where);
  redisNameOption(options.redisName, options.redis, `${where}.redisName`);
  const { failureRatio = 0.98, minimumCalls = 20, windowMs = 30_000, openMs = defaultOpenMs, probes = 1 } = options;
  const { maxOpenMs = Math.max(2_000, openMs), slowCallMs, slowCallRatio = 1, maxKeys = 1000 } = options;
  const { key = 'origin', redis, redisName = 'default' } = options;
  const urlOf = urlKey(key, `${where}.key`);
  const keyByHand = key === 'origin' ? originByHand : Array.isArray(key) ? routeByHand(key) : anyByHand;
  const isKey = (given: string): boolean => given.length <= longestKey && isAccepted(keyByHand, given);
  return {
    countsMoments: options.minimumCalls === undefined,
    failureRatio,
    minimumCalls,
    windowMs,
    openMs,
    maxOpenMs,
    probes,
    slowCallMs,
    slowCallRatio,
    maxKeys,
    keyOf: requestKey(key, `${where}.key`),
    keyOfUrl: urlOf,
    keyByHand,
    initialState: initialState(options.initialState, { path: `${where}.initialState`, maxKeys, isKey }),
    fleet: redis === undefined ? undefined : { redis, name: redisName, hidesKeys: typeof key === 'function', isKey },
  };
}

function isNumberOfProbes(value: unknown, path: string): void {
  integer(1)(value, path);
  number(1, 1000)(value, path);
}

/** Can a request have this key? */
function isAccepted(keyByHand: (key: string, path: string) => string, key: string): boolean {
  try {
    return keyByHand(key, '') === key;
  } catch {
    return false;
  }
}

function routeByHand(routes: readonly string[]): (key: unknown, path: string) => string {
  return (key, path) => {
    if (httpUrl(key)) {
      const given = key as string;
      const route = given.slice(originOf(given).length);
      if (route === '' || routes.includes(route)) return given;
    }
    throw new OptionError(
      path,
      key,
      "must be an origin and one of the routes, such as 'https://api.example.com/orders/:id'",
    );
  };
}

function anyByHand(key: unknown, path: string): string {
  if (typeof key === 'string' && key !== '') return key;
  throw new OptionError(path, key, 'must be a key as snapshot() shows it');
}

function originByHand(key: unknown, path: string): string {
  const url = httpUrl(key);
  if (url) return url.origin;
  throw new OptionError(path, key, "must be an origin such as 'https://api.example.com'");
}
