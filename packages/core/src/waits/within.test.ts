import { describe, expect, test } from 'vitest';
import { ManualClock } from '../testing/manual-clock.ts';
import { AbortSource } from './abort-source.ts';
import { within } from './within.ts';

const never = new Promise<never>(() => {});
const late = (): string => 'late';

describe('a bounded wait', () => {
  test('settles like the work, and leaves no timer', async () => {
    const clock = new ManualClock();
    expect(await within(Promise.resolve(1), { clock, ms: 100, late })).toBe(1);
    await expect(within(Promise.reject(new Error('broken')), { clock, ms: 100, late })).rejects.toThrow('broken');
    expect(clock.pending).toBe(0);
  });

  test('settles like `late` when the time is up', async () => {
    const clock = new ManualClock();
    const given = within(never, { clock, ms: 100, late });
    const thrown = within(never, {
      clock,
      ms: 100,
      late: () => {
        throw new Error('too late');
      },
    });
    const ends = Promise.allSettled([given, thrown]);
    await clock.advance(100);
    expect(await ends).toMatchObject([{ value: 'late' }, { reason: { message: 'too late' } }]);
  });

  test('ends at once when the signal aborts, with its reason, and leaves no timer', async () => {
    const clock = new ManualClock();
    const source = new AbortSource();
    const wait = within(never, { clock, signal: source.signal, ms: 100, late });
    source.abort('left');
    await expect(wait).rejects.toBe('left');
    await expect(within(never, { signal: source.signal })).rejects.toBe('left');
    expect(clock.pending).toBe(0);
  });

  test('has no timer where there is no limit, and none that keeps a process alive where no call waits', async () => {
    const clock = new ManualClock();
    void within(never, { clock, ms: Number.POSITIVE_INFINITY, late });
    expect(clock.pending).toBe(0);
    const unreferenced: unknown[] = [];
    const own = Object.assign(clock, { unref: (timer: unknown) => void unreferenced.push(timer) });
    void within(never, { clock: own, ms: 100, late, unref: true });
    expect(unreferenced).toHaveLength(1);
  });

  test.each<[string, () => Promise<unknown>]>([
    ['has come', () => Promise.resolve(1)],
    ['has failed', () => Promise.reject(new Error('broken'))],
    ['is late', () => never],
  ])('leaves no listener on a signal of the platform when the work %s', async (_, work) => {
    const clock = new ManualClock();
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...given: [never, never]) => {
      listeners++;
      addEventListener.apply(signal, given);
    };
    signal.removeEventListener = (...given: [never, never]) => {
      listeners--;
      removeEventListener.apply(signal, given);
    };
    const wait = within(work(), { clock, signal, ms: 100, late });
    expect(listeners).toBe(1);
    const [end] = await Promise.all([Promise.allSettled([wait]), clock.advance(100)]);
    expect([end.length, listeners]).toEqual([1, 0]);
  });

  test('a failure that comes after the end is no unhandled rejection', async () => {
    const clock = new ManualClock();
    let fail = (_: Error): void => {};
    const work = new Promise<never>((_, reject) => {
      fail = reject;
    });
    const wait = within(work, { clock, ms: 100, late });
    await clock.advance(100);
    expect(await wait).toBe('late');
    fail(new Error('no call waits'));
    await new Promise((resolve) => setImmediate(resolve));
  });
});
