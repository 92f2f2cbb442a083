import { describe, expect, test } from 'vitest';
import { type BeginOptions, type Begun, busy, origin, type Scene, scene, sent } from './support/scene.ts';

const cost = ({ headers }: Request): number => Number(headers.get('x-cost'));
/** A request of this cost, from one sender. */
const of = (amount: number, user = 'ann'): BeginOptions => ({
  headers: { 'x-cost': String(amount), authorization: `Bearer ${user}` },
});
const told = (limit: number, remaining: number, reset: string): Response =>
  Response.json(
    {},
    {
      headers: {
        'x-ratelimit-limit-tokens': String(limit),
        'x-ratelimit-remaining-tokens': String(remaining),
        'x-ratelimit-reset-tokens': reset,
      },
    },
  );
const learned = { unit: 'tokens', learn: true, cost } as const;
const oneAtATime = (): Scene => scene([{ maxConcurrent: 1 }, learned]);

async function end(all: Scene, call: Begun, answer: Response): Promise<void> {
  await call.answer(answer);
  await call.response?.text();
  await all.clock.advance(0);
}

describe('calls that wait for a permit of another limit', () => {
  test('keep to the quota that an answer reports meanwhile, and then go at its pace', async () => {
    const all = oneAtATime();
    const calls = await all.beginAll(20, of(10));
    await end(all, calls[0] as Begun, told(50, 40, '60s'));
    await end(all, calls[1] as Begun, told(50, 30, '60s'));
    expect(sent(calls)).toBe(2);
    expect(all.limiter.snapshot()[0]).toMatchObject({ running: 0, queued: 18 });
    await all.clock.advance(16_000);
    expect(calls.map(({ sentAt }) => sentAt).slice(2, 4)).toEqual([15_000, undefined]);
    const other = await all.begin(of(10, 'bob'));
    await end(all, calls[2] as Begun, told(50, 0, '10s'));
    expect(other.sentAt).toBe(16_000);
    await end(all, other, Response.json({}));
    await all.clock.advance(9_000);
    expect(sent(calls)).toBe(3);
    await all.clock.advance(1_000);
    expect(calls[3]?.sentAt).toBe(26_000);
    for (const call of calls) await call.abort();
    expect(all.clock.pending).toBe(0);
  });

  test('take another share after each answer, and those that fit in it stay in the line', async () => {
    const all = oneAtATime();
    const first = await all.begin(of(10));
    const line = [await all.begin(of(10)), await all.begin(of(10, 'bob')), await all.begin(of(10))];
    await end(all, first, told(1000, 1000, '10s'));
    expect(line.map(({ sentAt }) => sentAt)).toEqual([0, undefined, undefined]);
    await all.clock.advance(100);
    await end(all, line[0] as Begun, told(1000, 980, '10s'));
    expect(line.map(({ sentAt }) => sentAt)).toEqual([0, 100, undefined]);
    await end(all, line[1] as Begun, Response.json({}));
    expect(line[2]?.sentAt).toBe(100);
  });

  test('are one after the other where another limit lets several go at once', async () => {
    const all = scene([{ unit: 'credits', amount: 20, perMs: 1000, cost }, learned]);
    const calls = await all.beginAll(5, of(10));
    await end(all, calls[0] as Begun, told(50, 40, '60s'));
    await all.clock.advance(1000);
    expect(calls.map(({ sentAt }) => sentAt)).toEqual([0, 0, 1000, undefined, undefined]);
  });

  test('do not go with the share of an earlier report', async () => {
    const all = oneAtATime();
    await end(all, await all.begin(of(10)), told(1000, 1000, '60s'));
    const holder = await all.begin(of(10));
    await all.clock.advance(1000);
    const first = await all.begin(of(10));
    await all.clock.advance(1000);
    const second = await all.begin(of(10));
    await end(all, holder, told(1000, 20, '60s'));
    expect(first.sentAt).toBe(2000);
    await end(all, first, Response.json({}));
    await all.clock.advance(60_000);
    expect(second.sentAt).toBe(32_000);
  });

  test('are not delayed by their own share of an earlier report', async () => {
    const all = oneAtATime();
    await end(all, await all.begin(of(10)), told(1000, 1000, '60s'));
    const holder = await all.begin(of(10));
    await all.clock.advance(1000);
    const large = await all.begin(of(900));
    await end(all, holder, told(1000, 1000, '60s'));
    expect(large.sentAt).toBe(1000);
  });

  test('give their share back if they give up', async () => {
    const all = oneAtATime();
    await end(all, await all.begin(of(10)), told(1000, 1000, '60s'));
    const holder = await all.begin(of(10));
    await all.clock.advance(1000);
    const large = await all.begin(of(900));
    const next = await all.begin(of(10));
    await large.abort();
    await end(all, holder, Response.json({}));
    expect(next.sentAt).toBe(1000);
    await end(all, next, Response.json({}));
    const last = await all.begin(of(10));
    await all.clock.advance(1000);
    expect(last.sentAt).toBeLessThanOrEqual(2000);
  });

  test('give their share back if a pause begins', async () => {
    const all = oneAtATime();
    await end(all, await all.begin(of(10)), told(1000, 1000, '60s'));
    const holder = await all.begin(of(10));
    await all.clock.advance(1000);
    await all.begin(of(900));
    const elsewhere = await all.begin({ ...of(10), url: `${origin}/others` });
    await end(all, holder, busy(30));
    expect(elsewhere.sentAt).toBe(1000);
  });

  test('give their share back if they give up as they get their permit, at whatever moment', async () => {
    for (let moment = 0; moment < 40; moment++) {
      const all = oneAtATime();
      await end(all, await all.begin(of(10)), told(1000, 1000, '60s'));
      const holder = await all.begin(of(10));
      await all.clock.advance(1000);
      const large = await all.begin(of(900));
      void holder.answer(new Response());
      for (let turn = 0; turn < moment; turn++) await Promise.resolve();
      void large.abort();
      await all.clock.advance(0);
      const next = await all.begin(of(10));
      expect([moment, next.sentAt]).toEqual([moment, large.sentAt === undefined ? 1000 : undefined]);
    }
  });
});

