import { ManualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { Pauses } from '../src/buckets/pauses.ts';
import { parsePause } from '../src/fleet/told-pause.ts';

function pauses(): Pauses {
  const clock = new ManualClock();
  return new Pauses({
    clock,
    random: () => 0,
    limitsOf: ({ owner: key }, queued) => ({ key, shownKey: key, clock, maxQueue: 1, maxQueueMs: 1, queued }),
    began: () => undefined,
    resumed: () => undefined,
    digest: (text) => text,
  });
}

const owner = 'https://api.example.com';

test('pauses from other processes, however many and however long, remove none that this process has seen itself', () => {
  const all = pauses();
  const by = { context: {} as never, status: 429 };
  all.begin({ scope: { owner }, ms: 1000, source: 'Retry-After', isRefusal: true }, by);
  for (let forged = 0; forged < 12_000; forged++) all.hear(`forged ${forged}`, { owner: 'x' }, 60_000, 'x');
  expect(all.gatesOf([{ owner }]).map(({ pausedMs }) => pausedMs)).toEqual([1000]);
  expect(all.all().length).toBeLessThanOrEqual(1001);
});

test('they remove none even if this process has seen nearly as many as are kept', () => {
  const all = pauses();
  const by = { context: {} as never, status: 429 };
  for (let own = 0; own < 9_900; own++)
    all.begin({ scope: { owner: `https://${own}.example.com` }, ms: 1000, source: 'Retry-After', isRefusal: true }, by);
  for (let told = 0; told < 200; told++) all.hear(`told ${told}`, { owner: 'x' }, 60_000, 'x');
  expect(all.all()).toHaveLength(10_100);
});

test('a message that is longer than any of a fleet’s is not read', () => {
  const told = { from: 'a', digest: '0'.repeat(32), pauseMs: 1 };
  expect(parsePause(JSON.stringify(told))).toMatchObject({ pauseMs: 1 });
  expect(parsePause(JSON.stringify({ ...told, owner: 'x'.repeat(10_000) }))).toBeUndefined();
});
