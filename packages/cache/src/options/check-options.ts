import { type ResponseCacheOptions, resolveOptions } from './options.ts';

/**
 * Checks options as `responseCache` does, for code that loads the rest of the cache later: a separate entry, so that
 * bundlers keep the two apart.
 *
 * @param where The beginning of messages.
 * @throws TypeError or RangeError for options that are invalid, naming path, value and remedy.
 */
export function checkOptions(options: ResponseCacheOptions | true, where: string): void {
  resolveOptions(options, where);
}
