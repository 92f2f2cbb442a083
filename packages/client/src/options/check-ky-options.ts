import { functionOption, OptionError, optionsObject } from '@holdfast/core/internal';
import type { KyOptions } from '@holdfast/ky';
import { unwrapped } from './unwrapped.ts';

/** Refuses values that ky and fetch would fail on later, or ignore. An option that is `undefined` counts as not given. */
export function checkKyOptions(options: KyOptions, where: string): void {
  for (const [key, given] of Object.entries(options)) {
    const check = checks.get(key);
    if (!check || given === undefined) continue;
    const { value } = unwrapped<unknown>(given);
    if (value !== undefined) check(value, `${where}: ${key}`);
  }
}

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

type Check = (value: unknown, path: string) => void;

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const must =
  (holds: (value: unknown) => boolean, remedy: string): Check =>
  (value, path) => {
    if (!holds(value)) throw new OptionError(path, value, remedy);
  };

const mustBeFunction =
  (signature: string): Check =>
  (value, path) =>
    functionOption(value, path, signature);

const hookNames = ['init', 'beforeRequest', 'beforeRetry', 'beforeError', 'afterResponse'];

function checkHooks(hooks: unknown, path: string): void {
  optionsObject(hooks, path, hookNames);
  for (const [name, given] of Object.entries(hooks as object)) {
    const { value } = unwrapped<unknown>(given);
    if (value === undefined || (Array.isArray(value) && value.every((hook) => typeof hook === 'function'))) continue;
    throw new OptionError(`${path}.${name}`, value, 'must be a list of functions');
  }
}

const isSignal = (value: unknown): boolean =>
  value === null ||
  (typeof (value as Partial<AbortSignal>).aborted === 'boolean' &&
    typeof (value as Partial<AbortSignal>).addEventListener === 'function');

/** As in ky, `null` removes `searchParams` and `context`. */
const checks: ReadonlyMap<string, Check> = new Map([
  ['hooks', checkHooks],
  ['headers', must(isObject, "must be an object such as {'x-tenant': 'a'}, a Headers or a list of pairs")],
  [
    'searchParams',
    must(
      (value) => value === null || isObject(value) || typeof value === 'string',
      'must be an object such as {page: 2}',
    ),
  ],
  ['context', must((value) => value === null || (isObject(value) && !Array.isArray(value)), 'must be an object')],
  ['signal', must(isSignal, 'must be an AbortSignal')],
  [
    'throwHttpErrors',
    must(
      (value) => typeof value === 'boolean' || typeof value === 'function',
      'must be true, false or (status) => boolean',
    ),
  ],
  ['fetch', mustBeFunction('(request, init) => Promise<Response>')],
  ['parseJson', mustBeFunction('(text, {request, response}) => unknown')],
  ['stringifyJson', mustBeFunction('(data) => string')],
  ['onDownloadProgress', mustBeFunction('(progress, chunk) => void')],
  ['onUploadProgress', mustBeFunction('(progress, chunk) => void')],
]);
