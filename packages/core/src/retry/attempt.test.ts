import { describe, expect, it } from 'vitest';
import { createCall } from '../calls/create-call.ts';
import { CircuitOpenError } from '../errors/circuit-open-error.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { errorOutcome, failedBy } from './attempt.ts';

const call = createCall('GET', 'https://api.example.com/', new ManualClock());
const ours = new CircuitOpenError({ call, message: 'open', retryAfterMs: 1, key: 'k' });
const aborted = AbortSignal.abort('gone');

describe('an error as an outcome', () => {
  it.each<[string, unknown, AbortSignal | undefined, string]>([
    ['ours has its own code', ours, undefined, 'CIRCUIT_OPEN'],
    ['ours has its own code after an abort, too', ours, aborted, 'CIRCUIT_OPEN'],
    ['the abort’s reason is an abort', 'gone', aborted, 'ABORTED'],
    ['anything after an abort is an abort', new Error('x'), aborted, 'ABORTED'],
    ['an AbortError is an abort', new DOMException('x', 'AbortError'), undefined, 'ABORTED'],
    [
      'a code makes no failure of the network of what no transport has thrown',
      new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } }),
      undefined,
      'UNKNOWN',
    ],
    ['words are no code', new Error('bad port'), undefined, 'UNKNOWN'],
    ['a bug is unknown', new TypeError('x is not a function'), undefined, 'UNKNOWN'],
    ['nothing is unknown', undefined, undefined, 'UNKNOWN'],
    ['null is unknown', null, undefined, 'UNKNOWN'],
  ])('%s', (_title, error, signal, code) => {
    expect(errorOutcome(error, signal, call)).toEqual({ kind: 'error', error, code });
    expect(failedBy(errorOutcome(error, signal, call))).toEqual({ errorCode: code });
  });

  it('is an abort where the caller’s reason is another call’s error', () => {
    const other = createCall('GET', 'https://api.example.com/', new ManualClock());
    expect(errorOutcome(ours, aborted, other)).toMatchObject({ code: 'ABORTED' });
    expect(errorOutcome(ours, undefined, other)).toMatchObject({ code: 'CIRCUIT_OPEN' });
  });
});
