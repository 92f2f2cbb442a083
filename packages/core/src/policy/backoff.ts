import { longestTimerMs } from '../kernel/clock.ts';
import { type Check, checkMembers, number } from '../options/checks.ts';
import { defused } from '../options/defused.ts';
import { numberBetween, OptionError } from '../options/validate.ts';

/**
 * The wait before retry 1, 2, 3 …: a growth rule, a cap, then jitter. The jitter comes after the cap: otherwise all
 * calls that have reached the cap would wait equally long, and come back together.
 *
 * A backoff is a value: it holds no state, so that one may serve any number of calls.
 */
export interface Backoff {
  readonly kind: 'exponential' | 'constant' | 'linear' | 'decorrelated' | 'custom';
  /** The wait before the `retry`-th retry (1 for the first) in milliseconds. `random` lies in [0, 1). */
  delayMs(retry: number, random: number): number;
  /** Whether the waits are randomised. With `none`, waits that the server asks for are not spread either. */
  readonly jittered: boolean;
}

/**
 * The spread of a wait. `full`: anything up to it; `equal`: its upper half; `decorrelated`: between the first wait and
 * three times the one before; `none`: exactly it. A function gets the wait and a random number in [0, 1).
 *
 * @see M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015
 */
export type Jitter = 'full' | 'equal' | 'decorrelated' | 'none' | ((delayMs: number, random: number) => number);

export interface ExponentialBackoffOptions {
  /** Before the first retry, in milliseconds. @defaultValue 250 */
  readonly initialMs?: number;
  /** The factor by which each wait is longer than the previous one. @defaultValue 2 */
  readonly factor?: number;
  /** No wait is longer, in milliseconds. @defaultValue 10_000 */
  readonly maxMs?: number;
  /** @defaultValue 'full' */
  readonly jitter?: Jitter;
}

export interface ConstantBackoffOptions {
  /** Each wait, in milliseconds. */
  readonly delayMs: number;
  /** @defaultValue 'none' */
  readonly jitter?: Jitter;
}

export interface LinearBackoffOptions {
  /** Before the first retry, in milliseconds. @defaultValue 250 */
  readonly initialMs?: number;
  /** How much longer each wait is than the previous one, in milliseconds. @defaultValue `initialMs` */
  readonly stepMs?: number;
  /** No wait is longer, in milliseconds. @defaultValue 10_000 */
  readonly maxMs?: number;
  /** @defaultValue 'full' */
  readonly jitter?: Jitter;
}

export interface DecorrelatedBackoffOptions {
  /** The shortest wait, in milliseconds. @defaultValue 250 */
  readonly initialMs?: number;
  /** No wait is longer, in milliseconds. @defaultValue 10_000 */
  readonly maxMs?: number;
}

/**
 * Waits that double (or grow by `factor`) up to a cap.
 *
 * @throws TypeError or RangeError for options that are invalid, naming the option and its value.
 */
export function exponentialBackoff(options: ExponentialBackoffOptions = {}): Backoff {
  check(options, 'exponentialBackoff', {
    initialMs: duration,
    factor: number(1, Number.MAX_VALUE),
    maxMs: duration,
    jitter: isJitter,
  });
  const { initialMs = 250, factor = 2, maxMs = 10_000, jitter = 'full' } = options;
  return jittered('exponential', jitter, initialMs, maxMs, (retry) => initialMs * factor ** (retry - 1));
}

/** The same wait each time. */
export function constantBackoff(options: ConstantBackoffOptions): Backoff {
  const where = 'constantBackoff';
  check(options, where, { delayMs: duration, jitter: isJitter });
  const { delayMs, jitter = 'none' } = options;
  duration(delayMs, `${where}: delayMs`);
  return jittered('constant', jitter, delayMs, longestTimerMs, () => delayMs);
}

/** Waits that grow by the same step up to a cap. */
export function linearBackoff(options: LinearBackoffOptions = {}): Backoff {
  check(options, 'linearBackoff', { initialMs: duration, stepMs: duration, maxMs: duration, jitter: isJitter });
  const { initialMs = 250, stepMs = initialMs, maxMs = 10_000, jitter = 'full' } = options;
  return jittered('linear', jitter, initialMs, maxMs, (retry) => initialMs + stepMs * (retry - 1));
}

