import { expect, test } from 'vitest';
import { leaksBetween } from './objects.ts';

const after = (calls: number, counts: Record<string, number>) => ({
  calls,
  counts: new Map(Object.entries(counts)),
});

test('a class that grows each time, by a share of the calls, is a leak', () => {
  const samples = [
    after(1000, { 'object Call': 50, string: 10_000 }),
    after(5000, { 'object Call': 4050, string: 10_000 }),
    after(10_000, { 'object Call': 9050, string: 10_000 }),
  ];
  expect(leaksBetween(samples)).toEqual(['object Call: 1.00 per call']);
});

test('a class that grows once, or by less than that share, is no leak', () => {
  const samples = [
    after(1000, { 'object Socket': 0, array: 5000 }),
    after(5000, { 'object Socket': 4000, array: 5150 }),
    after(10_000, { 'object Socket': 4000, array: 5300 }),
  ];
  expect(leaksBetween(samples)).toEqual([]);
});
