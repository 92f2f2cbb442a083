import { describe, expect, it } from 'vitest';
import { seeded } from './seeded.ts';

const take = (seed: number, count: number): readonly number[] => Array.from({ length: count }, seeded(seed));

describe('seeded', () => {
  it('gives the same numbers for the same seed, and others for another', () => {
    expect(take(7, 5)).toEqual(take(7, 5));
    expect(take(7, 5)).not.toEqual(take(8, 5));
  });

  it('is spread evenly over [0, 1)', () => {
    const numbers = take(1, 10_000);
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThan(1);
    const tenths = numbers.reduce<number[]>((counts, number) => {
      const tenth = Math.trunc(number * 10);
      counts[tenth] = (counts[tenth] ?? 0) + 1;
      return counts;
    }, []);
    expect(tenths).toHaveLength(10);
    for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(120);
  });

  it('refuses a value that is not a number', () => {
    expect(() => seeded(Number.NaN, 'flaky: seed')).toThrow('flaky: seed must be a finite number, got NaN');
  });
});
