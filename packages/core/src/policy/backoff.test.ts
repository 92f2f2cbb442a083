import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Backoff,
  cappedBackoff,
  constantBackoff,
  customBackoff,
  decorrelatedBackoff,
  exponentialBackoff,
  type Jitter,
  linearBackoff,
  saneDelay,
} from './backoff.ts';

const longest = 2 ** 31 - 1;
const runs = { seed: 2026, numRuns: 500 };
const waits = (backoff: Backoff, random: number, retries = 6): number[] =>
  Array.from({ length: retries }, (_, index) => backoff.delayMs(index + 1, random));

describe('the waits', () => {
  it.each<[string, Backoff, number, number[]]>([
    ['exponentialBackoff() at most', exponentialBackoff(), 1, [250, 500, 1000, 2000, 4000, 8000]],
    ['exponentialBackoff() on average', exponentialBackoff(), 0.5, [125, 250, 500, 1000, 2000, 4000]],
    ['exponentialBackoff() at least', exponentialBackoff(), 0, [0, 0, 0, 0, 0, 0]],
    [
      'an exponential backoff by threes, capped',
      exponentialBackoff({ initialMs: 100, factor: 3, maxMs: 1000, jitter: 'none' }),
      0,
      [100, 300, 900, 1000, 1000, 1000],
    ],
    [
      'equal jitter at least',
      exponentialBackoff({ initialMs: 100, maxMs: 400, jitter: 'equal' }),
      0,
      [50, 100, 200, 200, 200, 200],
    ],
    [
      'equal jitter at most',
      exponentialBackoff({ initialMs: 100, maxMs: 400, jitter: 'equal' }),
      1,
      [100, 200, 400, 400, 400, 400],
    ],
    ['constantBackoff', constantBackoff({ delayMs: 300 }), 0.1, [300, 300, 300, 300, 300, 300]],
    [
      'constantBackoff with jitter',
      constantBackoff({ delayMs: 300, jitter: 'full' }),
      0.5,
      [150, 150, 150, 150, 150, 150],
    ],
    ['linearBackoff()', linearBackoff(), 1, [250, 500, 750, 1000, 1250, 1500]],
    [
      'linearBackoff by a step',
      linearBackoff({ initialMs: 100, stepMs: 50, maxMs: 220, jitter: 'none' }),
      1,
      [100, 150, 200, 220, 220, 220],
    ],
    ['decorrelatedBackoff() at least', decorrelatedBackoff(), 0, [250, 250, 250, 250, 250, 250]],
    ['decorrelatedBackoff() at most', decorrelatedBackoff(), 1, [750, 2250, 6750, 10_000, 10_000, 10_000]],
    [
      'decorrelated jitter between the first wait and three times the one before',
      exponentialBackoff({ initialMs: 100, maxMs: 1000, jitter: 'decorrelated' }),
      1,
      [300, 300, 600, 1000, 1000, 1000],
    ],
    [
      'a jitter of one’s own',
      linearBackoff({ jitter: (delay, random) => delay + random }),
      1,
      [251, 501, 751, 1001, 1251, 1501],
    ],
    ['a backoff of one’s own', customBackoff((retry) => retry * 7), 0, [7, 14, 21, 28, 35, 42]],
  ])('of %s', (_title, backoff, random, expected) => {
    expect(waits(backoff, random)).toEqual(expected);
  });

  it('at the cap still differ, since the jitter comes after it', () => {
    const backoff = exponentialBackoff({ maxMs: 1000 });
    expect(backoff.delayMs(20, 0.25)).toBe(250);
    expect(backoff.delayMs(20, 0.75)).toBe(750);
    const decorrelated = decorrelatedBackoff({ maxMs: 1000 });
    expect(decorrelated.delayMs(20, 0.2)).not.toBe(decorrelated.delayMs(20, 0.8));
  });

  it('of the first retry are spread, too', () => {
    expect(decorrelatedBackoff().delayMs(1, 0.5)).toBe(500);
  });

  it.each<[string, Jitter]>([
    ['NaN', () => Number.NaN],
    ['less than nothing', () => -1],
    ['for ever', () => Number.POSITIVE_INFINITY],
    ['no number', () => 'soon' as never],
  ])('are as without jitter where the jitter says %s', (_what, jitter) => {
    expect(exponentialBackoff({ jitter }).delayMs(1, 0.5)).toBe(250);
  });

  it.each([
    [Number.NaN, 0],
    [-5, 0],
    [Number.POSITIVE_INFINITY, longest],
    [undefined as never, 0],
    [1.4, 1],
  ])('are sane where a backoff of one’s own says %s', (nonsense, expected) => {
    expect(customBackoff(() => nonsense).delayMs(1, 1)).toBe(expected);
    expect(saneDelay(nonsense)).toBe(expected);
  });
});

describe('a lower cap', () => {
  it('scales the waits above it, so that they stay spread', () => {
    const backoff = cappedBackoff(exponentialBackoff(), 400);
    expect(waits(backoff, 1)).toEqual([250, 400, 400, 400, 400, 400]);
    expect(waits(backoff, 0.5)).toEqual([125, 200, 200, 200, 200, 200]);
  });

  it('changes nothing above the waits', () => {
    expect(waits(cappedBackoff(exponentialBackoff(), 1e9), 0.7)).toEqual(waits(exponentialBackoff(), 0.7));
  });

  it('bounds a jitter and a backoff of one’s own', () => {
    expect(
      cappedBackoff(exponentialBackoff({ jitter: (delay, random) => delay * (2 - random) }), 100).delayMs(3, 0),
    ).toBe(100);
    expect(cappedBackoff({ kind: 'custom', jittered: true, delayMs: () => Number.NaN }, 100).delayMs(1, 0.5)).toBe(0);
  });
});

