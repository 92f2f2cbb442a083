import { describe, expect, it } from 'vitest';
import { type FailedRetries, leastDelayMs } from './least-delay.ts';

const failed: FailedRetries = { moments: 1, lastedMs: 0, isWaitedFor: false, spread: 0 };

describe('the shortest wait after a failed retry', () => {
  it('lets a lone call outlive half a second of failures, and little more', () => {
    expect(leastDelayMs(failed)).toBe(520);
    expect(leastDelayMs({ ...failed, spread: 1 })).toBe(650);
    expect(leastDelayMs({ ...failed, lastedMs: 400 })).toBe(120);
    expect(leastDelayMs({ ...failed, lastedMs: 5000 })).toBe(0);
  });

  it('outlives 700 to 1000 ms where other calls wait for the outcome', () => {
    expect(leastDelayMs({ ...failed, isWaitedFor: true })).toBe(700);
    expect(leastDelayMs({ ...failed, isWaitedFor: true, spread: 1 })).toBe(1000);
  });

  it('doubles with each moment of failure that other calls wait through, up to two seconds', () => {
    const waits = [1, 2, 3, 4].map((moments) =>
      leastDelayMs({ moments, lastedMs: 5000, isWaitedFor: true, spread: 1 }),
    );
    expect(waits).toEqual([700, 1400, 2000, 2000]);
    expect(leastDelayMs({ moments: 2, lastedMs: 5000, isWaitedFor: true, spread: 0 })).toBe(700);
  });
});
