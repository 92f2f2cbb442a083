import { afterEach, expect, test, vi } from 'vitest';
import { systemClock } from '../kernel/clock.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { onDemand } from './on-demand.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

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

/** A part whose first load begins in idle time. The test ends each load. */
function begunInIdleTime() {
  vi.stubGlobal('requestIdleCallback', (work: () => void) => work());
  const loads: { readonly resolve: (part: string) => void; readonly reject: (reason: Error) => void }[] = [];
  const part = onDemand('The part', () => new Promise<string>((resolve, reject) => loads.push({ resolve, reject })));
  part.loadWhenIdle();
  expect(loads).toHaveLength(1);
  return { part, loads };
}

test('calls that wait for a load of idle time try once more, together, if it fails', async () => {
  const { part, loads } = begunInIdleTime();
  const uses = [part.load(systemClock), part.load(systemClock)];
  loads[0]?.reject(new Error('offline'));
  await vi.waitFor(() => expect(loads).toHaveLength(2));
  const late = part.load(systemClock);
  loads[1]?.resolve('it');
  expect(await Promise.all([...uses, late])).toEqual(['it', 'it', 'it']);
  expect(loads).toHaveLength(2);
});

test('if that fails, too, they say so, and the next use tries again', async () => {
  const { part, loads } = begunInIdleTime();
  const use = part.load(systemClock);
  loads[0]?.reject(new Error('offline'));
  await vi.waitFor(() => expect(loads).toHaveLength(2));
  loads[1]?.reject(new Error('still offline'));
  await expect(use).rejects.toThrow('The part could not be loaded: still offline');
  const next = part.load(systemClock);
  loads[2]?.resolve('it');
  expect(await next).toBe('it');
});

test('a load of idle time that succeeds is not repeated, and one that fails is not reported', async () => {
  const first = begunInIdleTime();
  const use = first.part.load(systemClock);
  first.loads[0]?.resolve('it');
  expect([await use, await first.part.load(systemClock), first.loads.length]).toEqual(['it', 'it', 1]);
  const second = begunInIdleTime();
  second.loads[0]?.reject(new Error('offline'));
  await new Promise((resolve) => setImmediate(resolve));
  expect([second.part.loaded, second.loads.length]).toEqual([undefined, 1]);
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