/** Waits drawn between `initialMs` and a bound that triples each time, up to a cap. */
export function decorrelatedBackoff(options: DecorrelatedBackoffOptions = {}): Backoff {
  check(options, 'decorrelatedBackoff', { initialMs: duration, maxMs: duration });
  const { initialMs = 250, maxMs = 10_000 } = options;
  return jittered('decorrelated', 'decorrelated', initialMs, maxMs, (retry) => initialMs * 3 ** retry);
}

/**
 * A backoff from a function of the retry's number, such as ky's `retry.delay`. Its results are kept within sane bounds.
 */
export function customBackoff(
  delay: (retry: number) => number,
  { maxMs = longestTimerMs, jitter = 'none' }: { readonly maxMs?: number; readonly jitter?: Jitter } = {},
): Backoff {
  return jittered('custom', jitter, 0, maxMs, delay);
}

/** The same growth under a lower cap, for ky's `retry.backoffLimit`; the jitter below the cap is kept. */
export function cappedBackoff(backoff: Backoff, maxMs: number): Backoff {
  const cap = Math.min(maxMs, longestTimerMs);
  return Object.freeze({
    kind: backoff.kind,
    jittered: backoff.jittered,
    delayMs(retry: number, random: number) {
      const scale = Math.min(1, cap / Math.max(saneDelay(backoff.delayMs(retry, 1)), 1));
      return Math.floor(Math.min(saneDelay(backoff.delayMs(retry, random)) * scale, cap));
    },
  });
}

/**
 * The cap first, then the jitter. `decorrelated` does not remember the previous wait: it computes it by the growth
 * rule, so that a backoff has no state.
 */
function jittered(
  kind: Backoff['kind'],
  jitter: Jitter,
  initialMs: number,
  maxMs: number,
  growth: (retry: number) => number,
): Backoff {
  const capped = (retry: number): number => sane(growth(retry), maxMs);
  const spread = (retry: number, random: number): number => {
    const delay = capped(retry);
    if (jitter === 'none') return delay;
    if (jitter === 'full') return random * delay;
    if (jitter === 'equal') return delay / 2 + (random * delay) / 2;
    if (jitter === 'decorrelated') return between(initialMs, 3 * Math.max(capped(retry - 1), initialMs), maxMs, random);
    const given = defused(jitter(delay, random));
    return Number.isFinite(given) && given >= 0 ? given : delay;
  };
  return Object.freeze({
    kind,
    jittered: jitter !== 'none',
    delayMs: (retry: number, random: number) => saneDelay(spread(retry, random)),
  });
}

/** The range is cut at the cap before the wait is drawn, so that waits at the cap still differ. */
function between(low: number, high: number, maxMs: number, random: number): number {
  const top = Math.min(high, maxMs);
  return Math.min(low, top) + random * Math.max(0, top - low);
}

/** Whole milliseconds that a timer can hold. A user's function may return anything; an invalid value means no wait. */
export function saneDelay(delayMs: number): number {
  return Math.round(sane(delayMs, longestTimerMs));
}

function sane(delayMs: number, maxMs: number): number {
  return defused(delayMs) > 0 ? Math.min(delayMs, maxMs, longestTimerMs) : 0;
}

function check(options: object, where: string, checks: Readonly<Record<string, Check>>): void {
  checkMembers(options, where, checks, ': ');
}

function duration(value: unknown, path: string): asserts value is number {
  numberBetween(value, 0, longestTimerMs, path, 'milliseconds');
}

function isJitter(jitter: unknown, path: string): void {
  if (typeof jitter === 'function' || ['full', 'equal', 'decorrelated', 'none'].includes(jitter as string)) return;
  const remedy = "must be 'full', 'equal', 'decorrelated', 'none' or a function (delayMs, random) => number";
  throw new OptionError(path, jitter, remedy);
}
