import type { Clock, Handler, Strategy } from '@holdfast/core';
import { type ErrorLink, kyRetryFields, OptionError } from '@holdfast/core/internal';
import type { KyOptions } from '@holdfast/ky';
import type { FeatureCallOptions, FeatureOptions } from '../feature/declared.ts';
import { refuseMissing } from '../feature/feature.ts';
import { checkRetryLists, checkValues } from './check-values.ts';
import { givenMembers } from './given-members.ts';
import { type CallKey, type OwnKey, timeNames } from './known-names.ts';
import type { OptionsContext, Scope } from './options-context.ts';

/** The options of a single call, which a client may set for all of its calls: ky's, those that features declare, and these. */
export interface CallOptions extends Omit<KyOptions, 'retry' | 'timeout' | 'totalTimeout'>, FeatureCallOptions {
  /** One attempt's allowance until the headers, in milliseconds. @defaultValue 10_000 */
  readonly timeout?: number | false | undefined;
  /** The time limit of the whole call, in milliseconds. @defaultValue the longer of 30_000 and three times `timeout` */
  readonly totalTimeout?: number | false | undefined;
  /** Links that are put on errors and in their guide: strings, or functions of the error. */
  readonly docsUrl?: ErrorLink | undefined;
  readonly dashboardUrl?: ErrorLink | undefined;
  readonly supportUrl?: ErrorLink | undefined;
}

/** What `createResilientClient()` takes: ky's options, fetch's own, those that features declare, and these. */
export interface ClientOptions extends CallOptions, FeatureOptions {
  /** Strategies of your own around the whole call, outside the retries. */
  readonly perCall?: readonly Strategy[] | undefined;
  /** Strategies of your own around each attempt, inside the retries. */
  readonly perAttempt?: readonly Strategy[] | undefined;
  /**
   * The innermost handler, in place of the platform's `fetch`: such as `undiciTransport()` of `@holdfast/undici`.
   *
   * @defaultValue `fetchTransport()`
   */
  readonly transport?: Handler | undefined;
  /** Time, for tests. @defaultValue `systemClock` */
  readonly clock?: Clock | undefined;
  /** Random numbers in [0, 1), for tests. @defaultValue `Math.random` */
  readonly random?: (() => number) | undefined;
}

/** The options of `init.holdfast` of `client.fetch`; all others are fetch's own, or ky's. */
export type FetchCallOptions = Pick<CallOptions, CallKey | 'timeout' | 'totalTimeout'>;

/** Separates Holdfast's options from those for ky and fetch. */
export interface SplitOptions<Own> {
  readonly own: Own;
  readonly forKy: KyOptions;
}

/**
 * Takes an options object apart, and checks it.
 *
 * @throws TypeError or RangeError that names path, value and remedy; what is no object at all, and a time of a call that
 * no timer holds, is refused in ky's words.
 */
export function splitOptions<S extends Scope>(
  options: unknown,
  context: OptionsContext<S>,
): SplitOptions<S extends 'client' ? Pick<ClientOptions, OwnKey> : Pick<CallOptions, CallKey>> {
  const split = separateOptions(options, context);
  checkValues(split, context);
  return split;
}

/** Like {@link splitOptions}, but checks only the names; `checkValues` checks the values. */
export function separateOptions<S extends Scope>(
  given: unknown,
  context: OptionsContext<S>,
): ReturnType<typeof splitOptions<S>> {
  const { features, where, scope } = context;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    if (scope === 'fetch') throw new OptionError(where, given, 'must be an object');
    throw new TypeError('The `options` argument must be an object');
  }
  const { names } = features;
  const options = givenMembers(given as Readonly<Record<string, unknown>>, names.known);
  features.optionNames?.checkNames(options, context);
  refuseMissing(options, features, where);
  checkRetryLists((options as CallOptions).retry, where);
  const ownOptions: Record<string, unknown> = {};
  const forKy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(options)) {
    if (!names.own.has(key) && !(value === undefined && timeNames.has(key))) forKy[key] = value;
    else if (value !== undefined) ownOptions[key] = value;
  }
  if (ownOptions.retry !== undefined) ownOptions.retry = givenMembers(ownOptions.retry, kyRetryFields);
  return { own: ownOptions as never, forKy };
}
