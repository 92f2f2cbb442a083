import type { CallContext, QueueRejectedError } from '@holdfast/core';
import { ManualClock } from '@holdfast/core/testing';
import { describe, expect, test } from 'vitest';
import { Pauses } from '../src/buckets/pauses.ts';
import { type BeginOptions, busy, origin, type Scene, scene } from './support/scene.ts';

type Target = string | BeginOptions;

const told = (status: number, headers: Record<string, string>): Response => new Response(null, { status, headers });
/** A 429 with a wait, and with these further headers. */
const refused = (headers: Record<string, string> = {}): Response => told(429, { 'retry-after': '30', ...headers });
const usedUp = (headers: Record<string, string> = {}): Response =>
  told(200, { 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '30', ...headers });
const at = (target: Target): BeginOptions => (typeof target === 'string' ? { url: origin + target } : target);

/** The same answer after a redirect. */
function from(url: string, response: Response): Response {
  return Object.defineProperties(response, { url: { value: url }, redirected: { value: true } });
}

async function answered({ begin }: Scene, target: Target, response: Response): Promise<void> {
  await (await begin(at(target))).answer(response);
}

/** Whether a call has to wait. The call that checks is aborted. */
async function waits({ begin }: Scene, target: Target): Promise<boolean> {
  const call = await begin(at(target));
  const isWaiting = call.sentAt === undefined;
  await call.abort();
  return isWaiting;
}

describe('a quota that a success has used up', () => {
  test.each<[string, Target, boolean]>([
    ['the same path', '/orders/1', true],
    ['another id', '/orders/2?page=2', true],
    ['a UUID in its place', '/orders/0b6f3a52-6d4e-4c5b-9a3e-1f2d3c4b5a69', true],
    ['a long hexadecimal id', '/orders/507f1f77bcf86cd799439011', true],
    ['a word in its place', '/orders/latest', false],
    ['another path', '/search', false],
    ['another method', { url: `${origin}/orders/1`, method: 'DELETE' }, false],
    ['another user', { url: `${origin}/orders/1`, headers: { authorization: 'Bearer b' } }, false],
    ['another origin', { url: 'https://b.example/orders/1' }, false],
  ])('slows the same method and path pattern only: %s', async (_name, target, isConcerned) => {
    const all = scene();
    await answered(all, '/orders/1', usedUp());
    expect(await waits(all, target)).toBe(isConcerned);
  });

  test.each([
    ['limit 0, which means unlimited', { 'x-ratelimit-limit': '0' }],
    ['no time', { 'x-ratelimit-reset': '' }],
  ])('slows nothing with %s', async (_name, headers) => {
    const all = scene();
    await answered(all, '/orders', usedUp(headers));
    expect(await waits(all, '/orders')).toBe(false);
  });
});

describe('quotas under unusual names', () => {
  const unusual = (left: number): Record<string, string> => ({
    'acme-rate-limit-daily-limit': '100',
    'acme-rate-limit-daily-remaining': String(left),
    'acme-rate-limit-daily-reset': '30',
  });

  test('are read of successes, from the first answer on', async () => {
    const all = scene();
    await answered(all, '/a', told(200, unusual(9)));
    expect(all.limiter.quotas()).toMatchObject([{ bucket: 'daily', limit: 100, remaining: 9 }]);
    await answered(all, '/a', told(200, unusual(8)));
    await answered(all, '/a', told(200, unusual(0)));
    expect(all.limiter.quotas()).toMatchObject([{ bucket: 'daily', limit: 100, remaining: 0 }]);
    expect(await waits(all, '/a')).toBe(true);
    expect(await waits(all, '/b')).toBe(false);
  });

  test('are found even if the first answers do not have them', async () => {
    const all = scene();
    for (let count = 0; count < 3; count++) await answered(all, '/a', told(200, {}));
    for (let count = 0; count < 2; count++) await answered(all, '/a', told(200, unusual(9)));
    expect(all.limiter.quotas()).toHaveLength(1);
  });

  test('do not cost a scan of all names of each answer', async () => {
    const all = scene();
    let looks = 0;
    for (let count = 0; count < 64; count++) {
      const answer = told(200, {});
      const headers = Object.assign(answer.headers, {
        [Symbol.iterator]: () => {
          looks++;
          return Headers.prototype[Symbol.iterator].call(answer.headers);
        },
      });
      void headers;
      await answered(all, '/a', answer);
    }
    expect(looks).toBe(7);
  });

  test.each([
    ['x-page-limit', '20'],
    ['x-ratelimit-version', '2'],
    ['x-memory-limit', '512'],
  ])('are not read from a number that may mean something else: %s', async (name, value) => {
    const all = scene();
    await answered(all, '/a', told(200, { [name]: value }));
    expect(all.limiter.quotas()).toEqual([]);
  });

  test('that say what is counted name no bucket, and are distinguished', async () => {
    const all = scene();
    const headers = {
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-remaining-requests': '59',
      'x-ratelimit-limit-tokens': '1000',
      'x-ratelimit-remaining-tokens': '900',
    };
    await answered(all, '/a', told(200, headers));
    expect(all.limiter.quotas()).toEqual([
      { key: origin, limit: 60, remaining: 59 },
      { key: origin, counts: 'tokens', limit: 1000, remaining: 900 },
    ]);
  });
});

