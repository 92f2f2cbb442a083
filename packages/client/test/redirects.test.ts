import { ManualClock } from '@holdfast/core/testing';
import { apiKey, bearerToken, createResilientClient, type NetworkError, type Strategy } from 'holdfast';
import { describe, expect, onTestFinished, test } from 'vitest';
import { closedPort } from '../../../test/closed-port.ts';
import { rejection } from './support/scripted.ts';
import { serve } from './support/server.ts';

/** An origin at which no server listens. */
const deadOrigin = async (): Promise<string> => `http://127.0.0.1:${await closedPort()}`;

const auths = {
  'no credentials': undefined,
  'a bearer token': bearerToken({ token: 't' }),
  'an API key': apiKey({ key: 'k' }),
};

describe.each(Object.entries(auths))('with %s', (_name, auth) => {
  test('a POST that was answered by a redirect to a dead server is not sent again', async () => {
    const dead = await deadOrigin();
    const { origin, requests } = await serve((_request, response) => {
      response.writeHead(303, { location: `${dead}/result` }).end();
    });
    const api = createResilientClient({ baseUrl: origin, retryBudget: false, ...(auth && { auth }) });
    const error = await rejection<NetworkError>(api.post('orders', { json: {} }).json());
    expect(requests.map(({ method }) => method)).toEqual(['POST']);
    expect(error).toMatchObject({ code: 'NETWORK', applied: 'unknown', decision: { because: 'notReplayable' } });
  });

  test('nor where the dead server has another name and the same port', async () => {
    const { origin, requests } = await serve((_request, response) => {
      response.writeHead(303, { location: origin.replace('127.0.0.1', '127.0.0.2') }).end();
    });
    const baseUrl = origin.replace('127.0.0.1', 'localhost');
    const api = createResilientClient({ baseUrl, retryBudget: false, ...(auth && { auth }) });
    const error = await rejection<NetworkError>(api.post('orders', { json: {} }).json());
    expect(requests.map(({ method }) => method)).toEqual(['POST']);
    expect(error).toMatchObject({ code: 'NETWORK', applied: 'unknown', decision: { because: 'notReplayable' } });
  });

  test('a POST that is redirected several times ends where fetch would end, as a GET without a body', async () => {
    const hops: Record<string, [number, string]> = { '/a': [303, '/b'], '/b': [302, '/c'], '/c': [307, '/d'] };
    const { origin, requests } = await serve(({ path }, response) => {
      const [status, location] = hops[path] ?? [200, ''];
      response.writeHead(status, location ? { location } : {}).end(path);
    });
    const api = createResilientClient({ baseUrl: origin, ...(auth && { auth }) });
    const response = await api.post('/a', { json: { item: 'tent' } });
    expect([response.url, response.redirected, await response.text()]).toEqual([`${origin}/d`, true, '/d']);
    expect(requests.map(({ method, body }) => `${method} ${body}`)).toEqual([
      'POST {"item":"tent"}',
      ...Array(3).fill('GET '),
    ]);
    expect(requests[1]?.headers['content-type']).toBeUndefined();
  });

  test('a POST that is redirected by 307 and 308 keeps its method and body', async () => {
    const hops: Record<string, [number, string]> = { '/a': [307, '/b'], '/b': [308, '/c'] };
    const { origin, requests } = await serve(({ path }, response) => {
      const [status, location] = hops[path] ?? [200, ''];
      response.writeHead(status, location ? { location } : {}).end(path);
    });
    const form = new FormData();
    form.set('item', 'tent');
    const api = createResilientClient({ baseUrl: origin, ...(auth && { auth }) });
    expect(await api.post('/a', { body: form }).text()).toBe('/c');
    for (const { method, headers, body } of requests) {
      const boundary = /boundary=(.+)/.exec(headers['content-type'] ?? '')?.[1] ?? 'none';
      expect([method, body.includes(`--${boundary}`), body.includes('tent')]).toEqual(['POST', true, true]);
    }
    expect(requests).toHaveLength(3);
  });

  test('a clone was redirected, too; a limiter notices the end of either', async () => {
    const { origin } = await serve(({ path }, response) => {
      if (path === '/end') response.end('the end');
      else response.writeHead(303, { location: '/end' }).end();
    });
    const api = createResilientClient({ baseUrl: origin, rateLimit: { maxConcurrent: 1 }, ...(auth && { auth }) });
    for (let calls = 0; calls < 3; calls++) {
      const response = await api.fetch(`${origin}/a`, { method: 'POST', body: 'order' });
      const clone = response.clone().clone();
      expect([response.redirected, clone.redirected, clone.type, clone.url]).toEqual([
        true,
        true,
        'basic',
        `${origin}/end`,
      ]);
      expect([await clone.text(), await response.text()]).toEqual(['the end', 'the end']);
    }
    expect(api.snapshot().limiters).toMatchObject([{ running: 0 }]);
  });

  test('a path that is named in UTF-8 is found; credentials in a URL are followed nowhere, and not shown', async () => {
    const { origin, requests } = await serve(({ path }, response) => {
      const named = Buffer.from('/grüße').toString('latin1');
      const location = path === '/a' ? named : path === '/b' ? origin.replace('//', '//user:secret@') : undefined;
      if (location === undefined) response.end('found');
      else response.writeHead(303, { location }).end();
    });
    const api = createResilientClient({ baseUrl: origin, ...(auth && { auth }) });
    expect(await api.post('/a').text()).toBe('found');
    expect(requests.at(-1)?.path).toBe('/gr%C3%BC%C3%9Fe');
    const error = await rejection<NetworkError>(api.post('/b'));
    expect(error).toMatchObject({ reason: 'REDIRECT', permanent: true, attempts: { length: 1 } });
    expect(`${error.message}${JSON.stringify(error)}`).not.toContain('secret');
    expect(requests.map(({ path }) => path)).toEqual(['/a', '/gr%C3%BC%C3%9Fe', '/b']);
  });

  test('a POST that was refused a connection is sent again, whatever its method', async () => {
    const api = createResilientClient({ baseUrl: await deadOrigin(), random: () => 0, ...(auth && { auth }) });
    const error = await rejection<NetworkError>(api.post('orders', { json: {} }).json());
    expect(error).toMatchObject({ code: 'NETWORK', applied: 'no', decision: { because: 'limitReached' } });
    expect(error.attempts).toHaveLength(3);
  });

  test.each([
    ['to itself without end', '/x', 21],
    ['to another scheme', 'ftp://a/', 1],
    ['to what is no URL', 'http://[bad', 1],
  ])('a redirect %s is not tried again', async (_where, location, count) => {
    const { origin, requests } = await serve((_request, response) => {
      response.writeHead(302, { location }).end();
    });
    const api = createResilientClient({ baseUrl: origin, retryBudget: false, ...(auth && { auth }) });
    const error = await rejection<NetworkError>(api.get('x').json());
    expect(error).toMatchObject({ code: 'NETWORK', permanent: true });
    expect(error.attempts).toHaveLength(1);
    expect(requests).toHaveLength(count);
  });

  test('the timeout of an attempt bounds all its hops together, and strategies of the user see one attempt', async () => {
    const clock = new ManualClock();
    let hops = 0;
    const { origin } = await serve(async (_request, response) => {
      hops++;
      await clock.advance(150);
      response.writeHead(302, { location: `/${hops}` }).end();
    });
    let attempts = 0;
    const counting: Strategy = {
      name: 'counting',
      execute(request, next, context) {
        attempts++;
        return next(request, context);
      },
    };
    const options = { clock, timeout: 400, retry: 0, perAttempt: [counting] } as const;
    const api = createResilientClient({ baseUrl: origin, ...options, ...(auth && { auth }) });
    expect(await rejection(api.get('x').json())).toMatchObject({ code: 'ATTEMPT_TIMEOUT', limitMs: 400 });
    expect({ attempts, hops }).toEqual({ attempts: 1, hops: 3 });
  });
});

