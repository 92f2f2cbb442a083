import { functionOption, integerAtLeast, numberBetween, OptionError, optionsObject, pathPattern } from '@holdfast/core';
import type { CircuitSnapshot } from './circuits.ts';
import type { FleetConnection } from './fleet.ts';

export interface CircuitBreakerOptions {
  /** Opens when so large a share of what was counted failed. @defaultValue 0.9 */
  readonly failureRatio?: number;
  /** Fewer outcomes than this in the window prove nothing. @defaultValue 20 */
  readonly minimumCalls?: number;
  /** The rolling window, in milliseconds. @defaultValue 10_000 */
  readonly windowMs?: number;
  /** Open for so long at first, in milliseconds; twice as long after each probe that failed. @defaultValue 1_000 */
  readonly openMs?: number;
  /** Never open for longer without a probe, in milliseconds, unless the server asks for it. @defaultValue 30_000 */
  readonly maxOpenMs?: number;
  /** So many probes at a time, and so many successes of theirs to close. @defaultValue 1 */
  readonly probes?: number;
  /** An attempt that takes so long, in milliseconds, is slow. @defaultValue none are */
  readonly slowCallMs?: number;
  /** Opens when so large a share was slow. @defaultValue 1 */
  readonly slowCallRatio?: number;
  /**
   * Whose circuit a request belongs to: its origin, the route pattern that it matches, or what a function says.
   * @defaultValue 'origin'
   */
  readonly key?: 'origin' | readonly string[] | ((request: Request) => string);
  /** At most so many circuits are kept. @defaultValue 1_000 */
  readonly maxKeys?: number;
  /** Where the circuits stood before, from an earlier `snapshot()`. */
  readonly initialState?: readonly CircuitSnapshot[];
  /** Tells other processes of an opening, and hears of theirs. */
  readonly redis?: string | FleetConnection;
}

export interface ResolvedOptions {
  readonly failureRatio: number;
  readonly minimumCalls: number;
  readonly windowMs: number;
  readonly openMs: number;
  readonly maxOpenMs: number;
  readonly probes: number;
  readonly slowCallMs: number | undefined;
  readonly slowCallRatio: number;
  readonly maxKeys: number;
  readonly keyOf: (request: Request) => string;
}

const keys = [
  'failureRatio',
  'minimumCalls',
  'windowMs',
  'openMs',
  'maxOpenMs',
  'probes',
  'slowCallMs',
  'slowCallRatio',
  'key',
  'maxKeys',
  'initialState',
  'redis',
];

/** @throws TypeError or RangeError for options that make no sense, naming path, value and remedy. */
export function resolveOptions(options: CircuitBreakerOptions, where: string): ResolvedOptions {
  optionsObject(options, where, keys);
  const { failureRatio = 0.9, minimumCalls = 20, windowMs = 10_000, openMs = 1000, probes = 1 } = options;
  const { maxOpenMs = Math.max(30_000, openMs), slowCallMs, slowCallRatio = 1, maxKeys = 1000 } = options;
  numberBetween(failureRatio, 0.01, 1, `${where}.failureRatio`);
  integerAtLeast(minimumCalls, 1, `${where}.minimumCalls`);
  numberBetween(windowMs, 10, 2 ** 31 - 1, `${where}.windowMs`, 'milliseconds');
  numberBetween(openMs, 1, 2 ** 31 - 1, `${where}.openMs`, 'milliseconds');
  numberBetween(maxOpenMs, openMs, 2 ** 31 - 1, `${where}.maxOpenMs`, 'milliseconds');
  integerAtLeast(probes, 1, `${where}.probes`);
  if (slowCallMs !== undefined) numberBetween(slowCallMs, 1, 2 ** 31 - 1, `${where}.slowCallMs`, 'milliseconds');
  numberBetween(slowCallRatio, 0.01, 1, `${where}.slowCallRatio`);
  integerAtLeast(maxKeys, 1, `${where}.maxKeys`);
  if (options.slowCallRatio !== undefined && slowCallMs === undefined) {
    throw new TypeError(`${where}.slowCallRatio says nothing without slowCallMs; set slowCallMs, too`);
  }
  const keyOf = resolveKey(options.key ?? 'origin', `${where}.key`);
  return { failureRatio, minimumCalls, windowMs, openMs, maxOpenMs, probes, slowCallMs, slowCallRatio, maxKeys, keyOf };
}

function resolveKey(key: NonNullable<CircuitBreakerOptions['key']>, path: string): (request: Request) => string {
  if (key === 'origin') return (request) => new URL(request.url).origin;
  if (Array.isArray(key)) {
    const routes = key.map((route: string, index) => ({ route, pattern: pathPattern(route, `${path}[${index}]`) }));
    return (request) => {
      const { origin, pathname } = new URL(request.url);
      return origin + (routes.find(({ pattern }) => pattern.test(pathname))?.route ?? '');
    };
  }
  if (typeof key === 'function') {
    return (request) => {
      const given: unknown = key(request);
      if (typeof given === 'string' && given !== '') return given;
      throw new OptionError(`${path}()`, given, 'must give a string');
    };
  }
  functionOption(key, path, "(request) => string, 'origin' or a list of route patterns such as ['/orders/:id']");
  throw new OptionError(path, key, "must be 'origin', a list of route patterns or a function");
}