describe('a bucket that the server names', () => {
  test.each([
    ['x-ratelimit-resource', { 'x-ratelimit-resource': 'search' }],
    ['x-ratelimit-bucket', { 'x-ratelimit-bucket': 'search' }],
    ['x-ratelimit-name', { 'x-ratelimit-name': 'search' }],
    ['ratelimit-name', { 'ratelimit-name': 'search' }],
  ])('by %s is paused for all paths that are known to belong to it, and for no others', async (_name, headers) => {
    const all = scene();
    const left = { 'x-ratelimit-remaining': '9' };
    await answered(all, '/search/code', told(200, { ...left, ...headers }));
    await answered(all, '/users', told(200, { ...left, ...headers, [Object.keys(headers)[0] as string]: 'core' }));
    await answered(all, '/search/issues', usedUp(headers));
    expect(await waits(all, '/search/issues')).toBe(true);
    expect(await waits(all, '/search/code')).toBe(true);
    expect(await waits(all, '/users')).toBe(false);
    expect(await waits(all, { url: `${origin}/search/code`, headers: { 'x-api-key': 'b' } })).toBe(false);
    expect(all.limiter.quotas()).toContainEqual({
      ...{ key: origin, bucket: 'search', limit: 10, remaining: 0, resetAt: all.clock.wallNow() + 30_000 },
    });
  });

  test('by the draft with a partition is another one for each partition', async () => {
    const all = scene();
    const of = (partition: string, left: number): Record<string, string> => ({
      ratelimit: `"default";r=${left};t=30;pk=:${partition}:`,
    });
    await answered(all, '/a', told(200, of('YQ==', 5)));
    await answered(all, '/b', told(200, of('Yg==', 0)));
    expect(all.limiter.quotas().map(({ bucket, remaining }) => [bucket, remaining])).toEqual([
      ['default;pk=61', 5],
      ['default;pk=62', 0],
    ]);
    expect(await waits(all, '/a')).toBe(false);
    expect(await waits(all, '/b')).toBe(true);
  });

  test('by the draft is its policy and its partition, each for its own time', async () => {
    const all = scene();
    const known = { ratelimit: '"burst";r=3;t=1, "daily";r=99;t=3600' };
    await answered(all, '/a', told(200, known));
    await answered(all, '/b', told(200, { ratelimit: '"daily";r=99;t=3600' }));
    await answered(all, '/c', told(429, { ratelimit: '"burst";r=0;t=2, "daily";r=98;t=3600' }));
    expect(await waits(all, '/a')).toBe(true);
    expect(await waits(all, '/b')).toBe(false);
    await all.clock.advance(6_000);
    expect(await waits(all, '/a')).toBe(false);
    const other = scene();
    await answered(other, '/a', told(200, { ratelimit: '"p";r=3;t=9;pk=:YQ==:' }));
    await answered(other, '/b', told(200, { ratelimit: '"p";r=0;t=9;pk=:Yg==:' }));
    expect([await waits(other, '/a'), await waits(other, '/b')]).toEqual([false, true]);
  });

  test('is paused by a 429 as well, and other paths of the same sender are not refused with it', async () => {
    const all = scene();
    await answered(all, '/a', refused({ 'x-ratelimit-resource': 'one' }));
    await answered(all, '/b', refused({ 'x-ratelimit-resource': 'two' }));
    expect([await waits(all, '/a'), await waits(all, '/b'), await waits(all, '/c')]).toEqual([true, true, false]);
  });

  test('is named by the events, the snapshot and the error of the call that it holds up', async () => {
    const all = scene({ maxQueueMs: 5000 });
    await answered(all, '/a', refused({ 'x-ratelimit-resource': 'one' }));
    const { error } = (await all.begin(at('/a'))) as { error: unknown };
    expect(error).toMatchObject({ code: 'QUEUE_TIMEOUT', key: origin, bucket: 'one' });
    expect((error as QueueRejectedError).message).toContain(
      'a pause of another 30000 ms for bucket "one", longer than the 5000 ms that the call may wait',
    );
    expect(all.log.events[0]).toMatchObject({ type: 'limiter.paused', key: origin, bucket: 'one', status: 429 });
    const pausedUntil = all.clock.wallNow() + 30_000;
    expect(all.limiter.snapshot()).toContainEqual({ key: origin, bucket: 'one', running: 0, queued: 0, pausedUntil });
    const patient = scene();
    await answered(patient, '/a', refused({ 'x-ratelimit-resource': 'one' }));
    await patient.begin(at('/a'));
    expect(patient.log.events.at(-1)).toMatchObject({ type: 'permit.queued', because: 'paused', bucket: 'one' });
  });
});

