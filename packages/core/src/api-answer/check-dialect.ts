import { functionOption, numberBetween, OptionError, oneOf, optionsObject } from '../options/validate.ts';
import type { Dialect, Unit } from './dialect.ts';
import { isPath } from './dialect-path.ts';
import { kinds } from './kinds.ts';

/** Checks dialects once, when the client is created: a path that leads nowhere would be found only in an outage. */

const units: readonly Unit[] = ['s', 'ms', 'epoch', 'epochMs', 'iso', 'duration'];
const facts = ['code', 'message', 'type', 'param', 'requestId', 'helpUrl', 'scope'] as const;
const remedy = "must be a dialect such as github() of '@holdfast/dialects', or an object {name, …}";

/**
 * @throws TypeError or RangeError for a value that is not a dialect or a list of dialects, naming path, value and
 * remedy.
 */
export function checkDialects(value: unknown, path: string): readonly Dialect[] {
  if (!Array.isArray(value)) {
    checkDialect(value, path);
    return [value as Dialect];
  }
  for (const [index, each] of value.entries()) checkDialect(each, `${path}[${index}]`);
  return [...(value as readonly Dialect[])];
}

function checkDialect(value: unknown, path: string): void {
  if (typeof value === 'function') {
    throw new OptionError(path, value, `must be a dialect; did you forget to call it? ${value.name || 'github'}()`);
  }
  if (typeof value !== 'object' || value === null) throw new OptionError(path, value, remedy);
  optionsObject(value, path, ['name', 'error', 'failure', 'wait', 'quotas', 'verdicts', 'read']);
  const { name, error, failure, wait, quotas, verdicts, read } = value as Dialect;
  if (typeof name !== 'string' || name === '') throw new OptionError(`${path}.name`, name, 'must be a name');
  if (error !== undefined) checkError(error, `${path}.error`);
  if (failure !== undefined) {
    optionsObject(failure, `${path}.failure`, ['when', 'status', 'in']);
    if (failure.in !== undefined) oneOf(failure.in, ['streams'], `${path}.failure.in`);
    checkTest(failure.when, `${path}.failure.when`);
    if (failure.status !== undefined) numberBetween(failure.status, 400, 599, `${path}.failure.status`);
  }
  each(wait, `${path}.wait`, checkWait);
  each(quotas, `${path}.quotas`, checkQuota);
  each(verdicts, `${path}.verdicts`, checkVerdict);
  if (read !== undefined) functionOption(read, `${path}.read`, '({status, headers, data}) => Partial<ApiAnswer>');
}

function each<T>(list: readonly T[] | undefined, path: string, check: (item: T, path: string) => void): void {
  if (list === undefined) return;
  if (!Array.isArray(list)) throw new OptionError(path, list, 'must be a list');
  for (const [index, item] of (list as readonly T[]).entries()) check(item, `${path}[${index}]`);
}

function checkError(error: NonNullable<Dialect['error']>, path: string): void {
  optionsObject(error, path, [...facts, 'issues']);
  for (const key of facts) each(error[key], `${path}.${key}`, checkWhere);
  if (error.issues === undefined) return;
  optionsObject(error.issues, `${path}.issues`, ['list', 'path', 'message', 'code']);
  checkPath(error.issues.list, `${path}.issues.list`);
  for (const key of ['path', 'message', 'code'] as const) {
    if (error.issues[key] !== undefined) checkPath(error.issues[key], `${path}.issues.${key}`);
  }
}

function checkWait(wait: NonNullable<Dialect['wait']>[number], path: string): void {
  optionsObject(wait, path, ['from', 'unit', 'ms', 'when']);
  if ('ms' in wait) numberBetween(wait.ms, 0, Number.MAX_SAFE_INTEGER, `${path}.ms`, 'milliseconds');
  else {
    checkWhere(wait.from, `${path}.from`);
    oneOf(wait.unit, units, `${path}.unit`);
  }
  if (wait.when !== undefined || 'ms' in wait) checkTest(wait.when, `${path}.when`);
}

function checkQuota(quota: NonNullable<Dialect['quotas']>[number], path: string): void {
  optionsObject(quota, path, ['name', 'bucket', 'limit', 'used', 'remaining', 'reset', 'counts']);
  for (const key of ['name', 'bucket', 'limit', 'used', 'remaining'] as const) {
    if (quota[key] !== undefined) checkWhere(quota[key], `${path}.${key}`);
  }
  if (quota.counts !== undefined) oneOf(quota.counts, ['requests', 'tokens', 'cost'], `${path}.counts`);
  if (quota.reset === undefined) return;
  optionsObject(quota.reset, `${path}.reset`, ['from', 'unit']);
  checkWhere(quota.reset.from, `${path}.reset.from`);
  oneOf(quota.reset.unit, units, `${path}.reset.unit`);
}

function checkVerdict(verdict: NonNullable<Dialect['verdicts']>[number], path: string): void {
  optionsObject(verdict, path, ['when', 'kind', 'retry', 'applied']);
  checkTest(verdict.when, `${path}.when`);
  oneOf(verdict.kind, kinds, `${path}.kind`);
  if (verdict.retry !== undefined) oneOf(verdict.retry, [true, false], `${path}.retry`);
  if (verdict.applied !== undefined) oneOf(verdict.applied, ['no'], `${path}.applied`);
}

function checkTest(test: unknown, path: string): void {
  optionsObject(test, path, ['status', 'code', 'header', 'path', 'is', 'isNot', 'text']);
  const { path: place, text, status, code, header } = test as Record<string, unknown>;
  if (place !== undefined) checkPath(place, `${path}.path`);
  if (text !== undefined && !(text instanceof RegExp)) throw new OptionError(`${path}.text`, text, 'must be a RegExp');
  for (const one of status === undefined ? [] : [status].flat()) numberBetween(one, 100, 599, `${path}.status`);
  for (const one of [header, code].flat()) {
    if (one !== undefined && typeof one !== 'string') throw new OptionError(path, one, 'must name texts only');
  }
}

function checkWhere(where: unknown, path: string): void {
  if (typeof where !== 'object' || where === null) {
    checkPath(where, path);
    return;
  }
  optionsObject(where, path, ['header']);
  const { header } = where as { readonly header?: unknown };
  if (typeof header === 'string' && /^[\w!#$%&'*+.^`|~-]+$/.test(header)) return;
  throw new OptionError(`${path}.header`, header, 'must be the name of a header');
}

function checkPath(path: unknown, where: string): void {
  if (isPath(path)) return;
  throw new OptionError(where, path, "must be a path such as 'error.details[0].code', or {header: '…'}");
}
