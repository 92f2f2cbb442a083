import { describe, expect, it } from 'vitest';
import { type FailedRetries, leastDelayMs } from './least-delay.ts';

const lone = { moments: 1, lastedMs: 0, isNew: false, isWaitedFor: false, spread: 0 } as const;
const answered: FailedRetries = { ...lone, took: 20 };
const timedOut: FailedRetries = { ...lone, took: 'timeout' };

describe('the shortest wait after a failed retry', () => {
  it.each([answered, timedOut])('lets a lone call outlive half a second of failures, and little more', (failed) => {
    expect(leastDelayMs(failed)).toBe(520);
    expect(leastDelayMs({ ...failed, spread: 1 })).toBe(650);
    expect(leastDelayMs({ ...failed, lastedMs: 400 })).toBe(120);
    expect(leastDelayMs({ ...failed, lastedMs: 5000 })).toBe(0);
  });

  it.each(['isNew', 'isWaitedFor'])('outlives 900 ms, and as much longer as an attempt takes, where it %s', (why) => {
    expect(leastDelayMs({ ...answered, [why]: true, took: 0 })).toBe(905);
    expect(leastDelayMs({ ...answered, [why]: true, spread: 1 })).toBe(940);
    expect(leastDelayMs({ ...answered, [why]: true, took: 20_000 })).toBe(1905);
  });

  it('outlives 700 to 1000 ms after a timeout where other calls wait for the outcome', () => {
    expect(leastDelayMs({ ...timedOut, isWaitedFor: true })).toBe(700);
    expect(leastDelayMs({ ...timedOut, isWaitedFor: true, spread: 1 })).toBe(1000);
    expect(leastDelayMs({ ...timedOut, isNew: true })).toBe(520);
  });

  it('doubles with each moment of failure that other calls wait through, up to two seconds', () => {
    const waits = [1, 2, 3, 4].map((moments) =>
      leastDelayMs({ ...answered, moments, lastedMs: 5000, isWaitedFor: true, spread: 1 }),
    );
    expect(waits).toEqual([700, 1400, 2000, 2000]);
    const grown: FailedRetries = { ...answered, moments: 2, lastedMs: 5000, isWaitedFor: true };
    expect(leastDelayMs(grown)).toBe(700);
    // The wait for leave counts; for what has to be outlived, as far as it began before the first failure.
    expect(leastDelayMs({ ...grown, waitedMs: 600 })).toBe(100);
    expect(leastDelayMs({ ...grown, lastedMs: 205, waitedMs: 200, took: 0 })).toBe(700);
    expect(leastDelayMs({ ...grown, lastedMs: 5, waitedMs: 705, took: 0 })).toBe(200);
  });
});