describe('a refusal without a name', () => {
  test.each([
    ['429', 429],
    ['403', 403],
    ['418', 418],
  ])('by %s pauses the path pattern, and all of the sender once a second path is refused', async (_name, status) => {
    const all = scene();
    const others = { headers: { cookie: 'session=b' }, url: `${origin}/c` };
    const inFlight = await all.begin(at('/b/1'));
    await answered(all, '/a/1', busy(30, status));
    expect([await waits(all, '/a/2'), await waits(all, '/b/2'), await waits(all, '/c')]).toEqual([true, false, false]);
    await inFlight.answer(busy(30, status));
    expect([await waits(all, '/c'), await waits(all, others)]).toEqual([true, false]);
  });

  test('pauses for the time that it asks for, although its quota says that it is used up for longer', async () => {
    const all = scene();
    const quota = { 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '60' };
    await answered(all, '/orders', refused(quota));
    await all.clock.advance(29_000);
    expect(await waits(all, '/orders')).toBe(true);
    await all.clock.advance(1_000);
    expect(await waits(all, '/orders')).toBe(false);
  });

  test('of the same path again, or by another method, does not count as a second path', async () => {
    const all = scene();
    const calls = [await all.begin(at('/a/1')), await all.begin(at('/a/2'))];
    calls.push(await all.begin({ url: `${origin}/a/3`, method: 'POST' }));
    for (const call of calls) await call.answer(refused());
    expect(await waits(all, '/c')).toBe(false);
  });

  test('of another sender’s second path concerns neither', async () => {
    const all = scene();
    await answered(all, { url: `${origin}/a`, headers: { 'x-tenant': 'a' } }, refused());
    await answered(all, { url: `${origin}/b`, headers: { 'x-tenant': 'b' } }, refused());
    for (const tenant of ['a', 'b']) {
      expect(await waits(all, { url: `${origin}/c`, headers: { 'x-tenant': tenant } })).toBe(false);
    }
  });

  test.each([
    ['x-ratelimit-global', { 'x-ratelimit-global': 'true' }],
    ['x-ratelimit-scope', { 'x-ratelimit-scope': 'global', 'x-ratelimit-bucket': 'one' }],
  ])('that says by %s that it is global pauses all of the sender', async (_name, headers) => {
    const all = scene();
    await answered(all, '/a', refused(headers));
    expect(await waits(all, '/c')).toBe(true);
    expect(await waits(all, { url: `${origin}/a`, headers: { authorization: 'Bearer b' } })).toBe(false);
  });

  test('concerns the same credentials although each request has a new signature', async () => {
    const signed = (signature: string, by = 'AKIA1'): BeginOptions => ({
      url: `${origin}/a`,
      headers: {
        authorization: `AWS4-HMAC-SHA256 Credential=${by}/20261129/eu/s3/aws4_request, Signature=${signature}`,
        'x-amz-date': `2026112${signature.length}T000000Z`,
      },
    });
    const all = scene();
    await answered(all, signed('aa'), refused());
    expect([await waits(all, signed('bbb')), await waits(all, signed('bbb', 'AKIA2'))]).toEqual([true, false]);
  });
});

test('a 503 with a time pauses the origin for all senders', async () => {
  const all = scene();
  await answered(all, '/a', told(503, { 'retry-after': '30', 'x-ratelimit-resource': 'core' }));
  expect(await waits(all, { url: `${origin}/b`, method: 'POST', headers: { authorization: 'Bearer b' } })).toBe(true);
  expect(await waits(all, { url: 'https://b.example/a' })).toBe(false);
});

describe('an answer from another origin', () => {
  test.each([
    ['a 429', refused()],
    ['a 503', busy(30, 503)],
    ['a quota', usedUp()],
  ])('than the one asked pauses the one that answered: %s', async (_name, response) => {
    const all = scene();
    await answered(all, '/a', from('https://b.example/a', response));
    expect([await waits(all, '/a'), await waits(all, { url: 'https://b.example/a' })]).toEqual([false, true]);
  });

  test('does not pause a key that a function made', async () => {
    const all = scene({ key: () => 'one' });
    await answered(all, '/a', from('https://b.example/a', busy(30, 503)));
    expect(await waits(all, '/a')).toBe(false);
  });
});

