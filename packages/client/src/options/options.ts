import type { Clock, Dialect, Handler, Strategy } from '@holdfast/core';
import {
  type ErrorLink,
  type FallbackFunction,
  type KyRetryOptions,
  kyRetryFields,
  OptionError,
  type PolicyOptions,
} from '@holdfast/core/internal';
import type { KyOptions } from '@holdfast/ky';
import type { FeatureOptions } from '../feature/declared.ts';
import { refuseMissing } from '../feature/feature.ts';
import type { IdempotencyKeyOptions } from '../idempotency-keys/idempotency-keys.ts';
import type { RequestSchema, RequestSchemaRoute } from '../request-schema/request-schema.ts';
import { checkRetryLists, checkValues } from './check-values.ts';
import { givenMembers } from './given-members.ts';
import { type CallKey, type OwnKey, timeNames } from './known-names.ts';
import type { OptionsContext, Scope } from './options-context.ts';

/** The options of a single call; a client may set them for all of its calls. */
export interface CallOptions extends Omit<KyOptions, 'retry' | 'timeout' | 'totalTimeout'>, PolicyOptions {
  /** One attempt's allowance until the headers, in milliseconds. @defaultValue 10_000 */
  readonly timeout?: number | false | undefined;
  /** The time limit of the whole call, in milliseconds. @defaultValue the longer of 30_000 and three times `timeout` */
  readonly totalTimeout?: number | false | undefined;
  /** ky's `retry`, translated: only the fields that are given count. `0` switches retries off. */
  readonly retry?: number | KyRetryOptions | undefined;
  /** The last resort, after retries: returns a Response, or `undefined` to let the failure stand. */
  readonly fallback?: FallbackFunction | undefined;
  /** Links that are put on errors and in their guide: strings, or functions of the error. */
  readonly docsUrl?: ErrorLink | undefined;
  readonly dashboardUrl?: ErrorLink | undefined;
  readonly supportUrl?: ErrorLink | undefined;
  /** POST and PATCH get a key, the same on each attempt, and become replayable. @defaultValue false */
  readonly idempotencyKeys?: boolean | IdempotencyKeyOptions | undefined;
  /**
   * `'inAttempt'`: a body of up to 1 MiB is read within the attempt, so that a body that breaks off or stalls is
   * retried, and counted, like any other network failure. A larger body is streamed as usual. `'firstChunk'`: the
   * attempt lasts until the first bytes of the body, of whatever size and kind; a stream that dies before them is
   * retried.
   *
   * @defaultValue false
   */
  readonly readBody?: 'inAttempt' | 'firstChunk' | false | undefined;
  /**
   * The longest time without a byte of the body while a reader waits for one, in milliseconds; `false` for none. A slow
   * reader does not count as a stall. The body ends with `IDLE_TIMEOUT`.
   *
   * @defaultValue false; 300_000 for `events()` and `lines()`
   */
  readonly idleTimeout?: number | false | undefined;
  /**
   * A GET body that breaks is continued by `Range` and `If-Range` in the same stream, where the answer had a strong
   * `ETag` and no content coding, and the server proves by `Content-Range` that the bytes follow. Otherwise the caller
   * gets the error.
   *
   * @defaultValue false
   */
  readonly resumeBody?: boolean | undefined;
  /**
   * The origins to which requests may go. A request to any other origin, or with a scheme that is not http(s), is
   * refused before it is sent (`DISALLOWED_ORIGIN`), whether a call, a hook, a strategy or a redirect leads there. An
   * entry with a path, such as `https://api.example.com/v1/`, allows only URLs below that path.
   *
   * @defaultValue anywhere
   */
  readonly allowedOrigins?: readonly string[] | undefined;
  /**
   * The most bytes that `.json()`, `.text()` and the other body shortcuts read, after decoding. A longer body is
   * cancelled, and the call fails (`RESPONSE_TOO_LARGE`); it is not retried. It applies neither to the bodies of error
   * statuses, of which at most 64 KiB are read, nor to a response that the caller reads. Of `events()` and `lines()` it
   * bounds each event and each line, in characters, and not the stream.
   *
   * @defaultValue false, which is no limit; 16 Mi characters for an event, and 64 Mi for a line
   */
  readonly maxResponseBytes?: number | false | undefined;
  /**
   * How this API reports errors, waits and quotas, where general rules cannot know it: `github()` and others of
   * `@holdfast/dialects`, or a {@link Dialect} of your own. In a list, the first dialect with a value counts.
   *
   * @defaultValue none: errors, waits and quotas are read by general rules
   */
  readonly dialect?: Dialect | readonly Dialect[] | undefined;
  /**
   * Checks JSON bodies before anything is sent: a body that does not match is a `BadRequestError` with `issues`. A
   * schema, or one for each route; `false` for none. The schema's output is sent.
   *
   * @see https://standardschema.dev
   */
  readonly requestSchema?: RequestSchema | readonly RequestSchemaRoute[] | false | undefined;
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