describe('a backoff', () => {
  it('is a frozen value', () => {
    for (const backoff of [
      exponentialBackoff(),
      constantBackoff({ delayMs: 1 }),
      linearBackoff(),
      cappedBackoff(linearBackoff(), 1),
    ]) {
      expect(Object.isFrozen(backoff)).toBe(true);
    }
  });

  it('says whether it is randomised', () => {
    expect(exponentialBackoff().jittered).toBe(true);
    expect(exponentialBackoff({ jitter: 'none' }).jittered).toBe(false);
    expect(constantBackoff({ delayMs: 1 }).jittered).toBe(false);
    expect(decorrelatedBackoff().jittered).toBe(true);
  });

  const smallest = fc.integer({ min: 0, max: longest });
  const jitters = fc.constantFrom<Jitter>('none', 'full', 'equal', 'decorrelated');
  const anyBackoff = fc.oneof(
    fc
      .record({
        initialMs: smallest,
        factor: fc.double({ min: 1, max: 1e300, noNaN: true }),
        maxMs: smallest,
        jitter: jitters,
      })
      .map((options) => ({ backoff: exponentialBackoff(options), ...options })),
    fc
      .record({ initialMs: smallest, stepMs: smallest, maxMs: smallest, jitter: jitters })
      .map((options) => ({ backoff: linearBackoff(options), ...options })),
    fc
      .record({ initialMs: smallest, maxMs: smallest })
      .map((options) => ({ backoff: decorrelatedBackoff(options), ...options, jitter: 'decorrelated' as const })),
  );
  const retries = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(1000, Number.MAX_SAFE_INTEGER));
  const chance = fc.double({ min: 0, max: 1, noNaN: true });

  it('never gives a value that is not a whole number, negative, or above its cap', () => {
    fc.assert(
      fc.property(anyBackoff, retries, chance, ({ backoff, maxMs }, retry, random) => {
        const delayMs = backoff.delayMs(retry, random);
        expect(Number.isInteger(delayMs)).toBe(true);
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(maxMs);
      }),
      runs,
    );
  });

  it('never shrinks from one retry to the next with the same random number', () => {
    fc.assert(
      fc.property(anyBackoff, fc.integer({ min: 1, max: 60 }), chance, ({ backoff }, retry, random) => {
        expect(backoff.delayMs(retry + 1, random)).toBeGreaterThanOrEqual(backoff.delayMs(retry, random));
      }),
      runs,
    );
  });

  it('keeps within the range of its jitter', () => {
    fc.assert(
      fc.property(anyBackoff, retries, chance, ({ backoff, jitter, initialMs, maxMs }, retry, random) => {
        const delayMs = backoff.delayMs(retry, random);
        const most = backoff.delayMs(retry, 1);
        if (jitter === 'none') expect(delayMs).toBe(most);
        if (jitter === 'full') expect(Math.abs(delayMs - most * random)).toBeLessThanOrEqual(1);
        if (jitter === 'equal') expect(delayMs).toBeGreaterThanOrEqual(Math.floor(most / 2));
        if (jitter === 'decorrelated') expect(delayMs).toBeGreaterThanOrEqual(Math.min(initialMs, maxMs));
        expect(delayMs).toBeLessThanOrEqual(most);
      }),
      runs,
    );
  });
});

describe('invalid options', () => {
  const type = TypeError;
  const range = RangeError;
  it.each<[() => unknown, typeof TypeError | typeof RangeError, string]>([
    [
      () => exponentialBackoff({ initialMs: -1 }),
      range,
      'exponentialBackoff: initialMs must be a number from 0 to 2147483647 (milliseconds), got -1',
    ],
    [
      () => exponentialBackoff({ maxMs: Number.NaN }),
      range,
      'exponentialBackoff: maxMs must be a number from 0 to 2147483647 (milliseconds), got NaN',
    ],
    [() => exponentialBackoff({ maxMs: 2 ** 31 }), range, 'exponentialBackoff: maxMs'],
    [() => exponentialBackoff({ factor: 0.5 }), range, 'exponentialBackoff: factor must be a number ≥ 1, got 0.5'],
    [() => exponentialBackoff({ factor: Number.POSITIVE_INFINITY }), range, 'exponentialBackoff: factor'],
    [
      () => exponentialBackoff({ initialMs: '5' as never }),
      type,
      'exponentialBackoff: initialMs must be a number from 0 to 2147483647 (milliseconds), got "5"',
    ],
    [
      () => exponentialBackoff({ jitter: 'half' as never }),
      type,
      "exponentialBackoff: jitter must be 'full', 'equal', 'decorrelated', 'none' or a function (delayMs, random) => number, got \"half\"",
    ],
    [
      () => exponentialBackoff({ initalMs: 5 } as never),
      type,
      'exponentialBackoff: unknown option "initalMs"; did you mean "initialMs"?',
    ],
    [
      () => exponentialBackoff(null as never),
      type,
      'exponentialBackoff takes an object with initialMs, factor, maxMs, jitter, got null',
    ],
    [() => constantBackoff({} as never), type, 'constantBackoff: delayMs must be a number'],
    [
      () => constantBackoff(undefined as never),
      type,
      'constantBackoff takes an object with delayMs, jitter, got undefined',
    ],
    [() => linearBackoff({ stepMs: -1 }), range, 'linearBackoff: stepMs'],
    [() => linearBackoff({ maxMs: -1 }), range, 'linearBackoff: maxMs'],
    [() => decorrelatedBackoff({ jitter: 'full' } as never), type, 'decorrelatedBackoff: unknown option "jitter"'],
  ])('are refused by name: %s', (make, kind, message) => {
    expect(make).toThrow(kind);
    expect(make).toThrow(message);
  });
});
