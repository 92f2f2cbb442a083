import type { CostError } from '@holdfast/core';
import { rateLimiter } from '@holdfast/rate-limiter';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type BeginOptions, type Begun, type Scene, scene } from './support/scene.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

const perMs = 60_000;
/** A request of this cost. */
const of = (cost: number | string): BeginOptions => ({ headers: { 'x-cost': String(cost) } });
const cost = ({ headers }: Request): number => Number(headers.get('x-cost'));
const tokens = { unit: 'tokens', amount: 100, perMs, cost };
const json = (value: unknown, headers = {}): Response => Response.json(value, { headers });
const stream = (type: string, ...pieces: string[]): Response =>
  new Response(pieces.join(''), { headers: { 'content-type': type } });

const unitsOf = ({ limiter }: Scene) => limiter.snapshot()[0]?.units;
const used = (all: Scene, usedNow: number, reserved = 0): void =>
  expect(unitsOf(all)).toEqual([{ unit: 'tokens', amount: 100, used: usedNow, reserved }]);

/** Makes a call that is answered. */
async function answered(all: Scene, costs: number, answer: Response = json({})): Promise<Begun> {
  const call = await all.begin(of(costs));
  await call.answer(answer);
  return call;
}

describe('a limit in a unit', () => {
  test('limits the units in any window, a charge counts from its start, and 0 is free', async () => {
    const all = scene(tokens);
    await answered(all, 60);
    await all.clock.advance(10_000);
    await answered(all, 40);
    const [third, free] = [await all.begin(of(50)), await all.begin(of(0))];
    expect([third.sentAt, free.sentAt]).toEqual([undefined, undefined]);
    await all.clock.advance(49_999);
    expect(third.sentAt).toBeUndefined();
    await all.clock.advance(1);
    expect([third.sentAt, free.sentAt]).toEqual([60_000, 60_000]);
    await all.clock.advance(perMs);
    used(all, 0);
    expect(all.clock.pending).toBe(0);
    const full = scene(tokens);
    await answered(full, 100);
    expect((await full.begin(of(0))).sentAt).toBe(0);
  });

  test('is first come, first served: a large call is not overtaken, a high priority goes first', async () => {
    const all = scene(tokens);
    await answered(all, 60);
    const large = await all.begin(of(80));
    const small = await all.beginAll(3, of(10));
    const high = await all.begin({ ...of(10), priority: 'high' });
    expect([large.sentAt, ...small.map(({ sentAt }) => sentAt), high.sentAt]).toEqual([...Array(4).fill(undefined), 0]);
    await all.clock.advance(60_000);
    expect([large.sentAt, ...small.map(({ sentAt }) => sentAt)]).toEqual([60_000, 60_000, 60_000, undefined]);
  });

  test('reports that a call waits if the first in the line lacks units, although it would fit itself', async () => {
    const all = scene([{ requests: 100, perMs }, tokens]);
    await answered(all, 60);
    await all.beginAll(1, of(80));
    await all.beginAll(1, of(10));
    expect(all.log.lines.filter((line) => line.startsWith('permit.queued'))).toHaveLength(2);
  });

  test('refuses a cost above the amount at once, and names unit, cost and amount', async () => {
    const all = scene(tokens);
    await answered(all, 100);
    const call = await all.begin(of(101));
    expect(call.end).toBe('COST_TOO_HIGH');
    const error = call.error as CostError;
    expect(error).toMatchObject({ unit: 'tokens', cost: 101, amount: 100, applied: 'no' });
    expect(error.message).toMatch(/costs more tokens than its limit ever grants: 101 of 100; /);
    expect(call.sentAt).toBeUndefined();
    expect(all.log.lines.at(-1)).toBe('call.rejected 1: COST_TOO_HIGH');
  });

  test.each([Number.NaN, -1, Number.POSITIVE_INFINITY, '5', undefined, null, {}])(
    'fails a call whose cost is %j before anything is sent',
    async (given) => {
      const all = scene({ ...tokens, cost: async () => given as number });
      const call = await all.begin();
      expect(String(call.end)).toMatch(/^rateLimit\.cost\(\) must return a number of at least 0, got /);
      expect(call.sentAt).toBeUndefined();
      expect(unitsOf(all)).toMatchObject([{ used: 0, reserved: 0 }]);
    },
  );

  test('rejects with the error of a cost function, which may read the body', async () => {
    const reason = new Error('no price');
    const all = scene({ ...tokens, cost: () => Promise.reject(reason) });
    expect((await all.begin()).error).toBe(reason);
    const reading = scene({ ...tokens, cost: async (request) => Number(await request.text()) });
    const call = await reading.begin({ method: 'POST', body: '30' });
    expect(call.sentAt).toBe(0);
    used(reading, 0, 30);
  });

  test('applies together with other limits, and each of a list has its own', async () => {
    const all = scene([{ requests: 2, perMs }, tokens, { ...tokens, unit: 'images', amount: 1, cost: () => 1 }]);
    const calls = await all.beginAll(2, of(10));
    expect(calls.map(({ sentAt }) => sentAt)).toEqual([0, undefined]);
    expect(unitsOf(all)?.map(({ unit, reserved }) => [unit, reserved])).toEqual([
      ['tokens', 10],
      ['images', 1],
    ]);
  });
});

