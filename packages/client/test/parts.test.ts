import { ManualClock, scriptedTransport } from '@holdfast/core/testing';
import { type ApiError, bearerToken, createResilientClient } from 'holdfast';
import * as parts from 'holdfast/parts';
import { describe, expect, test } from 'vitest';
import type { Declared } from '../src/feature/declared.ts';
import { rejection } from './support/scripted.ts';

const { createClient, deadlines, retries, limits } = parts;
const baseUrl = 'https://api.example.com/';

describe('a client of retries and deadlines', () => {
  test('retries, within the time for the call', async () => {
    const clock = new ManualClock();
    const transport = scriptedTransport([503, 200]);
    const api = createClient([retries, deadlines], { baseUrl, transport, clock });
    expect((await clock.run(Promise.resolve(api.get('orders')))).status).toBe(200);
    expect(transport.requests).toHaveLength(2);
    expect(api.snapshot().pipeline).toEqual(['deadline', 'retry', 'attemptTimeout', 'transport']);
  });

  test('fails with the same typed errors', async () => {
    const transport = scriptedTransport([404]);
    const api = createClient([retries, deadlines], { baseUrl, transport });
    expect(await rejection(api.get('orders'))).toMatchObject({ code: 'API_ERROR', status: 404, kind: 'notFound' });
  });

  test('hands its features down to a client that it is extended to', async () => {
    const api = createClient([retries], { baseUrl, transport: scriptedTransport([200]) });
    expect(api.extend({ retry: 1 }).snapshot().pipeline).toEqual(['retry', 'transport']);
    expect(() => api.extend({ timeout: 5 })).toThrow('extend: timeout needs the feature deadlines');
  });
});

test('without features a call is sent once, and its failure is a typed error', async () => {
  const transport = scriptedTransport([503]);
  const api = createClient([], { baseUrl, transport });
  expect(await rejection(api.get('orders'))).toMatchObject({ code: 'API_ERROR', status: 503 });
  expect(transport.requests).toHaveLength(1);
});

test('without retries a token that was refused is refreshed by the next call', async () => {
  let refreshes = 0;
  const refresh = () => Promise.resolve({ token: `t${++refreshes}` });
  const transport = scriptedTransport([401, 200, 200, 401, 401, 401]);
  const auth = bearerToken({ token: 'old', refresh });
  const api = createClient([parts.credentials], { baseUrl, transport, auth });
  expect(await rejection(api.get('orders'))).toMatchObject({ status: 401 });
  for (const _ of [1, 2]) expect((await api.get('orders')).status).toBe(200);
  expect(transport.requests.map(({ headers }) => headers['authorization'])).toEqual([
    ...['Bearer old', 'Bearer t1', 'Bearer t1'],
  ]);
  for (const _ of [1, 2, 3]) expect(await rejection(api.get('orders'))).toMatchObject({ status: 401 });
  expect(refreshes).toBeLessThanOrEqual(2);
});

test('all features make what createResilientClient makes', () => {
  const { createClient: _, ...all } = parts;
  const options = { baseUrl, coalesce: true, responseCache: true, statusPage: { url: 'https://status.example.com/' } };
  const [one, other] = [createClient(Object.values(all), options), createResilientClient(options)];
  expect(one.snapshot()).toEqual(other.snapshot());
  expect(Object.keys(one).sort()).toEqual(Object.keys(other).sort());
});

test('a stall ends a stream without the feature bodies, too, unless that is switched off', async () => {
  const endOf = async (ofClient: object, ofCall: object) => {
    const clock = new ManualClock();
    const body = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('1\n')) });
    const api = createClient([parts.streams], {
      baseUrl,
      clock,
      transport: scriptedTransport([{ body }]),
      ...ofClient,
    });
    const readToEnd = async () => {
      for await (const _ of api.lines('x', ofCall));
    };
    let endedAt: number | undefined;
    readToEnd().catch(() => {
      endedAt = clock.now();
    });
    await clock.advance(1_000_000);
    return endedAt;
  };
  expect(await endOf({}, {})).toBe(300_000);
  expect(await endOf({ idleTimeout: false }, {})).toBeUndefined();
  expect(await endOf({}, { idleTimeout: false })).toBeUndefined();
});

