import { expect, test } from 'vitest';
import { systemClock } from '../kernel/clock.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { onDemand } from './on-demand.ts';

test('loads once for all uses, and not before', async () => {
  let loads = 0;
  const part = onDemand('The part', async () => ++loads);
  expect([loads, part.loaded]).toEqual([0, undefined]);
  expect(await Promise.all([part.load(systemClock), part.load(systemClock)])).toEqual([1, 1]);
  expect([await part.load(systemClock), part.loaded]).toEqual([1, 1]);
});

test('says which part could not be loaded, and tries again when it is asked for again', async () => {
  const cause = new TypeError('Failed to fetch dynamically imported module');
  const answers = [Promise.reject(cause), Promise.resolve('it')];
  const part = onDemand('The part', () => answers.shift() as Promise<string>);
  await expect(part.load(systemClock)).rejects.toMatchObject({
    message: 'The part could not be loaded: Failed to fetch dynamically imported module',
    cause,
  });
  expect(part.loaded).toBeUndefined();
  expect(await part.load(systemClock)).toBe('it');
});

test('tries again, too, where loading it throws at once', async () => {
  let isBroken = true;
  const part = onDemand('The part', () => {
    if (isBroken) throw new Error('broken');
    return Promise.resolve('it');
  });
  await expect(part.load(systemClock)).rejects.toThrow('The part could not be loaded: broken');
  isBroken = false;
  expect(await part.load(systemClock)).toBe('it');
});

test('no virtual time passes meanwhile', async () => {
  const clock = new ManualClock();
  let arrive = (_: string): void => {};
  const part = onDemand('The part', () => new Promise<string>((resolve) => (arrive = resolve)));
  let fired = false;
  clock.setTimer(() => (fired = true), 1000);
  const advanced = clock.advance(1000);
  const loaded = part.load(clock);
  for (let count = 0; count < 100; count++) await clock.settle();
  expect(fired).toBe(false);
  arrive('it');
  expect(await loaded).toBe('it');
  await advanced;
  expect(fired).toBe(true);
});
