import {
  anything,
  type Check,
  checkGiven,
  checkMembers,
  either,
  functionOf,
  isHeaderName,
  listOf,
  members,
  milliseconds,
  must,
  needed,
  number,
} from '../options/checks.ts';
import { OptionError, optionsObject } from '../options/validate.ts';
import type { Dialect } from './dialect.ts';
import { isPath } from './is-path.ts';
import { kinds } from './kinds.ts';

/** Checks dialects once, when the client is created: a path that leads nowhere would be found only in an outage. */

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
  listOf(checkDialect)(value, path);
  return [...(value as readonly Dialect[])];
}

function checkDialect(value: unknown, path: string): void {
  if (typeof value === 'function') {
    throw new OptionError(
      path,
      value,
      `must be a dialect; did you forget to call it? ${String(value.name || 'github')}()`,
    );
  }
  if (typeof value !== 'object' || value === null) throw new OptionError(path, value, remedy);
  const places = listOf(checkWhere);
  const isUnit = needed(either('s', 'ms', 'epoch', 'epochMs', 'iso', 'duration'));
  const isWhere = needed(checkWhere);
  const when = needed(checkTest);
  const checkWait: Check = (wait, at) => {
    optionsObject(wait, at, ['from', 'unit', 'ms', 'when']);
    const checks: Readonly<Record<string, Check>> =
      'ms' in (wait as object)
        ? { ms: needed(milliseconds(0, Number.MAX_SAFE_INTEGER)), when }
        : { from: isWhere, unit: isUnit, when: checkTest };
    checkGiven(wait as object, `${at}.`, checks);
  };
  checkMembers(value, path, {
    name: needed(must((name) => typeof name === 'string' && name !== '', 'must be a name')),
    error: members({
      code: places,
      message: places,
      type: places,
      param: places,
      requestId: places,
      helpUrl: places,
      scope: places,
      issues: members({ list: needed(checkPath), path: checkPath, message: checkPath, code: checkPath }),
    }),
    failure: members({ when, status: number(400, 599), in: either('streams') }),
    wait: listOf(checkWait),
    quotas: listOf(
      members({
        name: checkWhere,
        bucket: checkWhere,
        limit: checkWhere,
        used: checkWhere,
        remaining: checkWhere,
        reset: members({ from: isWhere, unit: isUnit }),
        counts: either('requests', 'tokens', 'cost'),
      }),
    ),
    verdicts: listOf(
      members({ when, kind: needed(either(...kinds)), retry: either(true, false), applied: either('no') }),
    ),
    read: functionOf('({status, headers, data}) => Partial<ApiAnswer>'),
  });
}

function checkTest(test: unknown, path: string): void {
  const texts = must((value) => [value].flat().every((one) => typeof one === 'string'), 'must name texts only');
  checkMembers(test, path, {
    status: (statuses, at) => {
      for (const one of [statuses].flat()) number(100, 599)(one, at);
    },
    code: texts,
    header: texts,
    path: checkPath,
    is: anything,
    isNot: anything,
    text: must((text) => text instanceof RegExp, 'must be a RegExp'),
  });
}

function checkWhere(where: unknown, path: string): void {
  if (typeof where !== 'object' || where === null) checkPath(where, path);
  else checkMembers(where, path, { header: needed(must(isHeaderName, 'must be the name of a header')) });
}

function checkPath(path: unknown, where: string): void {
  if (isPath(path)) return;
  throw new OptionError(where, path, "must be a path such as 'error.details[0].code', or {header: '…'}");
}
