import { describe, expect, it, vi } from 'vitest';
import { longestTimerMs } from '../kernel/clock.ts';
import { rejection } from '../retry/ring.test-support.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { sleep } from './sleep.ts';

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