test('fractions leave no remainder, with which a call that costs the whole amount would never go', async () => {
  const all = scene({ ...tokens, amount: 1, perMs: 1000 });
  for (const part of [0.06, 0.47, 0.15]) await answered(all, part);
  await all.clock.advance(1000);
  expect(unitsOf(all)).toEqual([{ unit: 'tokens', amount: 1, used: 0, reserved: 0 }]);
  expect((await all.begin(of(1))).sentAt).toBe(1000);
});

describe('no call starves, whatever its size', () => {
  test('a large one is not overtaken on Cloudflare Workers, where each call looks by itself', async () => {
    vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' });
    const all = scene({ ...tokens, perMs: 1000 });
    await answered(all, 60);
    const [large, small] = [await all.begin(of(80)), await all.begin(of(10))];
    await all.clock.advance(900);
    expect([large.sentAt, small.sentAt]).toEqual([undefined, undefined]);
    await all.clock.advance(500);
    expect(large.sentAt).toBeLessThan(1300);
    expect(small.sentAt).toBeGreaterThanOrEqual(large.sentAt as number);
  });

  test('a large one goes in its turn, though small ones keep coming', async () => {
    const all = scene({ ...tokens, perMs: 1000 });
    await answered(all, 100);
    const large = await all.begin(of(100));
    for (let second = 0; second < 3; second++) {
      await all.beginAll(5, of(20));
      await all.clock.advance(1000);
    }
    expect(large.sentAt).toBe(1000);
  });

  test('a small one goes in its turn, though large ones keep coming', async () => {
    const all = scene({ ...tokens, perMs: 1000 });
    await answered(all, 100);
    await all.begin(of(100));
    const small = await all.begin(of(1));
    for (let second = 0; second < 3; second++) {
      await all.begin(of(100));
      await all.clock.advance(1000);
    }
    expect(small.sentAt).toBe(2000);
  });
});

describe('a reservation', () => {
  test.each<[string, (call: Begun) => Promise<void>, number]>([
    ['is given back where the connection was refused', (call) => call.answer(refused()), 0],
    ['stands where the connection broke', (call) => call.answer(reset()), 60],
    ['stands where the caller has given up after it was sent', (call) => call.abort(), 60],
    ['stands where the answer is an error', (call) => call.answer(json({ usage: { total: 1 } }, {})), 60],
  ])('%s', async (_name, end, charged) => {
    const all = scene(tokens);
    const call = await all.begin(of(60));
    used(all, 0, 60);
    await end(call);
    used(all, charged);
  });

  test('of an answer whose body is never read stands for its window, and no longer', async () => {
    const all = scene({ ...tokens, usage: 'usage.total' });
    const call = await all.begin(of(60));
    await call.answer(json({ usage: { total: 5 } }));
    used(all, 0, 60);
    await all.clock.advance(perMs);
    used(all, 0);
    expect(all.clock.pending).toBe(0);
  });

  test('is not made for a call that gives up in the line', async () => {
    const all = scene(tokens);
    await answered(all, 100);
    const call = await all.begin(of(50));
    await call.abort();
    used(all, 100);
    expect(all.clock.pending).toBe(0);
  });

  test('is made for the next in the line as soon as a larger one ahead of it has given up', async () => {
    const all = scene(tokens);
    await answered(all, 60);
    const large = await all.begin(of(80));
    const small = await all.begin(of(10));
    await large.abort();
    expect([large.sentAt, small.sentAt]).toEqual([undefined, 0]);
  });

  test('is given back by a call whose caller gives up as it is let go, at whatever moment', async () => {
    for (let moment = 0; moment < 40; moment++) {
      const all = scene({ ...tokens, maxConcurrent: 1 });
      const running = await all.begin(of(10));
      const waiting = await all.begin(of(50));
      void running.answer();
      for (let turn = 0; turn < moment; turn++) await Promise.resolve();
      void waiting.abort();
      await all.clock.advance(100);
      const counted = waiting.sentAt === undefined ? 10 : 60;
      expect([moment, unitsOf(all)]).toMatchObject([moment, [{ reserved: 0, used: counted }]]);
      expect(all.limiter.snapshot()[0]?.running).toBe(0);
    }
  });

  test('is charged for each attempt that was sent', async () => {
    const all = scene(tokens);
    await answered(all, 50, new Response(null, { status: 500 }));
    await answered(all, 50, new Response(null, { status: 500 }));
    used(all, 100);
    expect((await all.begin(of(1))).sentAt).toBeUndefined();
  });
});

