import { describe, expect, it } from 'vitest';
import { EventQueue } from './event-queue.ts';

describe('EventQueue', () => {
  it('fires in the order of time and, at the same time, in the order of setting', async () => {
    const clock = new EventQueue();
    const fired: string[] = [];
    for (const ms of [30, 10, 20, 10, Number.NaN, -1]) clock.setTimer(() => fired.push(`${ms} at ${clock.now()}`), ms);
    await clock.run();
    expect(fired).toEqual(['NaN at 0', '-1 at 0', '10 at 10', '10 at 10', '20 at 20', '30 at 30']);
  });

  it('lets promises settle between two events', async () => {
    const clock = new EventQueue();
    const seen: string[] = [];
    clock.setTimer(async () => {
      for (let turn = 0; turn < 100; turn++) await undefined;
      seen.push('settled');
    }, 10);
    clock.setTimer(() => seen.push('next'), 10);
    await clock.run();
    expect(seen).toEqual(['settled', 'next']);
  });

  it('frees cleared timers, however many there are', async () => {
    const clock = new EventQueue();
    const fired: number[] = [];
    const timers = Array.from({ length: 5000 }, (_, ms) => clock.setTimer(() => fired.push(ms), 5000 - ms));
    for (const [ms, timer] of timers.entries()) if (ms % 1000 !== 0) clock.clearTimer(timer);
    clock.clearTimer(undefined);
    await clock.run();
    expect(fired).toEqual([4000, 3000, 2000, 1000, 0]);
  });

  it('fires timers that are set during the run', async () => {
    const clock = new EventQueue();
    const slept = (async () => {
      await clock.sleep(40);
      await clock.sleep(2);
      return clock.now();
    })();
    await clock.run();
    expect(await slept).toBe(42);
    expect(clock.wallNow()).toBe(Date.UTC(2026, 0, 1) + 42);
  });
});
