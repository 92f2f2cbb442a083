import type { HeadersGiven } from '@holdfast/core/internal';

/**
 * Headers in which a transport can see how the caller writes their names, the nearest first; `undefined` where there are
 * none, as for most calls. A Headers object shows its names in lower case.
 */
export function headersGiven(...sources: readonly unknown[]): readonly HeadersGiven[] | undefined {
  let given: HeadersGiven[] | undefined;
  for (const source of sources) {
    if (typeof source !== 'object' || source === null || source instanceof Headers) continue;
    given ??= [];
    given.push(source as HeadersGiven);
  }
  return given;
}
