import { createResilientClient, type ResilientClient } from 'holdfast';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from './support/scripted.ts';
import { serve } from './support/server.ts';

const limit = { rateLimit: { maxConcurrent: 1 } };

function client(options: object = {}): ResilientClient {
  const made = createResilientClient({ ...limit, ...options });
  onTestFinished(() => made.close());
  return made;
}

/** A server whose bodies arrive in two pieces, and which counts its unfinished answers. */
const api = () =>
  serve((_request, response) => {
    response.setHeader('cache-control', 'max-age=60');
    response.write('{"text":"');
    setImmediate(() => response.end(`${'x'.repeat(20_000)}"}`));
  });

type Touch = (response: Response) => unknown;

const touches: readonly [string, Touch, object?][] = [
  ['nothing', () => undefined],
  ['a look at its body', ({ body }) => body === null],
  ['a look at whether it was used', ({ bodyUsed }) => bodyUsed],
  ['a clone that is not read', (response) => response.clone()],
  ['a clone of a clone, and a look at each', (response) => [response.body, response.clone().clone().body]],
  ['a reader that lets go', ({ body }) => body?.getReader().releaseLock()],
  ['a reader that reads nothing', ({ body }) => body?.getReader()],
  ['two halves that are not read', ({ body }) => body?.tee()],
  ['an iterator that was not begun', ({ body }) => body?.[Symbol.asyncIterator]()],
  ['a pipe that nothing reads', ({ body }) => body?.pipeThrough(new TextDecoderStream() as never)],
  ['another Response around it', ({ body }) => new Response(body)],
  ['its prototype taken away', (response) => Object.setPrototypeOf(response, Response.prototype)],
  ['a hook that does nothing', () => undefined, { hooks: { afterResponse: [() => undefined] } }],
  [
    'a hook that looks at a clone',
    () => undefined,
    { hooks: { afterResponse: [({ response }: { response: Response }) => void response.clone().body] } },
  ],
  ['onDownloadProgress', () => undefined, { onDownloadProgress: () => undefined }],
  ['a response cache', () => undefined, { responseCache: true }],
  [
    'a fetch that freezes it',
    () => undefined,
    { fetch: async (request: Request) => Object.freeze(await fetch(request)) },
  ],
];

describe('a body that is not read keeps no permit', () => {
  test.each(touches)('with %s', async (_name, touch, options) => {
    const server = await api();
    const shop = client({ baseUrl: server.origin, ...options });
    const kept: unknown[] = [];
    for (let index = 0; index < 4; index++) {
      const response = await shop.get(`orders/${index}`);
      kept.push(response, touch(response));
    }
    expect(server.requests).toHaveLength(4);
    expect(await shop.get('last').json()).toHaveProperty('text');
    expect(kept).toHaveLength(8);
  });

  test.each(touches)(
    'and is all there for a reader that comes late, with %s, where it can be read',
    async (_name, touch, options) => {
      const server = await api();
      const shop = client({ baseUrl: server.origin, ...options });
      const first = await shop.get('orders/1');
      const touched = touch(first);
      await shop.get('orders/2').json();
      const readable = [first, touched].find((one) => one instanceof Response && !one.bodyUsed && !one.body?.locked);
      if (readable) expect(await (readable as Response).json()).toEqual({ text: 'x'.repeat(20_000) });
    },
  );
});

test('a body that is read holds its permit to its end, and no request goes out before', async () => {
  let finish: (() => void) | undefined;
  const server = await serve(({ path }, response) => {
    if (path !== '/stream') return void response.end('{}');
    response.write('a');
    finish = () => response.end('b');
  });
  const shop = client({ baseUrl: server.origin });
  const stream = await shop.get('stream');
  const text = stream.text();
  const second = shop.get('second').json();
  await until(() => shop.snapshot().limiters[0]?.queued === 1);
  for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setTimeout(resolve, 2));
  expect(server.requests.map(({ path }) => path)).toEqual(['/stream']);
  finish?.();
  expect(await text).toBe('ab');
  expect(await second).toEqual({});
});

test('the response is as fetch gave it: its URL, redirects, headers, clones and bytes', async () => {
  const server = await serve(({ path }, response) => {
    if (path === '/from') return void response.writeHead(302, { location: '/to' }).end();
    response.writeHead(201, 'Made', { 'x-a': '1', 'content-type': 'text/plain' });
    response.end(Buffer.from([0, 255, 10]));
  });
  const response = await client().fetch(`${server.origin}/from`);
  const { url, redirected, status, statusText, ok, type } = response;
  expect({ url, redirected, status, statusText, ok, type }).toEqual({
    ...{ url: `${server.origin}/to`, redirected: true, status: 201, statusText: 'Made', ok: true, type: 'basic' },
  });
  expect([response.headers.get('x-a'), response.clone().url]).toEqual(['1', url]);
  const byob = response.clone().body?.getReader({ mode: 'byob' });
  expect([...((await byob?.read(new Uint8Array(8)))?.value ?? [])]).toEqual([0, 255, 10]);
  expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0, 255, 10]);
});

test('a body that is cancelled, or that breaks, gives its permit back', async () => {
  const server = await serve(({ path }, response) => {
    response.write('begun');
    if (path === '/broken') setImmediate(() => response.destroy());
    else if (path === '/last') response.end();
  });
  const shop = client({ baseUrl: server.origin });
  await (await shop.get('endless')).body?.cancel();
  await expect((await shop.get('broken')).text()).rejects.toThrow();
  expect(await shop.get('last').text()).toBe('begun');
});
