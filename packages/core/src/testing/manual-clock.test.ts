import { describe, expect, it, vi } from 'vitest';
import { rejection } from '../retry/ring.test-support.ts';
import { ManualClock } from './manual-clock.ts';

describe('ManualClock', () => {
  it('stands still until it is advanced', async () => {
    const clock = new ManualClock(1000);
    expect([clock.now(), clock.wallNow()]).toEqual([0, 1000]);
    await clock.advance(25);
    expect([clock.now(), clock.wallNow()]).toEqual([25, 1025]);
  });

  it('fires due timers, in order of time and then of setting, each at its own time', async () => {
    const clock = new ManualClock();
    const fired: string[] = [];
    for (const [name, ms] of [
      ['late', 30],
      ['early', 10],
      ['also early', 10],
      ['never', 31],
    ] as const) {
      clock.setTimer(() => fired.push(`${name} at ${clock.now()}`), ms);
    }
    await clock.advance(30);
    expect(fired).toEqual(['early at 10', 'also early at 10', 'late at 30']);
    expect(clock.pending).toBe(1);
  });

  it('fires a timer that another timer has set meanwhile', async () => {
    const clock = new ManualClock();
    const fired: number[] = [];
    clock.setTimer(() => clock.setTimer(() => fired.push(clock.now()), 5), 10);
    await clock.advance(15);
    expect(fired).toEqual([15]);
  });

  it.each([-5, Number.NaN, 0])('takes a delay of %d for none', async (delayMs) => {
    const clock = new ManualClock();
    const callback = vi.fn();
    clock.setTimer(callback, delayMs);
    await clock.advance(0);
    expect(callback).toHaveBeenCalledOnce();
    expect(clock.now()).toBe(0);
  });

  it('clears a timer, and ignores one that it does not know', async () => {
    const clock = new ManualClock();
    const callback = vi.fn();
    const timer = clock.setTimer(callback, 5);
    clock.clearTimer(timer);
    clock.clearTimer(timer);
    clock.clearTimer(undefined);
    await clock.advance(10);
    expect(callback).not.toHaveBeenCalled();
    expect(clock.pending).toBe(0);
  });

  it('lets promises and streams settle between two timers', async () => {
    const clock = new ManualClock();
    const seen: string[] = [];
    clock.setTimer(() => void new Response('body').text().then((text) => seen.push(text)), 10);
    clock.setTimer(() => seen.push('second'), 20);
    await clock.advance(20);
    expect(seen).toEqual(['body', 'second']);
  });
});

describe('ManualClock.run', () => {
  it('lets as much time pass as a promise needs, and no more', async () => {
    const clock = new ManualClock();
    clock.setTimer(() => undefined, 999);
    const value = await clock.run(new Promise((resolve) => clock.setTimer(() => resolve('done'), 40)));
    expect([value, clock.now(), clock.pending]).toEqual(['done', 40, 1]);
  });

  it('rejects as the promise does', async () => {
    const clock = new ManualClock();
    const thrown = new Error('mine');
    expect(await rejection(clock.run(Promise.reject(thrown)))).toBe(thrown);
  });

  it('rejects if nothing is left to wait for', async () => {
    expect(await rejection(new ManualClock().run(new Promise(() => undefined)))).toEqual(
      new Error('ManualClock: no timer is left to fire, and the promise is still pending'),
    );
  });
});

describe('ManualClock.hold', () => {
  it('keeps run and advance from firing anything, until the last hold has ended', async () => {
    const clock = new ManualClock();
    const releases = [clock.hold(), clock.hold()];
    const fired: string[] = [];
    clock.setTimer(() => fired.push('timer'), 10);
    const advanced = clock.advance(10);
    const ran = clock.run(new Promise<void>((resolve) => clock.setTimer(resolve, 20)));
    for (const release of releases) {
      await clock.settle();
      expect(fired).toEqual([]);
      release();
      release();
    }
    await Promise.all([advanced, ran]);
    expect([fired, clock.now()]).toEqual([['timer'], 20]);
  });

  it.each([0, 1, 2, 3])('lets go on first what it waited for: a hold that ends after %d turns', async (turns) => {
    const clock = new ManualClock();
    const timeout = vi.fn();
    clock.setTimer(timeout, 10);
    const release = clock.hold();
    const advanced = clock.advance(10);
    for (let turn = 0; turn < turns; turn++) await macrotask();
    release();
    // The headers have arrived; now the body is read.
    await macrotask();
    const again = clock.hold();
    expect(timeout).not.toHaveBeenCalled();
    again();
    await advanced;
    expect(timeout).toHaveBeenCalledOnce();
  });

  it('lets run end if the awaited promise settles by itself', async () => {
    const clock = new ManualClock();
    clock.hold();
    expect(await clock.run(Promise.resolve('done'))).toBe('done');
  });
});

describe('ManualClock.flow', () => {
  it('lets time pass by itself, in order, while it is not held', async () => {
    const clock = new ManualClock();
    const stop = clock.flow();
    const fired: number[] = [];
    await new Promise<void>((resolve) => {
      clock.setTimer(() => fired.push(clock.now()), 5_000);
      clock.setTimer(() => {
        const release = clock.hold();
        void clock.settle().then(release);
        clock.setTimer(resolve, 86_400_000);
      }, 10);
    });
    expect([fired, clock.now()]).toEqual([[5_000], 86_400_010]);
    stop();
    clock.setTimer(() => fired.push(0), 0);
    await clock.settle();
    expect([fired, clock.pending]).toEqual([[5_000], 1]);
  });

  it('leaves the pace to advance, as long as that is under way', async () => {
    const clock = new ManualClock();
    const stop = clock.flow();
    const at: number[] = [];
    const advanced = clock.advance(10);
    clock.setTimer(() => at.push(clock.now()), 5);
    clock.setTimer(() => at.push(clock.now()), 50);
    await advanced;
    expect([at, clock.now()]).toEqual([[5], 10]);
    await clock.settle();
    await clock.settle();
    expect(at).toEqual([5, 50]);
    stop();
  });
});

function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
