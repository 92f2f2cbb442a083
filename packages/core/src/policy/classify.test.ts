import { describe, expect, it } from 'vitest';
import type { Applied } from '../kernel/decision.ts';
import type { Outcome } from '../kernel/outcome.ts';
import type { Verdict } from '../kernel/verdict.ts';
import { failure, network, status, timedOut } from './cases.vectors.ts';
import { appliedBy, classify, isNetworkOutcome } from './classify.ts';

const timing = { retryAfterMs: 1000, source: 'Retry-After' };

describe('every outcome has one verdict, and says whether the server acted', () => {
  it.each<[Outcome, Verdict, Applied]>([
    [status(200), 'success', 'yes'],
    [status(304), 'success', 'yes'],
    [status(399), 'success', 'yes'],
    [status(400), 'permanent', 'no'],
    [status(401), 'permanent', 'no'],
    [status(404), 'permanent', 'no'],
    [status(408), 'transient', 'unknown'],
    [status(413), 'permanent', 'no'],
    [status(421), 'permanent', 'no'],
    [status(425), 'transient', 'no'],
    [status(429), 'transient', 'no'],
    [status(500), 'transient', 'unknown'],
    [status(501), 'permanent', 'no'],
    [status(502), 'transient', 'unknown'],
    [status(503), 'transient', 'unknown'],
    [status(504), 'transient', 'unknown'],
    [status(505), 'permanent', 'no'],
    [status(507), 'transient', 'unknown'],
    [status(511), 'permanent', 'unknown'],
    [status(520), 'transient', 'unknown'],
    [status(526), 'permanent', 'unknown'],
    [status(529), 'transient', 'unknown'],
    [status(561), 'permanent', 'unknown'],
    [timedOut, 'transient', 'unknown'],
    [failure('DEADLINE_EXCEEDED'), 'permanent', 'unknown'],
    [failure('ABORTED'), 'cancelled', 'unknown'],
    [failure('CIRCUIT_OPEN'), 'rejected', 'no'],
    [failure('QUEUE_FULL'), 'rejected', 'no'],
    [failure('QUEUE_TIMEOUT'), 'rejected', 'no'],
    [failure('CREDENTIALS'), 'rejected', 'no'],
    [failure('CLIENT_CLOSED'), 'rejected', 'no'],
    [failure('UNKNOWN'), 'permanent', 'unknown'],
    [network('ECONNREFUSED'), 'transient', 'no'],
    [network('ENOTFOUND'), 'transient', 'no'],
    [network('UND_ERR_CONNECT_TIMEOUT'), 'transient', 'no'],
    [network('ECONNRESET'), 'transient', 'unknown'],
    [network('UND_ERR_SOCKET'), 'transient', 'unknown'],
    [network('CERT_HAS_EXPIRED'), 'permanent', 'unknown'],
    [network(), 'transient', 'unknown'],
    [failure('ECONNREFUSED', new Error('by its code alone')), 'transient', 'no'],
    [failure('EAI_AGAIN', 'no error at all'), 'transient', 'no'],
    [failure('UND_ERR_HEADERS_TIMEOUT', undefined), 'transient', 'unknown'],
    [failure('ERR_INVALID_URL'), 'permanent', 'unknown'],
    [failure('ENOENT'), 'permanent', 'unknown'],
    [failure('EACCES'), 'permanent', 'unknown'],
  ])('%j', (outcome, verdict, applied) => {
    expect(classify(outcome)).toBe(verdict);
    expect(appliedBy(outcome, undefined)).toBe(applied);
  });

  it.each([503, 529, 530])('a %i with timing was turned away before any work', (code) => {
    expect(appliedBy(status(code), timing)).toBe('no');
  });

  it('other failures with timing tell nothing of the work', () => {
    expect(appliedBy(status(520), timing)).toBe('unknown');
    expect(appliedBy(status(500), timing)).toBe('unknown');
  });

  it.each<[string, boolean]>([
    ['NETWORK', true],
    ['ECONNRESET', true],
    ['EAI_AGAIN', true],
    ['UND_ERR_SOCKET', true],
    ['EPIPE', true],
    ['ENOENT', false],
    ['EISDIR', false],
    ['ERR_INVALID_URL', false],
    ['UNKNOWN', false],
    ['QUEUE_FULL', false],
    ['E', false],
    ['econnreset', false],
  ])('%s is the network’s: %s', (code, expected) => {
    expect(isNetworkOutcome(failure(code))).toBe(expected);
    expect(isNetworkOutcome(status(503))).toBe(false);
  });
});