test('a redirect away from the page that undici’s setGlobalOrigin() names shows the page, as with fetch', async () => {
  const there = await serve((_request, response) => response.end());
  const here = await serve((_request, response) => response.writeHead(302, { location: there.origin }).end());
  const page = Symbol.for('undici.globalOrigin.1');
  onTestFinished(() => void Reflect.deleteProperty(globalThis, page));
  Object.defineProperty(globalThis, page, { value: new URL('/shop', here.origin), configurable: true });
  for (const send of [fetch, createResilientClient().fetch]) await send(here.origin, { method: 'POST' });
  expect(there.requests.map(({ headers }) => headers.origin)).toEqual([here.origin, here.origin]);
});

test('the referrer policy that a redirect names applies to what follows it, as with fetch', async () => {
  const referrer = 'https://page.example/shop?id=1';
  const there = await serve((_request, response) => response.end());
  const here = await serve((_request, response) => {
    response.writeHead(302, { location: there.origin, 'referrer-policy': 'unsafe-url, no-referrer, unknown' }).end();
  });
  for (const send of [fetch, createResilientClient().fetch]) {
    await send(here.origin, { method: 'POST', referrer, referrerPolicy: 'unsafe-url' });
  }
  expect(here.requests.map(({ headers }) => headers.referer)).toEqual([referrer, referrer]);
  expect(there.requests.map(({ headers }) => headers.referer)).toEqual([undefined, undefined]);
});

test('a referrer policy that a redirect names shows nothing that the caller’s has withheld', async () => {
  const there = await serve((_request, response) => response.end());
  const here = await serve((_request, response) => {
    response.writeHead(302, { location: there.origin, 'referrer-policy': 'unsafe-url' }).end();
  });
  const init = { method: 'POST', referrer: 'https://page.example/shop?id=1' };
  for (const referrerPolicy of ['no-referrer', 'origin'] as const) {
    for (const send of [fetch, createResilientClient().fetch]) await send(here.origin, { ...init, referrerPolicy });
  }
  const told = [undefined, undefined, 'https://page.example/', 'https://page.example/'];
  expect(there.requests.map(({ headers }) => headers.referer)).toEqual(told);
});
