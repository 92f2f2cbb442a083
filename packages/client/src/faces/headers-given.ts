import type { HeadersGiven } from '@holdfast/core/internal';

/**
 * Headers in the caller's own notation, so that a transport sees the case of their names; the nearest first.
 * `undefined` if there are none, as in most calls. A Headers object shows its names in lower case.
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