test('rateLimit.key is the whole scope, where it is given', async () => {
  const all = scene({ key: ({ headers }) => headers.get('x-tenant') ?? 'none' });
  const of = (tenant: string, path: string): BeginOptions => ({ url: origin + path, headers: { 'x-tenant': tenant } });
  await answered(all, of('a', '/a'), usedUp({ 'x-ratelimit-resource': 'one' }));
  expect([await waits(all, of('a', '/b')), await waits(all, of('b', '/a'))]).toEqual([true, false]);
  const byOrigin = scene({ key: 'origin' });
  await answered(byOrigin, '/a', refused());
  expect(await waits(byOrigin, { url: `${origin}/b`, headers: { authorization: 'Bearer b' } })).toBe(true);
});

test('a key that holds a secret of the request is shown as a number', async () => {
  const all = scene({ maxConcurrent: 1, key: ({ headers }) => headers.get('authorization')?.slice(7) ?? 'none' });
  const target = { headers: { authorization: 'Bearer s3cr3t-t0ken' } };
  await answered(all, target, refused({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '9' }));
  await all.begin(target);
  const shown = JSON.stringify([all.log.events, all.limiter.snapshot(), all.limiter.quotas()]);
  expect(shown).toMatch(/"key \d+"/);
  expect(shown).not.toContain('s3cr3t');
});

test('senders share nothing: of more than 10,000 pauses the shortest remaining is removed, and no other key is paused', () => {
  const clock = new ManualClock();
  const pauses = new Pauses({
    ...{ clock, random: () => 0, began: () => undefined, resumed: () => undefined, digest: () => undefined },
    limitsOf: ({ owner: key }, queued) => ({ key, shownKey: key, clock, maxQueue: 1, maxQueueMs: 1, queued }),
  });
  const by = { context: {} as CallContext, status: 503 };
  const begin = (owner: string, ms: number): void =>
    pauses.begin({ scope: { owner }, ms, source: 'Retry-After', isRefusal: true }, by);
  begin('long', 50_000);
  begin('short', 20_000);
  begin('shorter', 1000);
  for (let index = 3; index < 10_000; index++) begin(`host ${index}`, 40_000);
  clock.advance(500);
  expect([pauses.has('shorter'), pauses.has('short')]).toEqual([true, true]);
  begin('one more', 40_000);
  expect([pauses.has('shorter'), pauses.has('short')]).toEqual([false, true]);
  begin('and one', 40_000);
  expect(['short', 'long', 'host 5000', 'and one'].map((key) => pauses.has(key))).toEqual([false, true, true, true]);
  expect(pauses.all()).toHaveLength(10_000);
});

test('a paused call does not delay other calls in the line', async () => {
  const all = scene({ maxConcurrent: 1 });
  const running = await all.begin(at('/a'));
  const paused = await all.begin(at('/a'));
  const other = await all.begin(at('/b'));
  await running.answer(refused());
  expect([paused.sentAt, other.sentAt]).toEqual([undefined, 0]);
  expect(all.limiter.snapshot()).toMatchObject([
    { running: 1, queued: 1 },
    { bucket: 'GET /a', queued: 1 },
  ]);
  await other.answer();
  await all.clock.advance(30_000);
  expect(paused.sentAt).toBe(30_000);
  await paused.answer();
  expect(all.clock.pending).toBe(0);
  // The call waited for its turn and then for the pause, which is reported as one wait.
  const told = all.log.events.filter((event) => event.type.startsWith('permit.') && event.url === `${origin}/a`);
  expect(told.map(({ type }) => type)).toEqual(['permit.queued', 'permit.granted']);
});

test('calls at a pause count for maxQueue, and are ended by close()', async () => {
  const all = scene({ maxQueue: 2 });
  await answered(all, '/a', refused());
  const calls = await all.beginAll(3, at('/a'));
  expect(calls.map(({ end }) => end)).toEqual([undefined, undefined, 'QUEUE_FULL']);
  expect(await waits(all, '/b')).toBe(false);
  all.limiter.close();
  await all.clock.advance(0);
  expect(calls.map(({ end }) => end)).toEqual(['CLIENT_CLOSED', 'CLIENT_CLOSED', 'QUEUE_FULL']);
  expect(all.clock.pending).toBe(0);
});

test('a call whose caller gives up at a pause leaves it to the next one', async () => {
  const all = scene();
  await answered(all, '/a', refused());
  const [first, second] = await all.beginAll(2, at('/a'));
  await first?.abort(new Error('tired'));
  expect(first?.end).toBe('tired');
  await all.clock.advance(30_000);
  expect(second?.sentAt).toBe(30_000);
});