test('calls of one sender go in the order in which they came, whatever the answers report meanwhile', async () => {
  const all = oneAtATime();
  await end(all, await all.begin(of(1)), told(1000, 1000, '40s'));
  const calls = await all.beginAll(6, of(1));
  for (let at = 0; at < 30; at++) {
    calls.push(await all.begin(of(1)));
    for (const call of calls) {
      if (call.sentAt !== undefined && call.end === undefined) await end(all, call, told(1000, 1000 - at, '40s'));
    }
    await all.clock.advance(50);
  }
  await all.clock.advance(40_000);
  for (const call of calls) {
    await all.clock.advance(1_000);
    if (call.end === undefined) await end(all, call, Response.json({}));
  }
  const starts = calls.map(({ sentAt }) => sentAt as number);
  expect(starts).toEqual([...starts].sort((a, b) => a - b));
});

test('a call does not overtake those of its sender that wait for their share', async () => {
  const all = scene([learned]);
  await end(all, await all.begin(of(10)), told(100, 50, '10s'));
  const [first, second] = await all.beginAll(2, of(10));
  expect([first?.sentAt, second?.sentAt]).toEqual([0, undefined]);
  await all.clock.advance(1_999);
  const third = await all.begin(of(10));
  await all.clock.advance(1);
  expect([second?.sentAt, third.sentAt]).toEqual([2_000, undefined]);
  expect(all.log.lines.filter((line) => line.startsWith('permit.queued'))).toHaveLength(2);
  await all.clock.advance(2_000);
  expect(third.sentAt).toBe(4_000);
});

test('an answer that reports more ends the wait that an earlier one has caused', async () => {
  const all = scene([learned]);
  const [first, slow] = await all.beginAll(2, of(10));
  await end(all, first as Begun, told(1000, 10, '60s'));
  const [, waiting] = await all.beginAll(2, of(10));
  expect(waiting?.sentAt).toBeUndefined();
  await all.clock.advance(1_000);
  await end(all, slow as Begun, told(1000, 900, '59s'));
  expect(waiting?.sentAt).toBe(1_000);
});