describe('usage', () => {
  const withUsage = { ...tokens, usage: 'usage.total_tokens' };
  const body = (total: unknown): Response => json({ usage: { total_tokens: total } });

  test('settles the reservation down when the body has been read, and lets waiting calls go', async () => {
    const all = scene(withUsage);
    const call = await all.begin(of(80));
    await call.answer(body(30));
    const waiting = await all.begin(of(60));
    used(all, 0, 80);
    expect(await call.response?.json()).toEqual({ usage: { total_tokens: 30 } });
    await all.clock.advance(0);
    expect(waiting.sentAt).toBe(0);
    used(all, 30, 60);
  });

  test('settles it up, and later calls wait longer', async () => {
    const all = scene(withUsage);
    const call = await answered(all, 10, body(150));
    await call.response?.text();
    await all.clock.advance(0);
    used(all, 150);
    expect((await all.begin(of(1))).sentAt).toBeUndefined();
    await all.clock.advance(perMs);
    used(all, 0, 1);
  });

  test('may be given alone, without a cost', async () => {
    const all = scene({ unit: 'tokens', amount: 100, perMs, usage: 'usage.total_tokens' });
    const call = await answered(all, 0, body(70));
    await call.response?.text();
    await all.clock.advance(0);
    used(all, 70);
  });

  test.each<[string, Response, number]>([
    ['missing', json({}), 40],
    ['negative', body(-1), 40],
    ['no number', body('12'), 40],
    ['in no JSON', new Response('<html>'), 40],
    ['in an empty body', new Response(''), 40],
    ['of an error status', Response.json({ usage: { total_tokens: 7 } }, { status: 400 }), 40],
    ['zero', body(0), 0],
    [
      'in the last event of a stream',
      stream(
        'text/event-stream',
        'data: {"delta":"a"}\n\n',
        'data: {"usage":{"total_tokens":7}}\n\n',
        'data: [DONE]\n\n',
      ),
      7,
    ],
    [
      'in an event before one that closes the stream, with CRLF and several lines',
      stream(
        'text/event-stream',
        'data: {"usage":\r\ndata: {"total_tokens":7}}\r\n\r\n',
        'data: {"type":"stop"}\r\n\r\n',
      ),
      7,
    ],
    [
      'in the last event, without a blank line after it',
      stream('text/event-stream', 'data: {"usage":{"total_tokens":7}}'),
      7,
    ],
    ['in the last of several lines', stream('application/x-ndjson', '{"a":1}\n{"usage":{"total_tokens":8}}\n'), 8],
  ])('that is %s', async (_name, answer, charged) => {
    const all = scene(withUsage);
    const call = await answered(all, 40, answer);
    await call.response?.text();
    await all.clock.advance(0);
    used(all, charged);
  });

  test.each([
    ['[DONE]', 7],
    ['{"type":"stop"}', 40],
  ])('of a stream that is left at its last event %s is charged with %i', async (last, charged) => {
    const all = scene(withUsage);
    const pieces = ['data: {"usage":{"total_tokens":7}}\n\n', `data: ${last}\n\n`];
    const body = new ReadableStream({
      start: (controller) => {
        for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      },
    });
    const call = await answered(all, 40, new Response(body, { headers: { 'content-type': 'text/event-stream' } }));
    const reader = call.response?.body?.getReader();
    for (const _ of pieces) await reader?.read();
    await reader?.cancel();
    await all.clock.advance(0);
    used(all, charged);
  });

  test('of a stream that was abandoned, or broke, is not known: the reservation stands', async () => {
    const all = scene(withUsage);
    const pieces = 'data: {"usage":{"total_tokens":7}}\n\n';
    const call = await answered(all, 40, stream('text/event-stream', pieces, pieces));
    await call.response?.body?.cancel();
    const broken = new ReadableStream({ start: (controller) => controller.error(new Error('reset')) });
    const other = await answered(all, 10, new Response(broken));
    await expect(other.response?.text()).rejects.toThrow('reset');
    await all.clock.advance(0);
    used(all, 50);
  });

  test('may be a function; one that throws, or gives nonsense, leaves the reservation as it is', async () => {
    const all = scene({
      ...tokens,
      usage: (value, response) => {
        const { n } = value as { n: number };
        if (n < 0) throw new Error('what is that');
        return n + Number(response.headers.get('x-more'));
      },
    });
    for (const answer of [json({ n: 5 }, { 'x-more': '3' }), json({ n: -1 }), json({ n: 'much' })]) {
      await (await answered(all, 20, answer)).response?.text();
    }
    await all.clock.advance(0);
    used(all, 48);
  });

  test('may not take its time: a function that gives a promise leaves the reservation, and its failure ends nothing', async () => {
    const all = scene({ ...tokens, usage: (async () => Promise.reject(new Error('too late'))) as never });
    await (await answered(all, 20)).response?.text();
    await all.clock.advance(0);
    used(all, 20);
  });
});

