import { hang } from '@holdfast/core/testing';
import {
  BadRequestError,
  type ClientOptions,
  createResilientClient,
  isApiError,
  type RequestSchema,
  type ResilienceError,
} from 'holdfast';
import * as valibot from 'valibot';
import { describe, expect, test } from 'vitest';
import * as zod from 'zod';
import { baseUrl, rejection, scripted } from './support/scripted.ts';
import { json, serve } from './support/server.ts';

const ofZod = zod.object({ item: zod.string(), lines: zod.array(zod.object({ quantity: zod.number().int().min(1) })) });
const ofValibot = valibot.object({
  item: valibot.string(),
  lines: valibot.array(valibot.object({ quantity: valibot.pipe(valibot.number(), valibot.minValue(1)) })),
});
const schemas: readonly [string, RequestSchema][] = [
  ['zod', ofZod],
  ['valibot', ofValibot],
];
const good = { item: 'tent', lines: [{ quantity: 2 }] };
const bad = { item: 7, lines: [{ quantity: 2 }, { quantity: 0 }] };

/** A schema that answers when the test says so. */
const lazily = (validate: (value: unknown) => unknown): RequestSchema =>
  ({ '~standard': { version: 1, vendor: 'test', validate } }) as RequestSchema;

describe.for(schemas)('a schema of %s', ([, requestSchema]) => {
  test('lets a good body pass', async () => {
    const { api, clock, transport } = scripted([201]);
    expect((await clock.run(api.post('orders', { json: good, requestSchema }))).status).toBe(201);
    expect(transport.requests[0]?.body).toBe(JSON.stringify(good));
  });

  test('refuses a bad one, names each thing that is wrong, and sends nothing', async () => {
    const { api, clock, transport, log } = scripted([]);
    const error = await clock.run(rejection<BadRequestError>(api.post('orders', { json: bad, requestSchema })));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error.issues.map(({ path }) => path)).toEqual(['item', 'lines.1.quantity']);
    for (const { message, code } of error.issues) {
      expect(message).toMatch(/[a-z]{3}/i);
      expect(code).toMatch(/^[a-z_]+$/);
    }
    expect(error).toMatchObject({ status: 400, code: 'API_ERROR', applied: 'no', attempts: [] });
    expect(error.error).toMatchObject({ code: 'invalid_request', type: 'validation_error', param: 'item' });
    expect(transport.requests).toHaveLength(0);
    expect(log.lines).toEqual([
      `call.started: POST ${baseUrl}orders`,
      'call.rejected: API_ERROR',
      'call.ended: failure after 0 attempts',
    ]);
  });
});

test('the error says that nothing was sent, in words and in JSON, and has an answer to look at', async () => {
  const { api, clock } = scripted([]);
  const call = api.post('orders', { json: { ...good, item: 7 }, requestSchema: ofZod });
  const error = await clock.run(rejection<BadRequestError>(call));
  expect(error.message).toBe(
    `400 Bad Request: POST ${baseUrl}orders — not sent, since the body does not fit its requestSchema: item: ` +
      'Invalid input: expected string, received number (invalid_request)',
  );
  expect(error.timeline.map((line) => line.replace(/\s+/g, ' '))).toEqual([
    '+0 ms not sent → fail: the body does not fit its schema: item: Invalid input: expected string, received number',
  ]);
  expect(error.decision).toMatchObject({ action: 'fail', rule: 'requestSchema' });
  expect(error.supportReport()).toContain('Issues: item: Invalid input');
  expect(await error.response.json()).toEqual({ error: expect.objectContaining({ issues: error.issues }) });
});

