const finalServerStatuses: ReadonlySet<number> = new Set([501, 505, 511, 526, 561]);

/**
 * Does a 5xx say that another attempt will fail in the same way? 501 and 505 do by their meaning, and so do 511 (log in to
 * the network first), 526 (the certificate behind the proxy) and 561 (the login at the load balancer). Any other 5xx,
 * known or not, is treated as a 500.
 *
 * @see RFC 9110 section 15: a client treats a status that it does not know as the x00 of its class
 */
export function isFinalServerStatus(status: number): boolean {
  return finalServerStatuses.has(status);
}

/** Overload, as some APIs and proxies report it: what holds for a 503 holds for 529 and 530, too. */
export function isOverloadStatus(status: number): boolean {
  return status === 503 || status === 529 || status === 530;
}
