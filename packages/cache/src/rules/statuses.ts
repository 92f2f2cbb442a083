/** Which statuses may be stored. RFC 9111 section 3, RFC 9110 section 15.1 */

/** Successes, which may be stored with heuristic freshness, or with a validator alone. */
const successes: ReadonlySet<number> = new Set([200, 203, 204]);

/** Statuses that concern this request alone: its credentials, its conditions, its timing or its connection. */
const neverStored: ReadonlySet<number> = new Set([
  ...[206, 304, 401, 403, 407, 408, 412, 416, 417, 421, 425, 426, 428, 429, 511],
]);

/** The rules for a status, for `must-understand`. */
const understood: ReadonlySet<number> = new Set([
  ...[200, 203, 204, 300, 301, 302, 303, 307, 308],
  ...[400, 404, 405, 410, 414, 500, 501, 502, 503, 504],
]);

/** Statuses that may be stored without freshness headers. */
export function isSuccess(status: number): boolean {
  return successes.has(status);
}

/** Statuses that may be stored if the server says for how long, including errors and redirects. */
export function isStorableStatus(status: number): boolean {
  return status >= 200 && status <= 599 && !neverStored.has(status);
}

/** @see RFC 9111 section 5.2.2.3 */
export function isUnderstood(status: number): boolean {
  return understood.has(status);
}
