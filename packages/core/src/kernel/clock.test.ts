import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { rejection } from '../retry/ring.test-support.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { longestTimerMs, sleep, systemClock, systemRandom } from './clock.ts';

describe('sleep', () => {
  it('divides a wait that is longer than a timer can hold, and ends to the millisecond', async () => {
    const clock = new ManualClock();
    const waits: number[] = [];
    const setTimer = clock.setTimer.bind(clock);
    clock.setTimer = (callback, delayMs) => {
      waits.push(delayMs);
      return setTimer(callback, delayMs);
    };
    await clock.run(sleep(clock, longestTimerMs + 1234, new AbortController().signal));
    expect(waits).toEqual([longestTimerMs, 1234]);
    expect(clock.now()).toBe(longestTimerMs + 1234);
  });

  it('resolves when the time has passed, and not before', async () => {
    const clock = new ManualClock();
    const { signal } = new AbortController();
    let awake = false;
    sleep(clock, 100, signal).then(() => {
      awake = true;
    });
    await clock.advance(99);
    expect(awake).toBe(false);
    await clock.advance(1);
    expect(awake).toBe(true);
  });

  it('rejects at once with the reason of an abort, whatever that is', async () => {
    const clock = new ManualClock();
    for (const reason of [new Error('enough'), 'enough', null]) {
      const controller = new AbortController();
      const asleep = rejection(sleep(clock, 100, controller.signal));
      controller.abort(reason);
      expect(await asleep).toBe(reason);
      expect(clock.pending).toBe(0);
    }
  });

  it('does not begin after an abort', async () => {
    const clock = new ManualClock();
    expect(await rejection(sleep(clock, 100, AbortSignal.abort('gone')))).toBe('gone');
    expect(clock.pending).toBe(0);
  });

  it('leaves no listener on the signal', async () => {
    const clock = new ManualClock();
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    await clock.run(sleep(clock, 5, signal));
    expect(removed.mock.calls[0]?.slice(0, 2)).toEqual(added.mock.calls[0]?.slice(0, 2));
  });
});

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