/** The options that features declare. The table of features must name them, too, for clients without these features. */
const declaredOptions = Object.values(parts)
  .flatMap((part) => {
    const { settings, ofCall, shared } = ('brings' in part ? part.brings : {}) as Declared;
    return Object.keys({ ...settings, ...ofCall, ...shared }).map((option) => [option, part.name] as const);
  })
  // `streams` reads this option of `bodies` only to see whether the default idle timeout is switched off.
  .filter(([option, feature]) => option !== 'idleTimeout' || feature !== 'streams');

describe('what belongs to a feature that the client does not have', () => {
  test.each([
    [{ rateLimit: { maxConcurrent: 1 } }, 'createClient: rateLimit needs the feature limits'],
    [{ auth: parts, authOrigins: [] }, 'createClient: auth needs the feature credentials'],
    [{ allowedOrigins: [baseUrl] }, 'createClient: allowedOrigins needs the feature fences'],
    [
      { timeout: 100 },
      'createClient: timeout needs the feature deadlines; add it to createClient([…, deadlines], options)',
    ],
  ])('is refused as an option: %o', (options, message) => {
    expect(() => createClient([retries], { baseUrl, ...options } as never)).toThrow(message);
  });

  test.each(declaredOptions)('is refused as the option %s of a client without %s', (option, feature) => {
    expect(() => createClient([], { [option]: {} })).toThrow(`createClient: ${option} needs the feature ${feature}`);
  });

  test('is refused as an option of a call', () => {
    const api = createClient([retries], { baseUrl, transport: scriptedTransport([200]) });
    expect(() => api.get('orders', { fallback: () => undefined })).toThrow('get: fallback needs the feature fallbacks');
  });

  test('may be switched off', () => {
    const options = { baseUrl, rateLimit: false, timeout: false, circuitBreaker: undefined } as const;
    expect(createClient([retries], options).snapshot().pipeline).toEqual(['retry', 'transport']);
  });

  test('is not advised by a guide', async () => {
    const advice = async (features: readonly parts.Feature[]) => {
      const api = createClient(features, { baseUrl, transport: scriptedTransport([500]) });
      return (await rejection<ApiError>(api.get('orders'))).guide.remedies.filter((line) => /status page/i.test(line));
    };
    expect(await advice([])).toEqual(["Look at the API's status page"]);
    expect(await advice([parts.statusPage])).toEqual([
      "Look at the API's status page; with the option `statusPage`, its incident is on the error, and `client.onStatus(listener)` is called with it",
    ]);
  });

  test('is named by a member that needs it', () => {
    const api = createClient([retries], { baseUrl });
    expect(() => api.explain({ status: 503 })).toThrow('explain: needs the feature explaining');
    expect(() => api.events('stream')).toThrow('events: needs the feature streams');
    expect(() => api.onStatus(() => {})).toThrow('onStatus: needs the feature statusPage');
    expect(() => api.circuits.open('https://api.example.com')).toThrow('circuits.open: needs the feature circuits');
  });
});

test.each([[undefined], [{}], [[undefined]], [[() => {}]], [['retries']]])('%o is no list of features', (features) => {
  expect(() => createClient(features as never)).toThrow(
    "createClient: features must be a list such as [retries, deadlines] of 'holdfast/parts'",
  );
});

test('a server that asks for a pause is left alone by a client with limits', async () => {
  const clock = new ManualClock();
  const busy = new Response(null, { status: 429, headers: { 'retry-after': '2' } });
  const api = createClient([limits], { baseUrl, clock, transport: scriptedTransport([busy, 200]) });
  await rejection(api.get('orders'));
  await clock.run(Promise.resolve(api.get('orders')));
  expect(clock.now()).toBeGreaterThanOrEqual(2000);
});
