import { ManualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { FleetUnits } from './fleet-units.ts';

const spec = { unit: 'tokens', amount: 100, perMs: 60_000, cost: undefined, usage: undefined, learn: false, path: '' };

/** A limit whose store the test plays: the claims that reached it, and its answers. */
function units() {
  const clock = new ManualClock();
  const told: string[] = [];
  const names: string[] = [];
  const nameOf = (id: string): string => {
    if (!names.includes(id)) names.push(id);
    return `#${names.indexOf(id)}`;
  };
  let answer: (againMs: number) => void = () => undefined;
  const store = {
    delayMs: 80,
    take(id: string, cost: number) {
      told.push(`take ${cost} as ${nameOf(id)}`);
      return new Promise<number>((resolve) => {
        answer = resolve;
      });
    },
    settle: async (id: string, amount: number, from?: string) =>
      void told.push(`settle ${nameOf(id)} at ${amount}${from === undefined ? '' : `, ${from}`}`),
    leave: async (id: string) => void told.push(`leave ${nameOf(id)}`),
  };
  const fleet = { failure: undefined, isUp: true, start: () => undefined, units: () => store, fail: () => undefined };
  const limit = new FleetUnits(fleet, 'key', spec, { clock, ready: () => undefined });
  const answered = async (againMs: number): Promise<void> => {
    answer(againMs);
    await clock.advance(0);
  };
  return { limit, clock, store, told, answered };
}

test('a grant that no call takes soon is given back', async () => {
  const { limit, clock, told, answered } = units();
  limit.ask(10);
  await answered(0);
  expect(limit.has(10)).toBe(true);
  await clock.advance(60_000);
  expect(limit.has(10)).toBe(false);
  expect(told).toEqual(['take 10 as #0', 'settle #0 at 0']);
});

test('a grant is for a call of its cost: for another one it is given back, and the other cost is asked for', async () => {
  const { limit, told, answered } = units();
  limit.ask(10);
  await answered(0);
  expect(limit.has(7)).toBe(false);
  limit.ask(7);
  expect(told).toEqual(['take 10 as #0', 'settle #0 at 0', 'take 7 as #1']);
});

test('a place in the line is left for a call of another cost', async () => {
  const { limit, clock, told, answered } = units();
  limit.ask(10);
  await answered(20);
  await clock.advance(20);
  limit.ask(7);
  expect(told).toEqual(['take 10 as #0', 'leave #0', 'take 7 as #1']);
});

test('a grant that comes when no call waits any more is given back', async () => {
  const { limit, told, answered } = units();
  limit.ask(10);
  limit.letGo();
  await answered(0);
  expect(told).toEqual(['take 10 as #0', 'settle #0 at 0']);
  expect(limit.has(10)).toBe(false);
});

test('a place that comes when no call waits any more is left', async () => {
  const { limit, told, answered } = units();
  limit.ask(10);
  limit.letGo();
  await answered(20);
  expect(told).toEqual(['take 10 as #0', 'leave #0']);
});

test('a grant that reaches a halted process late is given back, and not used: it counts from its registration', async () => {
  const { limit, clock, told, answered } = units();
  limit.ask(10);
  await clock.advance(3_000);
  await answered(0);
  expect(limit.has(10)).toBe(false);
  expect(told).toEqual(['take 10 as #0', 'settle #0 at 0']);
});

test('the usual delay of the store makes no grant old', async () => {
  const { limit, clock, answered } = units();
  limit.ask(10);
  await clock.advance(80);
  await answered(0);
  await clock.advance(600);
  expect(limit.has(10)).toBe(true);
  await clock.advance(1);
  expect(limit.has(10)).toBe(false);
});

test('a store that has become slow meanwhile makes no grant younger: its charge counts by the delay at its registration', async () => {
  const { limit, clock, store, answered } = units();
  limit.ask(10);
  await clock.advance(500);
  store.delayMs = 500;
  await answered(0);
  await clock.advance(180);
  expect(limit.has(10)).toBe(true);
  await clock.advance(1);
  expect(limit.has(10)).toBe(false);
});

test('a request that is sent late counts from then on', async () => {
  const { limit, clock, told, answered } = units();
  for (const lateMs of [600, 601]) {
    limit.ask(10);
    await answered(0);
    const grant = limit.take();
    await clock.advance(lateMs);
    if (grant) limit.sent(grant, 10);
  }
  expect(told).toEqual(['take 10 as #0', 'take 10 as #1', 'settle #1 at 10, fromNow']);
});

test('what was not granted by the other processes counts from its settlement on', () => {
  const { limit, told } = units();
  limit.settle(undefined, 0);
  limit.settle(undefined, 7);
  expect(told).toEqual(['settle #0 at 7, fromNow']);
});
