import type { Clock, Strategy } from '@holdfast/core';
import {
  type Check,
  checkMembers,
  functionOf,
  longestTimerMs,
  must,
  OptionError,
  OptionRangeError,
  timeLimit,
} from '@holdfast/core/internal';
import type { KyOptions } from '@holdfast/ky';
import type { OptionsContext, Scope } from './options-context.ts';
import { unwrapped } from './unwrapped.ts';

/**
 * Refuses values that ky and fetch would fail on later, or ignore, and invalid values of our own options. An option that
 * is `undefined` counts as not given.
 *
 * @throws TypeError or RangeError that names path, value and remedy.
 */
export function checkValues({ own, forKy }: GivenOptions, context: OptionsContext): void {
  const { features, where, scope, hasOwnLimits } = context;
  checkTimes(forKy, where, scope);
  for (const [name, given] of Object.entries(forKy)) check(name, unwrapped<unknown>(given).value, where);
  for (const [name, value] of Object.entries(own)) {
    features.checks.get(name)?.(value, `${where}: ${name}`);
    check(name, value, where);
  }
  const times = { timeout: forKy.timeout, idleTimeout: own.idleTimeout };
  features.deadlines?.checkPlatformLimits(times, where, hasOwnLimits);
}

/** Options that have been taken apart. */
interface GivenOptions {
  /** Holdfast's own options. */
  readonly own: Readonly<Record<string, unknown>>;
  readonly forKy: KyOptions;
}

function check(name: string, value: unknown, where: string): void {
  if (value !== undefined) checks.get(name)?.(value, `${where}: ${name}`);
}

/** @throws TypeError or RangeError for a time that is out of range, or longer than the time that bounds it. */
function checkTimes({ timeout, totalTimeout }: KyOptions, where: string, scope: Scope): void {
  for (const [name, value] of Object.entries({ timeout, totalTimeout })) {
    // ky's words, which its users may know.
    if (scope === 'call' && typeof value === 'number' && value > longestTimerMs)
      throw new RangeError(`The \`${name}\` option cannot be greater than ${longestTimerMs}`);
    if (value !== undefined) anyTime(value, `${where}: ${name}`);
  }
  if (typeof timeout === 'number' && typeof totalTimeout === 'number' && timeout > totalTimeout) {
    const remedy = `must not be longer than totalTimeout (${totalTimeout}), which bounds the whole call`;
    throw new OptionRangeError(`${where}: timeout`, timeout, remedy);
  }
}

const anyTime = timeLimit(0);

const listsOfRetry = { methods: "['GET', 'PUT']", statusCodes: '[408, 503]', afterStatusCodes: '[429, 503]' };

/**
 * A member of `retry` that must be a list and is not is a mistake in the code, not a computed value: it throws at once,
 * as in ky.
 *
 * @throws TypeError that names the member.
 */
export function checkRetryLists(retry: unknown, where: string): void {
  if (retry === undefined) return;
  const { value } = unwrapped<unknown>(retry);
  for (const [name, example] of Object.entries(listsOfRetry)) {
    const list: unknown = Object(value)[name];
    if (list === undefined || Array.isArray(list)) continue;
    throw new OptionError(`${where}: retry.${name}`, list, `must be a list such as ${example}`);
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isFunction = (value: unknown): boolean => typeof value === 'function';
/** `Array.from()` makes `undefined` of holes, which `every()` would skip. */
const isList = (value: unknown, holds: (one: never) => boolean): boolean =>
  Array.isArray(value) && Array.from(value as never[]).every(holds);

const functions = must((value) => value === undefined || isList(value, isFunction), 'must be a list of functions');
const hookLists: Check = (given, path) => functions(unwrapped(given).value, path);
const ofHooks = {
  init: hookLists,
  beforeRequest: hookLists,
  beforeRetry: hookLists,
  beforeError: hookLists,
  afterResponse: hookLists,
};

const isSignal = (value: unknown): boolean =>
  value === null ||
  (typeof (value as Partial<AbortSignal>).aborted === 'boolean' &&
    isFunction((value as Partial<AbortSignal>).addEventListener));

const progress = functionOf('(progress, chunk) => void');

const isStrategy = (one: Partial<Strategy> | null | undefined): boolean =>
  isFunction(one?.execute) && typeof one?.name === 'string' && one.name !== '';

const link = must(
  (value) => typeof value === 'string' || isFunction(value),
  'must be a string or a function (error) => string',
);
const strategies = must(
  (value) => isList(value, isStrategy),
  'must be a list of strategies {name, execute(request, next, context)}',
);

/**
 * ky's options, and those of ours that no feature declares; all others are checked where they are resolved. As in ky,
 * `null` removes `searchParams` and `context`.
 */
const checks: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['hooks', (hooks, path) => checkMembers(hooks, path, ofHooks)],
  ['headers', must(isObject, "must be an object such as {'x-tenant': 'a'}, a Headers or a list of pairs")],
  [
    'searchParams',
    must(
      (value) => value === null || isObject(value) || typeof value === 'string',
      'must be an object such as {page: 2}',
    ),
  ],
  ['context', must((value) => value === null || (isObject(value) && !Array.isArray(value)), 'must be an object')],
  ['method', must((value) => value === null || typeof value === 'string', "must be a string such as 'POST'")],
  ['signal', must(isSignal, 'must be an AbortSignal')],
  [
    'throwHttpErrors',
    must((value) => typeof value === 'boolean' || isFunction(value), 'must be true, false or (status) => boolean'),
  ],
  ['fetch', functionOf('(request, init) => Promise<Response>')],
  ['parseJson', functionOf('(text, {request, response}) => unknown')],
  ['stringifyJson', functionOf('(data) => string')],
  ['onDownloadProgress', progress],
  ['onUploadProgress', progress],
  ['docsUrl', link],
  ['dashboardUrl', link],
  ['supportUrl', link],
  ['transport', functionOf('(request, context) => Promise<Response>')],
  ['random', functionOf('() => number in [0, 1)')],
  [
    'clock',
    must(
      (value) => isFunction((value as Partial<Clock> | null)?.setTimer),
      'must have now, wallNow, setTimer and clearTimer',
    ),
  ],
  ['perCall', strategies],
  ['perAttempt', strategies],
]);