describe('learn', () => {
  const told = (limit: number, remaining: number, reset: string): Response =>
    json(
      {},
      {
        'x-ratelimit-limit-tokens': String(limit),
        'x-ratelimit-remaining-tokens': String(remaining),
        'x-ratelimit-reset-tokens': reset,
      },
    );

  test('takes the amount from the server, and spreads what is left over the time left', async () => {
    const all = scene({ unit: 'tokens', learn: true, cost });
    await answered(all, 10, told(1000, 100, '10s'));
    expect(unitsOf(all)).toEqual([{ unit: 'tokens', amount: 1000, used: 0, reserved: 0 }]);
    const calls = await all.beginAll(3, of(25));
    expect(calls.map(({ sentAt }) => sentAt)).toEqual([0, undefined, undefined]);
    await all.clock.advance(10_000);
    expect(calls.map(({ sentAt }) => sentAt)).toEqual([0, 2500, 5000]);
    expect((await all.begin(of(1001))).end).toBe('COST_TOO_HIGH');
  });

  test('waits for the end of the window where nothing is left, and the lower of both amounts holds', async () => {
    const all = scene({ ...tokens, learn: true });
    await answered(all, 10, told(50, 0, '5s'));
    const call = await all.begin(of(10));
    expect((await all.begin(of(60))).end).toBe('COST_TOO_HIGH');
    await all.clock.advance(5000);
    expect(call.sentAt).toBe(5000);
  });

  const as = (user: string, amount: number): BeginOptions => {
    const { headers } = of(amount);
    return { headers: { ...headers, authorization: `Bearer ${user}` } };
  };

  test('concerns the sender whose answer reported it, and no other one', async () => {
    const all = scene([
      { requests: 100, perMs },
      { unit: 'tokens', learn: true, cost },
    ]);
    const first = await all.begin(as('ann', 10));
    await first.answer(told(50, 10, '60s'));
    const waiting = [await all.begin(as('ann', 10)), await all.begin(as('ann', 10)), await all.begin(as('ann', 10))];
    expect(waiting.map(({ sentAt }) => sentAt)).toEqual([0, undefined, undefined]);
    expect(all.limiter.snapshot()[0]?.queued).toBe(2);
    const others = [await all.begin(as('bob', 10)), await all.begin(as('cas', 5000)), await all.begin(of(10))];
    expect(others.map(({ sentAt }) => sentAt)).toEqual([0, 0, 0]);
    await waiting[1]?.abort();
    expect((await all.begin(as('ann', 60))).end).toBe('COST_TOO_HIGH');
    await all.clock.advance(60_000);
    expect(waiting.map(({ sentAt }) => sentAt)).toEqual([0, undefined, 60_000]);
    expect(all.clock.pending).toBe(0);
  });

  test('keeps no call in the line of a limit that holds for all', async () => {
    const all = scene([{ maxConcurrent: 1 }, { unit: 'tokens', learn: true, cost }]);
    const first = await all.begin(as('ann', 10));
    await first.answer(told(50, 10, '60s'));
    await first.response?.text();
    const ann = [await all.begin(as('ann', 10)), await all.begin(as('ann', 10))];
    const bob = await all.begin(as('bob', 10));
    expect([ann[0]?.sentAt, bob.sentAt]).toEqual([0, undefined]);
    await ann[0]?.answer();
    expect(bob.sentAt).toBe(0);
  });

  test('concerns all senders of a key that is given', async () => {
    const all = scene({ unit: 'tokens', learn: true, cost, key: () => 'all' });
    await (await all.begin(as('ann', 10))).answer(told(50, 10, '60s'));
    const calls = [await all.begin(as('bob', 10)), await all.begin(as('cas', 10))];
    expect(calls.map(({ sentAt }) => sentAt)).toEqual([0, undefined]);
  });

  test('has a queue and a time like those of any limit, and ends with the limiter', async () => {
    const all = scene({ unit: 'tokens', learn: true, cost, maxQueue: 1, maxQueueMs: 1000 });
    await (await all.begin(as('ann', 10))).answer(told(50, 10, '60s'));
    await all.begin(as('ann', 10));
    const waiting = await all.begin(as('ann', 10));
    expect((await all.begin(as('ann', 10))).end).toBe('QUEUE_FULL');
    await all.clock.advance(1000);
    expect(waiting.end).toBe('QUEUE_TIMEOUT');
    const last = await all.begin(as('ann', 10));
    all.limiter.close();
    await all.clock.advance(0);
    expect(last.end).toBe('CLIENT_CLOSED');
    expect(all.clock.pending).toBe(0);
  });

  test('of another unit says nothing', async () => {
    const all = scene({ unit: 'images', learn: true, cost });
    await answered(all, 10, told(1000, 1, '10s'));
    const calls = await all.beginAll(2, of(25));
    expect(calls.map(({ sentAt }) => sentAt)).toEqual([0, 0]);
  });
});

