import type { Clock, Strategy } from '@holdfast/core';
import {
  functionOption,
  integerAtLeast,
  noWildcards,
  numberBetween,
  OptionError,
  OptionRangeError,
  oneOf,
  parsedUrl,
} from '@holdfast/core/internal';
import type { KyOptions } from '@holdfast/ky';
import type { Scope } from './check-names.ts';

/** @throws TypeError or RangeError for a time that is out of range, or longer than the time that bounds it. */
export function checkTimes({ timeout, totalTimeout }: KyOptions, where: string, scope: Scope): void {
  for (const [name, value] of Object.entries({ timeout, totalTimeout })) {
    // ky's words, which its users may know.
    if (scope === 'call' && typeof value === 'number' && value > longestMs)
      throw new RangeError(`The \`${name}\` option cannot be greater than ${longestMs}`);
    checkTime(value, where, name);
  }
  if (typeof timeout === 'number' && typeof totalTimeout === 'number' && timeout > totalTimeout) {
    const remedy = `must not be longer than totalTimeout (${totalTimeout}), which bounds the whole call`;
    throw new OptionRangeError(`${where}: timeout`, timeout, remedy);
  }
}

function checkTime(value: unknown, where: string, name: string): void {
  if (value === undefined || value === false) return;
  numberBetween(value, 0, longestMs, `${where}: ${name}`, 'milliseconds, or false for none');
}

const longestMs = 2 ** 31 - 1;

/** @throws TypeError or RangeError for an invalid value of one of our own options. */
export function checkOwn(options: Record<string, unknown>, where: string): void {
  const { fallback, docsUrl, dashboardUrl, supportUrl, random, clock, authOrigins, perCall, perAttempt } = options;
  if (fallback !== undefined) functionOption(fallback, `${where}: fallback`, '(error, call) => Response | undefined');
  for (const [name, value] of Object.entries({ docsUrl, dashboardUrl, supportUrl })) {
    if (value === undefined || typeof value === 'string' || typeof value === 'function') continue;
    throw new OptionError(`${where}: ${name}`, value, 'must be a string or a function (error) => string');
  }
  const { transport, readBody } = options;
  if (transport !== undefined)
    functionOption(transport, `${where}: transport`, '(request, context) => Promise<Response>');
  if (random !== undefined) functionOption(random, `${where}: random`, '() => number in [0, 1)');
  const { maxResponseBytes } = options;
  if (maxResponseBytes !== undefined && maxResponseBytes !== false)
    integerAtLeast(maxResponseBytes, 0, `${where}: maxResponseBytes`);
  if (readBody !== undefined) oneOf(readBody, ['inAttempt', 'firstChunk', false], `${where}: readBody`);
  const { resumeBody } = options;
  if (resumeBody !== undefined) oneOf(resumeBody, [true, false], `${where}: resumeBody`);
  const { idleTimeout } = options;
  if (idleTimeout !== undefined && idleTimeout !== false)
    numberBetween(idleTimeout, 1, longestMs, `${where}: idleTimeout`, 'milliseconds, or false for none');
  if (clock !== undefined && typeof (clock as Partial<Clock> | null)?.setTimer !== 'function') {
    throw new OptionError(`${where}: clock`, clock, 'must have now, wallNow, setTimer and clearTimer');
  }
  if (authOrigins !== undefined) checkOrigins(authOrigins, `${where}: authOrigins`);
  for (const [name, value] of Object.entries({ perCall, perAttempt })) {
    if (value === undefined) continue;
    const strategies = Array.isArray(value) ? value : [value];
    if (Array.isArray(value) && strategies.every(isStrategy)) continue;
    throw new OptionError(
      `${where}: ${name}`,
      value,
      'must be a list of strategies {name, execute(request, next, context)}',
    );
  }
}

function isStrategy(one: Partial<Strategy> | null | undefined): boolean {
  return typeof one?.execute === 'function' && typeof one.name === 'string' && one.name !== '';
}

function checkOrigins(origins: unknown, path: string): void {
  if (!Array.isArray(origins))
    throw new OptionError(path, origins, "must be a list such as ['https://api.example.com']");
  for (const [index, origin] of origins.entries()) {
    const url = typeof origin === 'string' && /^https?:\/\//i.test(origin) ? parsedUrl(origin) : undefined;
    // A host with a wildcard is a URL to a parser, and no request goes to it.
    if (origin === '*' || (url && !url.hostname.includes('*'))) continue;
    const remedy = "must be an origin such as 'https://api.example.com'";
    throw new OptionError(`${path}[${index}]`, origin, url ? `${remedy}; ${noWildcards}` : remedy);
  }
}
