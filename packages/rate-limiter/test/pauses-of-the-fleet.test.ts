import { ManualClock } from '@holdfast/core/testing';
import { expect, test } from 'vitest';
import { Pauses } from '../src/buckets/pauses.ts';
import { parsePause } from '../src/fleet/pause-message.ts';

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
  for (let forged = 0; forged < 12_000; forged++) all.beginForFleet(`forged ${forged}`, { owner: 'x' }, 60_000, 'x');
  expect(all.gatesOf([{ owner }]).map(({ pausedMs }) => pausedMs)).toEqual([1000]);
  expect(all.all().length).toBeLessThanOrEqual(1001);
});

test('they remove none even if this process has seen nearly as many as are kept', () => {
  const all = pauses();
  const by = { context: {} as never, status: 429 };
  for (let own = 0; own < 9_900; own++)
    all.begin({ scope: { owner: `https://${own}.example.com` }, ms: 1000, source: 'Retry-After', isRefusal: true }, by);
  for (let told = 0; told < 200; told++) all.beginForFleet(`told ${told}`, { owner: 'x' }, 60_000, 'x');
  expect(all.all()).toHaveLength(10_100);
});

test('a message that is longer than any of a fleet’s is not read', () => {
  const told = { from: 'a', digest: '0'.repeat(32), pauseMs: 1 };
  expect(parsePause(JSON.stringify(told))).toMatchObject({ pauseMs: 1 });
  expect(parsePause(JSON.stringify({ ...told, owner: 'x'.repeat(10_000) }))).toBeUndefined();
});

test.each<[string, object]>([
  ['from', { from: 5 }],
  ['from', { from: undefined }],
  ['digest', { digest: 'A'.repeat(32) }],
  ['digest', { digest: '0'.repeat(31) }],
  ['digest', { digest: ['0'.repeat(32)] }],
  ['pauseMs', { pauseMs: '5' }],
  ['pauseMs', { pauseMs: -1 }],
  ['pauseMs', { pauseMs: null }],
  ['pauseMs', { pauseMs: [5] }],
])('a message with a forged %s is ignored: %j', (_, forged) => {
  const told = { from: 'a', digest: '0'.repeat(32), pauseMs: 1 };
  expect(parsePause(JSON.stringify({ ...told, ...forged }))).toBeUndefined();
});

test('what a message shows is bounded, holds no secret, and controls no terminal', () => {
  const shown = 'https://api.example.com\u001b[2J\u202e?token=secret-of-mine';
  const told = { from: 'a', digest: '0'.repeat(32), pauseMs: 1e300, owner: shown, bucket: shown, source: shown };
  const { pauseMs, ...texts } = parsePause(JSON.stringify(told)) as Required<
    NonNullable<ReturnType<typeof parsePause>>
  >;
  expect(pauseMs).toBe(60_000);
  for (const text of [texts.owner, texts.bucket, texts.source]) {
    expect(text).toContain('https://api.example.com');
    expect(text).not.toMatch(/[\p{Cc}\u202e]|secret-of-mine/u);
  }
  const others = parsePause(JSON.stringify({ ...told, owner: {}, bucket: ['x'], source: 5 }));
  expect(others).toEqual({ ...others, owner: '(a key of another process)', source: 'another process' });
  expect(others).not.toHaveProperty('bucket');
});
