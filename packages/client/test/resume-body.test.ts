import type { Step } from '@holdfast/core/testing';
import { bearerToken, type CallOptions, type ClientOptions, createResilientClient, IdleTimeoutError } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { type BodyEnd, bodyOf } from './support/event-body.ts';
import { baseUrl, rejection, type Scene, scripted, scriptedPlatform, until } from './support/scripted.ts';
import { serve } from './support/server.ts';

const whole = '{"name":"a body of some length"}';
const etag = '"v1"';

interface Part {
  readonly from?: number;
  readonly to?: number;
  readonly end?: BodyEnd;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** The bytes of a range, as a server with a strong validator returns them. */
function part({
  from = 0,
  to = whole.length,
  end = 'end',
  status = from === 0 ? 200 : 206,
  headers = {},
}: Part): Response {
  const all: Record<string, string | undefined> = {
    'content-type': 'application/json',
    etag,
    ...(status === 206 && { 'content-range': `bytes ${from}-${whole.length - 1}/${whole.length}` }),
    ...headers,
  };
  const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const { response } = bodyOf([whole.slice(from, to)], end, Object.fromEntries(given));
  return new Response(response.body, { status, headers: response.headers });
}

const resuming = (script: readonly Step[], options: ClientOptions = {}): Scene =>
  scripted(script, { resumeBody: true, ...options });

describe('a body that breaks, with resumeBody', () => {
  test.for<[string, (scene: Scene) => Promise<unknown>, unknown]>([
    ['json()', ({ api }) => api.get('x').json(), JSON.parse(whole)],
    ['a stream', async ({ api }) => (await api.get('x')).text(), whole],
    ['client.fetch', async ({ api }) => (await api.fetch(`${baseUrl}x`)).text(), whole],
  ])('continues in the same stream: %s', async ([, read, value]) => {
    const scene = resuming([part({ to: 7, end: 'break' }), part({ from: 7 })]);
    expect(await scene.clock.run(read(scene))).toEqual(value);
    const { headers } = scene.transport.requests[1] as { headers: Record<string, string> };
    expect([headers['range'], headers['if-range']]).toEqual(['bytes=7-', etag]);
    const told = scene.log.events.filter(({ type }) => type === 'body.resumed');
    expect(told).toMatchObject([{ offset: 7, total: whole.length, attempt: 2 }]);
    expect([scene.clock.now(), scene.clock.pending]).toEqual([125, 0]);
  });

  test('several times, and each byte resets the count of retries', async () => {
    const places = [0, 3, 6, 9, 12];
    const broken = places.map((from) => part({ from, to: from + 3, end: 'break' }));
    const scene = resuming([...broken, part({ from: 15 })], { retryBudget: false });
    expect(await scene.clock.run(scene.api.get('x').text())).toBe(whole);
    expect(scene.transport.requests.map(({ headers }) => headers['range'])).toEqual([
      undefined,
      ...['bytes=3-', 'bytes=6-', 'bytes=9-', 'bytes=12-', 'bytes=15-'],
    ]);
  });

  test('a stall by idleTimeout is a break', async () => {
    const scene = resuming([part({ to: 7, end: 'stall' }), part({ from: 7 })], { idleTimeout: 1_000 });
    expect(await scene.clock.run(scene.api.get('x').text())).toBe(whole);
    const left = resuming([part({ to: 7, end: 'stall' })], { idleTimeout: 1_000, retry: 0 });
    expect(await left.clock.run(rejection(left.api.get('x').text()))).toBeInstanceOf(IdleTimeoutError);
  });

  test('a failed range request is retried by the policies, and pays from the budget', async () => {
    const nothingEarned = { ratio: 0, minPerSecond: 0 };
    const scene = resuming([part({ to: 7, end: 'break' }), 503, part({ from: 7 })], { retryBudget: nothingEarned });
    expect(await scene.clock.run(scene.api.get('x').text())).toBe(whole);
    expect(scene.api.snapshot().budgets).toMatchObject([{ tokens: 0 }]);
  });

  test('a token that has expired meanwhile is refreshed', async () => {
    const script: Step[] = [part({ to: 7, end: 'break' }), 401, part({ from: 7 })];
    let token = 0;
    const scene = resuming(script, { auth: bearerToken({ refresh: () => ({ token: `t${++token}` }) }) });
    expect(await scene.clock.run(scene.api.get('x').text())).toBe(whole);
    expect(scene.transport.requests.map(({ headers }) => headers['authorization'])).toEqual([
      ...['Bearer t1', 'Bearer t1', 'Bearer t2'],
    ]);
  });

  test('needs no second permit', async () => {
    const scene = resuming([part({ to: 7, end: 'break' }), part({ from: 7 }), 200], {
      rateLimit: { maxConcurrent: 1 },
    });
    expect(await scene.clock.run(scene.api.get('x').text())).toBe(whole);
    expect((await scene.clock.run(scene.api.get('y'))).status).toBe(200);
  });

  test('a body that a shortcut reads holds its permit until its rest has come, too', async () => {
    let ends: () => void = () => {};
    const rest = new ReadableStream<Uint8Array>({
      start(controller) {
        ends = () => {
          controller.enqueue(new TextEncoder().encode(whole.slice(7)));
          controller.close();
        };
      },
    });
    const range = { etag, 'content-range': `bytes 7-${whole.length - 1}/${whole.length}` };
    const scene = resuming([part({ to: 7, end: 'break' }), new Response(rest, { status: 206, headers: range }), 200], {
      rateLimit: { requests: 10, perMs: 1_000, maxConcurrent: 1 },
    });
    const { api, clock, transport } = scene;
    const first = api.get('x').text();
    const second = api.get('y');
    await clock.advance(10_000);
    expect(transport.requests.map(({ headers }) => headers['range'])).toEqual([undefined, 'bytes=7-']);
    ends();
    expect(await clock.run(first)).toBe(whole);
    expect((await clock.run(second)).status).toBe(200);
  });

  test('each range request counts where a rate is set, and waits for its turn', async () => {
    const scene = resuming([part({ to: 7, end: 'break' }), part({ from: 7 }), 200], {
      rateLimit: { requests: 1, perMs: 10_000, maxConcurrent: 1 },
      totalTimeout: false,
    });
    const { api, clock, log } = scene;
    const sentAt: number[] = [];
    api.on('attempt.started', () => sentAt.push(clock.now()));
    const response = await clock.run(api.fetch(`${baseUrl}x`));
    // The other call waits for the permit of the broken body, and must not delay the range request.
    const behind = api.fetch(`${baseUrl}y`);
    await clock.settle();
    const startedAt = clock.now();
    expect(await clock.run(response.text())).toBe(whole);
    expect(clock.now() - startedAt).toBe(10_000);
    expect((await clock.run(behind)).status).toBe(200);
    expect(clock.now() - startedAt).toBe(20_000);
    const permits = log.lines.filter((line) => line.startsWith('permit.')).map((line) => line.split(/[ :]/)[0]);
    expect(permits).toEqual(['permit.queued', 'permit.queued', 'permit.granted', 'permit.granted']);
    expect(api.snapshot().limiters).toMatchObject([{ running: 0, queued: 0 }]);
  });

  test('range requests and calls share one count, over several breaks', async () => {
    const broken = [0, 3, 6].map((from) => part({ from, to: from + 3, end: 'break' }));
    const scene = resuming([...broken, part({ from: 9 }), 200, 200], {
      rateLimit: { requests: 5, perMs: 60_000 },
      totalTimeout: false,
    });
    const { api, clock } = scene;
    expect(await clock.run(api.get('x').text())).toBe(whole);
    await clock.run(api.get('fifth'));
    expect(clock.now()).toBeLessThan(60_000);
    await clock.run(api.get('sixth'));
    expect(clock.now()).toBeGreaterThanOrEqual(60_000);
  });

  test('a range request is charged in units, too', async () => {
    const scene = resuming([part({ to: 7, end: 'break' }), part({ from: 7 })], {
      rateLimit: { unit: 'tokens', amount: 100, perMs: 60_000, cost: () => 30 },
    });
    expect(await scene.clock.run(scene.api.get('x').text())).toBe(whole);
    expect(scene.api.snapshot().limiters[0]?.units).toMatchObject([{ used: 60 }]);
  });

  test('a pause delays a range request, and the answer to one can delay calls', async () => {
    const busy = new Response(null, { status: 503, headers: { 'retry-after': '20' } });
    const answer: Step = ({ headers }) => (headers.has('range') ? part({ from: 7 }) : new Response());
    const scene = resuming([part({ to: 7, end: 'break' }), busy, answer, answer], { totalTimeout: 100_000 });
    const { api, clock } = scene;
    const response = await clock.run(api.fetch(`${baseUrl}x`));
    const text = response.text();
    await clock.advance(1_000);
    const other = api.fetch(`${baseUrl}y`);
    await clock.settle();
    expect(scene.transport.requests).toHaveLength(2);
    expect((await clock.run(other)).status).toBe(200);
    expect(clock.now()).toBeGreaterThanOrEqual(20_000);
    expect(await clock.run(text)).toBe(whole);
  });

  test('an aborted call no longer waits for a turn', async () => {
    const controller = new AbortController();
    const scene = resuming([part({ to: 7, end: 'break' }), 200], { rateLimit: { requests: 1, perMs: 10_000 } });
    const { api, clock } = scene;
    const response = await clock.run(api.fetch(`${baseUrl}x`, { signal: controller.signal }));
    const reading = rejection(response.text());
    await clock.advance(2_000);
    controller.abort('left');
    expect(await reading).toBe('left');
    expect(api.snapshot().limiters).toMatchObject([{ queued: 0 }]);
    await clock.advance(10_000);
    expect(scene.transport.requests).toHaveLength(1);
  });

  test('for all calls that share it', async () => {
    const script = [part({ to: 7, end: 'break' }), part({ from: 7 })];
    const { api, clock } = scriptedPlatform(script, { coalesce: true, resumeBody: true });
    expect(await clock.run(Promise.all([api.get('x').text(), api.get('x').text()]))).toEqual([whole, whole]);
  });

  test('and the cache stores the complete body', async () => {
    const headers = { 'cache-control': 'max-age=60' };
    const script = [part({ to: 7, end: 'break', headers }), part({ from: 7, headers })];
    const { api, clock, transport } = scriptedPlatform(script, { responseCache: true, resumeBody: true });
    for (let call = 0; call < 2; call++) expect(await clock.run(api.get('x').text())).toBe(whole);
    expect(transport.requests).toHaveLength(2);
  });

  test('each continuation has the whole time again', async () => {
    const scene = resuming([part({ to: 7, end: 'break' }), part({ from: 7 })]);
    const response = await scene.clock.run(scene.api.get('x'));
    await scene.clock.advance(3_600_000);
    expect(await scene.clock.run(response.text())).toBe(whole);
  });
});

describe('the break stays the caller’s', () => {
  const broken = (given: Part = {}): Response => part({ to: 7, end: 'break', ...given });

  test.for<[string, Response, CallOptions]>([
    ['without a validator', broken({ headers: { etag: undefined } }), {}],
    ['with a weak one', broken({ headers: { etag: 'W/"v1"' } }), {}],
    ['with one that is none', broken({ headers: { etag: 'v1' } }), {}],
    ['with a content coding', broken({ headers: { 'content-encoding': 'gzip' } }), {}],
    ['where the server takes no ranges', broken({ headers: { 'accept-ranges': 'none' } }), {}],
    ['for another status', broken({ status: 203 }), {}],
    ['for another method', broken(), { method: 'post' }],
    ['where the caller has asked for a range', broken(), { headers: { range: 'bytes=0-99' } }],
    ['without the option', broken(), { resumeBody: false }],
  ])('%s', async ([, response, options]) => {
    const { api, clock, transport } = resuming([response]);
    const { message } = await clock.run(rejection((await clock.run(api('x', options))).text()));
    expect(message).toBe('terminated');
    expect(transport.requests).toHaveLength(1);
  });

  test.for<[string, Step]>([
    ['the whole', part({})],
    ['what has changed', part({ headers: { etag: '"v2"' } })],
    ['a part of what has changed', part({ from: 7, headers: { etag: '"v2"' } })],
    ['another place', part({ from: 7, headers: { 'content-range': `bytes 6-31/${whole.length}` } })],
    ['another length', part({ from: 7, headers: { 'content-range': 'bytes 7-31/99', 'content-length': undefined } })],
    ['an unknown length', part({ from: 7, headers: { 'content-range': 'bytes 7-31/*' } })],
    ['no place at all', part({ from: 7, headers: { 'content-range': undefined } })],
    ['a place that can’t be', part({ from: 7, headers: { 'content-range': 'bytes 7-99/32' } })],
    ['encoded bytes', part({ from: 7, headers: { 'content-encoding': 'gzip' } })],
    ['several parts', part({ from: 7, headers: { 'content-type': 'multipart/byteranges; boundary=x' } })],
    ['a 416', 416],
    ['a 404', 404],
  ])('where the server answers with %s', async ([, step]) => {
    const first = broken({ headers: { 'content-length': String(whole.length) } });
    const { api, clock, transport } = resuming([first, step]);
    const response = await clock.run(api.get('x'));
    expect((await clock.run(rejection(response.text()))).message).toBe('terminated');
    expect(transport.requests).toHaveLength(2);
  });

  test('where the retries run out, and a shortcut reports it as usual', async () => {
    const { api, clock, transport } = resuming([broken(), 503, 503], { retryBudget: false });
    expect(await clock.run(rejection(api.get('x').text()))).toMatchObject({ code: 'NETWORK' });
    expect(transport.requests).toHaveLength(3);
  });

  test('nothing continues after an abort', async () => {
    const controller = new AbortController();
    const { api, clock, transport } = resuming([broken()]);
    const response = await clock.run(api.get('x', { signal: controller.signal }));
    const reading = rejection(response.text());
    await clock.settle();
    controller.abort('left');
    expect(await reading).toBe('left');
    expect([transport.requests.length, clock.pending]).toEqual([1, 0]);
  });

  test('a break that the reader meets after an abort is that abort', async () => {
    const controller = new AbortController();
    const { api, clock, transport } = resuming([broken()]);
    const response = await clock.run(api.get('x', { signal: controller.signal }));
    controller.abort('left');
    expect(await rejection(response.text())).toBe('left');
    expect([transport.requests.length, clock.pending]).toEqual([1, 0]);
  });

  test.for(['abort', 'cancel'].flatMap((how) => [0, 1, 2, 3, 4].map((steps) => [how, steps] as const)))(
    'nor after an %s that comes %i steps after the break',
    async ([how, steps]) => {
      const controller = new AbortController();
      let breaks: () => void = () => {};
      const body = new ReadableStream<Uint8Array>(
        {
          pull: (pulled) =>
            new Promise((resolve) => {
              breaks = () => {
                pulled.error(Object.assign(new TypeError('terminated'), { cause: { code: 'ECONNRESET' } }));
                resolve();
              };
            }),
        },
        { highWaterMark: 0 },
      );
      const first = new Response(body, { headers: { etag, 'content-length': String(whole.length) } });
      const { api, clock, transport } = resuming([first, part({ from: 0, status: 206 })]);
      const response = await clock.run(api.fetch(`${baseUrl}x`, { signal: controller.signal }));
      const reader = (response.body as ReadableStream<Uint8Array>).getReader();
      const isOver = reader.read().then(
        ({ done }) => done,
        () => true,
      );
      await clock.settle();
      breaks();
      for (let step = 0; step < steps; step++) await undefined;
      if (how === 'abort') controller.abort();
      else reader.cancel().catch(() => {});
      expect(await clock.run(isOver)).toBe(true);
      await clock.advance(5_000);
      expect([transport.requests.length, clock.pending]).toEqual([1, 0]);
    },
  );

  test.for<[string, number]>([
    ['the rest', 1],
    ['the rest of the rest', 2],
  ])('an abort stops %s, too', async ([, breaks]) => {
    const controller = new AbortController();
    const left: unknown[] = [];
    let asked = 0;
    const { origin } = await serve(({ headers }, response) => {
      const from = Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
      const range = { 'content-range': `bytes ${from}-99/100` };
      response.writeHead(from > 0 ? 206 : 200, { etag, 'content-length': 100 - from, ...(from > 0 && range) });
      const isLast = asked++ === breaks;
      response.on('close', () => isLast && left.push(controller.signal.reason));
      response.write('some bytes', () => isLast || response.destroy());
    });
    const { api } = resuming([], { fetch, baseUrl: origin, clock: undefined, retryBudget: false, random: () => 0 });
    const response = await api.get('x', { signal: controller.signal });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    for (let times = 0; times <= breaks; times++) await reader.read();
    const rest = rejection(reader.read());
    controller.abort('left');
    expect(await rest).toBe('left');
    await until(() => left.length > 0);
    expect(left).toEqual(['left']);
  });

  test('nor for a body that was cancelled while it waited', async () => {
    const { api, clock, transport } = resuming([broken()]);
    const response = await clock.run(api.get('x'));
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    const rest = reader.read();
    await clock.settle();
    await reader.cancel();
    expect((await rest).done).toBe(true);
    expect([transport.requests.length, clock.pending]).toEqual([1, 0]);
  });
});

test('more bytes than a range promised are refused', async () => {
  const long = new Response(`${whole.slice(7)}and more`, {
    status: 206,
    headers: { etag, 'content-range': `bytes 7-${whole.length - 1}/${whole.length}` },
  });
  const { api, clock } = resuming([part({ to: 7, end: 'break' }), long]);
  const response = await clock.run(api.get('x'));
  expect((await clock.run(rejection(response.text()))).message).toBe('terminated');
});

test('a part of the rest is followed by the next part', async () => {
  const middle = part({ from: 7, to: 20, headers: { 'content-range': `bytes 7-19/${whole.length}` } });
  const { api, clock, transport } = resuming([part({ to: 7, end: 'break' }), middle, part({ from: 20 })]);
  expect(await clock.run(api.get('x').text())).toBe(whole);
  expect(transport.requests[2]?.headers['range']).toBe('bytes=20-');
});

test('over a server that resets in the middle', async () => {
  const bytes = 'x'.repeat(300_000);
  const { origin, requests } = await serve(({ headers }, response) => {
    const from = Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
    const length = bytes.length - from;
    response.writeHead(from > 0 ? 206 : 200, {
      ...{ etag, 'content-length': length },
      ...(from > 0 && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
    });
    if (from > 0) return response.end(bytes.slice(from));
    return response.write(bytes.slice(0, 100_000), () => response.destroy());
  });
  const api = createResilientClient({ resumeBody: true, random: () => 0 });
  expect(await api.get(origin).text()).toBe(bytes);
  expect(requests[1]?.headers).toMatchObject({ 'if-range': etag });
});