test.each<[object, string]>([
  [{ unit: '', amount: 1, perMs: 1, cost }, 'rateLimit.unit must be a short name'],
  [{ amount: 1, perMs: 1 }, 'rateLimit.amount has no effect without unit'],
  [{ unit: 'tokens', amount: 1, perMs: 1 }, 'rateLimit.unit has no effect without cost'],
  [{ unit: 'tokens', amount: 1, cost }, 'rateLimit.unit needs perMs'],
  [{ unit: 'tokens', perMs: 1, cost }, 'rateLimit.unit needs amount'],
  [{ unit: 'tokens', amount: 0, perMs: 1, cost }, 'rateLimit.amount must be an integer ≥ 1'],
  [{ unit: 'tokens', amount: 1, perMs: 1, cost: 5 }, 'rateLimit.cost must be a function'],
  [{ unit: 'tokens', amount: 1, perMs: 1, cost, usage: 5 }, 'rateLimit.usage must be a path'],
  [{ unit: 'tokens', amount: 1, perMs: 1, cost, learn: 1 }, 'rateLimit.learn must be true or false'],
  [{ unit: 'tokens', amount: 1, perMs: 1, cost, requests: 5 }, 'rateLimit.requests and rateLimit.unit are two limits'],
])('the option %j is refused: %s', (options, message) => {
  expect(() => rateLimiter(options as never)).toThrow(message);
});

function refused(): Error {
  return new TypeError('fetch failed', { cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) });
}

function reset(): Error {
  return new TypeError('fetch failed', { cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }) });
}

test('a limiter stays while a call computes its cost, though its key is one too many', async () => {
  let computed: (cost: number) => void = () => {};
  const slow = new Promise<number>((resolve) => {
    computed = resolve;
  });
  const all = scene({
    ...{ unit: 'tokens', amount: 100, perMs: 60_000, maxKeys: 1, maxQueue: 0 },
    key: ({ url }: Request) => new URL(url).pathname,
    cost: ({ url }: Request) => (url.endsWith('slow') ? slow : 60),
  } as never);
  const first = await all.begin({ url: 'https://api.example.com/slow' });
  for (const path of ['a', 'b', 'c']) {
    await all.clock.advance(10_000);
    await all.begin({ url: `https://api.example.com/${path}` });
  }
  computed(60);
  await all.clock.advance(0);
  expect(first.sentAt).toBe(30_000);
  const second = await all.begin({ url: 'https://api.example.com/slow' });
  expect(second.end).toBe('QUEUE_FULL');
});