describe('a sender whose share is not there yet', () => {
  test('is forgotten with its limiter only when the report no longer holds', async () => {
    const all = scene(learned);
    await end(all, await all.begin(of(10)), told(50, 0, '5h'));
    await all.clock.advance(4 * 3_600_000);
    // Calls of other keys arrive, so that the limiters of idle keys are removed.
    for (let n = 0; n < 3; n++) await end(all, await all.begin({ url: `https://n${n}.example.com/` }), new Response());
    const call = await all.begin(of(10));
    expect(call.sentAt).toBeUndefined();
    await call.abort();
  });

  test('is no matter of a queue while the pace allows the next call', async () => {
    const all = scene({ ...learned, maxQueue: 0 });
    await end(all, await all.begin(of(10)), told(1000, 1000, '60s'));
    expect((await all.begin(of(10))).sentAt).toBe(0);
    expect((await all.begin(of(10))).end).toBe('QUEUE_FULL');
  });

  test('goes as soon as an answer reports more', async () => {
    const all = scene(learned);
    const late = await all.begin(of(10));
    await end(all, await all.begin(of(10)), told(50, 10, '60s'));
    const calls = await all.beginAll(2, of(10));
    expect(sent(calls)).toBe(1);
    await all.clock.advance(1000);
    await end(all, late, told(50, 50, '0s'));
    expect(calls[1]?.sentAt).toBe(1000);
  });

  test('keeps no place behind a pause while it waits', async () => {
    const all = scene(learned);
    const [first, second] = await all.beginAll(2, of(10));
    await end(all, first as Begun, told(50, 10, '10s'));
    const calls = await all.beginAll(2, of(10));
    expect(sent(calls)).toBe(1);
    await second?.answer(busy(30));
    await all.clock.advance(10_000);
    expect(sent(calls)).toBe(1);
    await all.clock.advance(20_000);
    expect(calls[1]?.sentAt).toBe(30_000);
  });

  test('goes one at a time after a pause that has come and gone meanwhile', async () => {
    const all = scene(learned);
    const late = await all.begin(of(10));
    await end(all, await all.begin(of(10)), told(1000, 1000, '51s'));
    await all.begin({ ...of(100), url: `${origin}/others` });
    const waiting = await all.begin(of(10));
    await late.answer(busy(5));
    await all.clock.advance(5000);
    const probe = await all.begin(of(0));
    await all.clock.advance(5000);
    expect([probe.sentAt, waiting.sentAt]).toEqual([5000, 5250]);
  });

  test('keeps no other call from going after a pause', async () => {
    const all = scene(learned);
    const late = await all.begin(of(10));
    await end(all, await all.begin(of(10)), told(1000, 1000, '100s'));
    await late.answer(busy(5));
    const first = await all.begin(of(10));
    await all.begin({ ...of(100), url: `${origin}/others` });
    await all.clock.advance(5000);
    expect(first.sentAt).toBeUndefined();
    const free = await all.begin(of(0));
    expect(free.sentAt).toBe(5000);
  });

  test('takes another share after a pause, behind a call that the pause did not concern', async () => {
    const all = scene(learned);
    const late = await all.begin(of(10));
    await end(all, await all.begin(of(10)), told(1000, 1000, '100s'));
    await all.begin({ ...of(100), url: `${origin}/others` });
    const waiting = await all.begin(of(10));
    await late.answer(busy(30));
    await all.clock.advance(20_000);
    const other = await all.begin({ ...of(450), url: `${origin}/others` });
    expect(other.sentAt).toBe(20_000);
    await all.clock.advance(30_000);
    expect(waiting.sentAt).toBeUndefined();
    await all.clock.advance(20_000);
    expect(waiting.sentAt).toBeGreaterThan(50_000);
  });
});

describe('an attempt that was never sent', () => {
  const broken = (code: string): Error =>
    new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });

  test.each([
    ['ECONNREFUSED', 0],
    ['ECONNRESET', 5_000],
  ])('gives its share back, and one that was sent does not: %s', async (code, sentAt) => {
    const all = scene(learned);
    await end(all, await all.begin(of(10)), told(100, 100, '10s'));
    const call = await all.begin(of(50));
    const waiting = await all.begin(of(10));
    expect([call.sentAt, waiting.sentAt]).toEqual([0, undefined]);
    await call.answer(broken(code));
    await all.clock.advance(5_000);
    expect(waiting.sentAt).toBe(sentAt);
    expect(all.clock.pending).toBe(0);
  });

  test('has no share left after another answer reported what is left', async () => {
    const all = scene(learned);
    const [first, second] = [await all.begin(of(10)), await all.begin(of(10))];
    await end(all, first, told(100, 100, '10s'));
    const call = await all.begin(of(50));
    await end(all, second, told(100, 10, '10s'));
    await call.answer(broken('ECONNREFUSED'));
    const next = [await all.begin(of(5)), await all.begin(of(5))];
    await all.clock.advance(10_000);
    expect(next.map(({ sentAt }) => sentAt)).toEqual([5_000, 7_500]);
  });
});

test('a share that is given back gives no time away that belongs to a call that was sent', async () => {
  const all = oneAtATime();
  await end(all, await all.begin(of(10)), told(1000, 1000, '10s'));
  const holder = await all.begin(of(10));
  await all.clock.advance(100);
  const first = await all.begin(of(100));
  const second = await all.begin({ ...of(100), priority: 'high' });
  await all.clock.advance(1000);
  await holder.answer(new Response());
  expect([first.sentAt, second.sentAt]).toEqual([undefined, 1100]);
  await first.abort();
  await second.answer(new Response());
  const next = await all.begin(of(10));
  await all.clock.advance(5000);
  expect(next.sentAt).toBe(2100);
});
