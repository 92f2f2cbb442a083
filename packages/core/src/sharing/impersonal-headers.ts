/**
 * Request headers that never identify the sender. Two requests that differ only in these may share an answer, as far as
 * their senders are concerned; every other header may carry an identity (`x-tenant`, `cf-access-jwt-assertion`,
 * `stripe-account`, …), so requests that differ in it never share.
 *
 * A header belongs here only if no server uses it to choose whose data it shows. `baggage` does not (it carries user and
 * tenant ids), nor do CSRF tokens (they belong to a session), `forwarded` and `x-forwarded-*`, `from`, `referer`, `origin`
 * or `host`. A name that is missing here costs a request; one that should be missing shows one user the data of another.
 *
 * @see docs/decisions/2026-11-29-who-is-asking.md
 */
const names: ReadonlySet<string> = new Set([
  // Content negotiation. `Vary` says where these matter.
  ...['accept', 'accept-charset', 'accept-datetime', 'accept-encoding', 'accept-language'],
  // The software that asks.
  ...['user-agent', 'x-amz-user-agent', 'x-goog-api-client', 'x-stripe-client-user-agent', 'x-stripe-client-telemetry'],
  // Caching and conditions: RFC 9110 section 13, RFC 9111.
  ...['cache-control', 'pragma', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'],
  ...['if-range', 'range'],
  // The message and its connection.
  ...['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'upgrade-insecure-requests'],
  ...['content-length', 'content-type', 'expect', 'max-forwards', 'priority', 'date'],
  // Client hints and preferences of a device.
  ...['dnt', 'save-data', 'device-memory', 'downlink', 'dpr', 'ect', 'rtt', 'viewport-width', 'width'],
  // Tracing: which request it is, and what caused it.
  ...['traceparent', 'tracestate', 'b3', 'sentry-trace', 'uber-trace-id', 'x-amzn-trace-id', 'x-cloud-trace-context'],
  ...['elastic-apm-traceparent', 'grpc-trace-bin', 'trace-id', 'x-trace-id', 'x-span-id', 'newrelic'],
  ...['correlation-id', 'x-correlation-id', 'idempotency-key', 'amz-sdk-invocation-id', 'amz-sdk-request'],
]);

const patterns: readonly RegExp[] = [
  // The id or the number of the request itself: `x-request-id`, `x-ms-client-request-id`, `x-amzn-requestid`, `req-num`.
  /^(?:x-)?(?:ms-|amzn-|goog-)?(?:client-)?req(?:uest)?-?(?:id|num|number|count|seq|sequence)$/,
  // Only browsers set these.
  /^sec-(?:ch|fetch)-/,
  /^sec-(?:gpc|purpose)$/,
  /^x-(?:b3|datadog|stainless)-/,
];

/**
 * Is it certain that a header of this name does not identify the sender?
 *
 * @param name In lower case.
 * @param idempotencyHeader The header of the client's idempotency keys, where that is not `Idempotency-Key`.
 */
export function isImpersonal(name: string, idempotencyHeader?: string): boolean {
  if (names.has(name) || name === idempotencyHeader?.toLowerCase()) return true;
  return patterns.some((pattern) => pattern.test(name));
}