describe('what is sent', () => {
  const requestSchema = zod.object({ item: zod.string().trim(), quantity: zod.number().default(1) });

  test('is the schema’s output, on each attempt', async () => {
    const { api, clock, transport } = scripted([503, 201], { idempotencyKeys: true });
    await clock.run(api.post('orders', { json: { item: ' tent ', secret: 'x' }, requestSchema }));
    expect(transport.requests.map(({ body }) => body)).toEqual(Array(2).fill('{"item":"tent","quantity":1}'));
    expect(transport.requests.map(({ headers }) => headers['content-type'])).toEqual(Array(2).fill('application/json'));
  });

  test('is written by the caller’s own stringifyJson', async () => {
    const { api, clock, transport } = scripted([201], { stringifyJson: (data) => JSON.stringify(data, null, 1) });
    await clock.run(api.post('orders', { json: { item: 'a' }, requestSchema }));
    expect(transport.requests[0]?.body).toBe(JSON.stringify({ item: 'a', quantity: 1 }, null, 1));
  });

  test('arrives like this at a real server, also where the progress of the upload is reported', async () => {
    const { origin, requests } = await serve((_request, response) => json(response, 201, {}));
    const api = createResilientClient({ baseUrl: origin });
    let told = 0;
    for (const onUploadProgress of [undefined, () => told++]) {
      await api.post('orders', { json: { item: 'a' }, requestSchema, ...(onUploadProgress && { onUploadProgress }) });
    }
    expect(requests.map(({ body }) => String(body))).toEqual(Array(2).fill('{"item":"a","quantity":1}'));
    expect(told).toBeGreaterThan(0);
    await api.close();
  });

  test('is a hook’s own request, where one put it there', async () => {
    const { api, clock, transport } = scripted([201]);
    const beforeRequest = [({ request }: { request: Request }) => new Request(request, { body: 'signed' })];
    await clock.run(api.post('orders', { json: { item: 'a' }, requestSchema, hooks: { beforeRequest } }));
    expect(transport.requests[0]?.body).toBe('signed');
  });
});

describe('a schema that takes its time', () => {
  test('is waited for', async () => {
    const known = zod.object({ item: zod.string().refine(async (item) => item !== 'gone', 'is not in stock') });
    const { api, clock, transport } = scripted([201]);
    expect((await clock.run(api.post('orders', { json: { item: 'tent' }, requestSchema: known }))).status).toBe(201);
    const error = await clock.run(
      rejection<BadRequestError>(api.post('orders', { json: { item: 'gone' }, requestSchema: known })),
    );
    expect(error.issues).toEqual([{ path: 'item', message: 'is not in stock', code: 'custom' }]);
    expect(transport.requests).toHaveLength(1);
  });

  test('ends with the call’s time, or its caller', async () => {
    const requestSchema = lazily(() => new Promise(() => {}));
    const { api, clock, transport } = scripted([], { timeout: 500, totalTimeout: 500 });
    const late = await clock.run(rejection<ResilienceError>(api.post('x', { json: 1, requestSchema })));
    expect(late.code).toBe('DEADLINE_EXCEEDED');
    const controller = new AbortController();
    const left = rejection(api.post('x', { json: 1, requestSchema, signal: controller.signal }));
    await clock.settle();
    controller.abort('left');
    expect(await left).toBe('left');
    expect([clock.pending, transport.requests.length, api.snapshot().callsInFlight]).toEqual([0, 0, 0]);
  });

  test('and that throws ends the call with what it threw', async () => {
    const thrown = new RangeError('a bug in a schema');
    const { api, clock } = scripted([]);
    for (const validate of [
      () => {
        throw thrown;
      },
      () => Promise.reject(thrown),
    ]) {
      expect(await clock.run(rejection(api.post('x', { json: 1, requestSchema: lazily(validate) })))).toBe(thrown);
    }
  });
});

