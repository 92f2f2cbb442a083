import type { Dialect } from '@holdfast/core';

const throttling = [
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  'LimitExceededException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
];
const transient = ['RequestTimeout', 'RequestTimeoutException', 'TransactionInProgressException'];
const expired = ['ExpiredToken', 'ExpiredTokenException', 'RequestExpired'];

/** AWS: a rate limit is reported by its code, often with status 400; an expired token too. */
export function aws(): Dialect {
  return {
    name: 'aws',
    error: { requestId: [{ header: 'x-amzn-requestid' }, { header: 'x-amz-request-id' }] },
    wait: [{ from: { header: 'x-amz-retry-after' }, unit: 'ms' }],
    verdicts: [
      { when: { code: throttling, text: /\bdaily\b.{0,40}\bquota\b/i }, kind: 'quotaSpent', retry: false },
      { when: { code: throttling }, kind: 'rateLimited', retry: true, applied: 'no' },
      { when: { code: transient }, kind: 'failed', retry: true },
      { when: { code: expired }, kind: 'unauthenticated', retry: false },
    ],
  };
}
