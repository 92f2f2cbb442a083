import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { longestTimerMs, systemClock, systemRandom } from './clock.ts';

describe('the system’s clock', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 1_790_000_000_000 }));
  afterEach(() => void vi.useRealTimers());

  it('gives durations and dates', () => {
    const before = systemClock.now();
    expect(systemClock.wallNow()).toBe(1_790_000_000_000);
    vi.advanceTimersByTime(250);
    expect(systemClock.now() - before).toBe(250);
    expect(systemClock.wallNow()).toBe(1_790_000_000_250);
  });

  it('calls back once, unless the timer is forgotten', () => {
    const callback = vi.fn();
    systemClock.setTimer(callback, 10);
    systemClock.clearTimer(systemClock.setTimer(callback, 10));
    vi.advanceTimersByTime(1000);
    expect(callback).toHaveBeenCalledOnce();
    systemClock.clearTimer(undefined);
  });

  it.each([longestTimerMs, longestTimerMs + 1, 1e15, Number.POSITIVE_INFINITY])(
    'does not fire at once after %d ms',
    (delayMs) => {
      const callback = vi.fn();
      systemClock.setTimer(callback, delayMs);
      vi.advanceTimersByTime(longestTimerMs - 1);
      expect(callback).not.toHaveBeenCalled();
      vi.advanceTimersByTime(1);
      expect(callback).toHaveBeenCalledOnce();
    },
  );
});

describe('the system’s clock where only `setTimeout` is faked', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  it('has advanced by the delay of each timer that fires, and does not go back', () => {
    const before = systemClock.now();
    const seen: number[] = [];
    systemClock.setTimer(() => {
      seen.push(systemClock.now() - before);
      systemClock.setTimer(() => seen.push(systemClock.now() - before), 30_000);
    }, 60_000);
    vi.advanceTimersByTime(90_000);
    expect(seen.map((ms, index) => ms >= ([60_000, 90_000][index] as number))).toEqual([true, true]);
    expect(systemClock.now() - before).toBeGreaterThanOrEqual(90_000);
  });
});

describe('the system’s chance', () => {
  it('lies in [0, 1)', () => {
    for (let draw = 0; draw < 100; draw++) {
      const value = systemRandom();
      expect(value >= 0 && value < 1).toBe(true);
    }
  });
});