describe('a client with a schema for each route', () => {
  const options: ClientOptions = {
    requestSchema: [
      { when: { method: 'POST', path: '/v1/orders' }, schema: ofZod },
      { when: { method: ['PUT', 'PATCH'], path: '/v1/orders/:id' }, schema: ofValibot },
      { when: { path: /\/strict\// }, schema: zod.never() },
    ],
  };

  test('checks what matches, by the first that does', async () => {
    const { api, clock, transport } = scripted(Array(4).fill(200), options);
    await clock.run(api.post('orders', { json: good }));
    await clock.run(api.post('orders/42', { json: bad }));
    await clock.run(api.put('orders/42', { json: good, searchParams: { a: 1 } }));
    await clock.run(api.get('strict/x'));
    expect(transport.requests).toHaveLength(4);
    for (const call of [
      () => api.post('orders', { json: bad }),
      () => api.patch('orders/42', { json: bad }),
      () => api.post('strict/x', { json: {} }),
    ]) {
      expect(await clock.run(rejection(call()))).toBeInstanceOf(BadRequestError);
    }
    expect(transport.requests).toHaveLength(4);
  });

  test('misses a body that was forgotten', async () => {
    const { api, clock } = scripted([], options);
    const { issues } = await clock.run(rejection<BadRequestError>(api.post('orders')));
    expect(issues).toEqual([
      { path: '', message: 'Invalid input: expected object, received undefined', code: 'invalid_type' },
    ]);
  });

  test('lets a call say otherwise', async () => {
    const { api, clock } = scripted([200, 200], options);
    expect((await clock.run(api.post('orders', { json: bad, requestSchema: false }))).status).toBe(200);
    expect((await clock.run(api.post('orders', { json: 1, requestSchema: zod.number() }))).status).toBe(200);
  });

  test('looks into JSON texts, and sends them as they are', async () => {
    const { api, clock, transport } = scripted([200, 200, 200], options);
    const post = (body: BodyInit, type = 'application/json; charset=utf-8') =>
      api.fetch(`${baseUrl}orders`, { method: 'POST', body, headers: { 'content-type': type } });
    const text = JSON.stringify({ ...good, unknown: 1 }, null, 2);
    expect((await clock.run(post(text))).status).toBe(200);
    expect(transport.requests[0]?.body).toBe(text);
    const error = await clock.run(rejection(post(JSON.stringify(bad))));
    expect(isApiError(error) && error.issues).toHaveLength(2);
    const broken = await clock.run(rejection<BadRequestError>(post('{"item": ')));
    expect(broken.issues).toEqual([
      { path: '', message: expect.stringMatching(/^The body is not well-formed JSON: /), code: 'malformed_json' },
    ]);
    // A body that is no JSON is not checked.
    await clock.run(post('a=b', 'application/x-www-form-urlencoded'));
    await clock.run(post(new FormData(), 'multipart/form-data; boundary=x'));
    expect(transport.requests).toHaveLength(3);
  });

  test('asks no fallback and no retry about it', async () => {
    const { api, clock } = scripted([], { ...options, fallback: () => new Response('instead') });
    expect(await clock.run(rejection(api.post('orders', { json: bad })))).toBeInstanceOf(BadRequestError);
  });
});

test('a schema for one call whose body it can’t look into is a mistake', async () => {
  const { api, clock, transport } = scripted([]);
  const error = await clock.run(rejection(api.post('x', { body: new FormData(), requestSchema: ofZod })));
  expect(error).toBeInstanceOf(TypeError);
  expect(error.message).toBe(
    `POST ${baseUrl}x: requestSchema checks the json option, or a body that is JSON text with such a content-type; this body is neither`,
  );
  expect(transport.requests).toHaveLength(0);
});

test('what was echoed into an issue has its secrets struck out', async () => {
  const requestSchema = lazily(() => ({ issues: [{ message: 'no such token=abc123def', path: [{ key: 'a' }, 0] }] }));
  const { api, clock } = scripted([]);
  const error = await clock.run(rejection<BadRequestError>(api.post('x', { json: 1, requestSchema })));
  expect(error.issues).toEqual([{ path: 'a.0', message: 'no such token=***' }]);
  expect(JSON.stringify(error)).not.toContain('abc123def');
  expect(error.decision?.reason).not.toContain('abc123def');
});

test('a closed client and an abort come before the check', async () => {
  const { api, clock } = scripted([hang()]);
  expect(await rejection(api.post('x', { json: bad, requestSchema: ofZod, signal: AbortSignal.abort('left') }))).toBe(
    'left',
  );
  await api.close();
  const error = await clock.run(rejection<ResilienceError>(api.post('x', { json: bad, requestSchema: ofZod })));
  expect(error.code).toBe('CLIENT_CLOSED');
});
