import { inspect } from 'node:util';
import {
  createResilientClient,
  InvalidBodyError,
  isResilienceError,
  NetworkError,
  type ResilientClient,
  resilienceErrorOf,
} from 'holdfast';
import { describe, expect, test } from 'vitest';
import { rejection, scripted } from './support/scripted.ts';
import { serve } from './support/server.ts';

/** A server whose answer breaks off. */
async function breaking(): Promise<string> {
  const { origin } = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
    response.write('{"a":');
    setTimeout(() => response.destroy(), 20);
  });
  return origin;
}

async function drained(reader: { read(): Promise<{ done: boolean }> }): Promise<void> {
  while (!(await reader.read()).done);
}

const ways: readonly (readonly [name: string, read: (response: Response) => Promise<unknown>])[] = [
  ['text()', (response) => response.text()],
  ['json()', (response) => response.json()],
  ['blob()', (response) => response.blob()],
  ['arrayBuffer()', (response) => response.arrayBuffer()],
  ['bytes()', (response) => response.bytes()],
  ['a clone', (response) => response.clone().text()],
  ['what was cloned', async (response) => response.clone() && response.text()],
  ['a reader', (response) => drained((response.body as ReadableStream).getReader())],
  [
    'a reader that waits for the end',
    (response) => {
      const reader = (response.body as ReadableStream).getReader();
      return Promise.all([reader.closed, drained(reader).catch(() => undefined)]);
    },
  ],
  [
    'a loop',
    async (response) => {
      for await (const _ of response.body as ReadableStream<Uint8Array>);
    },
  ],
  ['a pipe', (response) => (response.body as ReadableStream).pipeTo(new WritableStream())],
  [
    'a decoder',
    (response) => drained((response.body as ReadableStream).pipeThrough(new TextDecoderStream()).getReader()),
  ],
  ['a part of what was split', (response) => drained((response.body as ReadableStream).tee()[1].getReader())],
  [
    'the cancellation by a reader',
    async (response) => {
      const reader = (response.body as ReadableStream).getReader();
      await drained(reader).catch(() => undefined);
      await reader.cancel();
    },
  ],
  [
    'the cancellation of a stream',
    async (response) => {
      const reader = (response.body as ReadableStream).getReader();
      await drained(reader).catch(() => undefined);
      reader.releaseLock();
      await response.body?.cancel();
    },
  ],
  ['a stream that was looked at before', async (response) => response.body && response.text()],
];

const faces: readonly (readonly [string, (api: ResilientClient, url: string) => Promise<Response>])[] = [
  ['client.fetch', (api, url) => api.fetch(url)],
  ['await api.get()', async (api, url) => api.get(url)],
];

describe.for(faces)('a body that breaks, from %s,', ([, open]) => {
  const api = createResilientClient();
  test.for(ways)('rejects %s with a TypeError whose cause is the typed error', async ([, read]) => {
    const origin = await breaking();
    const response = await open(api, `${origin}/x`);
    const error = await rejection<TypeError>(read(response));
    expect([error.constructor, error.name, error.message]).toEqual([TypeError, 'TypeError', 'terminated']);
    expect(error.cause).toBeInstanceOf(NetworkError);
    expect(resilienceErrorOf(error)).toMatchObject({
      code: 'NETWORK',
      applied: 'yes',
      request: { method: 'GET', url: `${origin}/x` },
      attempts: [{ status: 200 }],
    });
    expect(inspect(error)).toContain('attempt 1: 200');
  });
});

test('a body shortcut rejects with the typed error itself', async () => {
  const api = createResilientClient();
  const origin = await breaking();
  for (const name of ['json', 'text', 'blob', 'arrayBuffer', 'bytes'] as const) {
    expect(await rejection(api.get(origin)[name]())).toBeInstanceOf(NetworkError);
  }
});

describe('a response that is read by hand', () => {
  test('is the very object that the platform gave, and so is its stream', async () => {
    const stream = new ReadableStream({ start: (controller) => controller.close() });
    const given = new Response(stream, { headers: { 'x-a': '1' } });
    const { api } = scripted([given]);
    const response = await api.fetch('https://api.example.com/');
    expect(response).toBe(given);
    expect(response.body).toBe(stream);
    expect([
      response instanceof Response,
      response.constructor,
      response.bodyUsed,
      response.headers.get('x-a'),
    ]).toEqual([true, Response, false, '1']);
    expect([await response.text(), response.bodyUsed]).toEqual(['', true]);
  });

  test('reports wrong uses in the words of the platform', async () => {
    const { api } = scripted([{ body: 'a' }, { body: '<html>' }, { body: 'x' }]);
    const read = await api.fetch('https://api.example.com/');
    await read.text();
    const again = await rejection(read.text());
    expect([again.name, isResilienceError(again)]).toEqual(['TypeError', false]);
    const html = await api.fetch('https://api.example.com/');
    expect(await rejection(html.json())).toBeInstanceOf(SyntaxError);
    const locked = await api.fetch('https://api.example.com/');
    const reader = (locked.body as ReadableStream).getReader();
    reader.releaseLock();
    expect(isResilienceError(await rejection(reader.read()))).toBe(false);
  });

  test('ends with the reason of the caller’s abort, whatever it is', async () => {
    for (const reason of [new Error('terminated'), Object.assign(new Error('x'), { code: 'ECONNRESET' })]) {
      const api = createResilientClient();
      const origin = await breaking();
      const controller = new AbortController();
      const response = await api.fetch(origin, { signal: controller.signal });
      const reading = rejection(response.text());
      controller.abort(reason);
      expect(await reading).toBe(reason);
    }
  });

  test('breaks with what the stream of the caller’s own fetch says, where that is not the network', async () => {
    const bug = new Error('a bug');
    const broken = () => new ReadableStream({ start: (controller) => controller.error(bug) });
    const { api } = scripted([() => new Response(broken()), () => new Response(broken())]);
    expect(await rejection((await api.fetch('https://api.example.com/')).text())).toBe(bug);
    expect(await rejection(api.get('x').text())).toBe(bug);
  });
});

describe('an answer that is no JSON', () => {
  test.for([
    ['empty', '', 'Body is empty, not JSON: 200 text/html from GET', 'Unexpected end of JSON input', ''],
    [
      'HTML',
      '<!doctype html>\n<title>Sign in</title>',
      'Body is not valid JSON: 200 text/html from GET',
      'Unexpected token',
      '<!doctype html> <title>Sign in</title>',
    ],
    ['cut short', '{"a": [1', 'Body is not valid JSON: 200 text/html from GET', 'Expected', '{"a": [1'],
  ])('%s rejects .json() with a typed error that quotes it', async ([, body, problem, why, excerpt]) => {
    const { api, log } = scripted([{ body: body as string, headers: { 'content-type': 'text/html' } }]);
    const error = await rejection<InvalidBodyError>(api.get('orders?token=hush&page=2').json());
    expect(error).toBeInstanceOf(InvalidBodyError);
    expect(error).toMatchObject({
      name: 'InvalidBodyError',
      code: 'INVALID_BODY',
      status: 200,
      contentType: 'text/html',
      excerpt,
      applied: 'yes',
      callId: expect.stringMatching(/./),
      request: { method: 'GET', url: 'https://api.example.com/v1/orders?token=***&page=2' },
      url: 'https://api.example.com/v1/orders?token=***&page=2',
    });
    expect(error.message).toMatch(new RegExp(`^${problem}`));
    expect(error.message).toContain(why);
    expect(error.cause).toBeInstanceOf(SyntaxError);
    expect(log.events.at(-1)).toMatchObject({ type: 'call.ended', outcome: 'failure', errorCode: 'INVALID_BODY' });
  });

  test('quotes no secret, and no more than 200 characters', async () => {
    const body = `Bearer abcdefgh-hush password=hush-2 ${'x'.repeat(10_000)}`;
    const { api } = scripted([{ body }]);
    const error = await rejection<InvalidBodyError>(api.get('x').json());
    expect(error.excerpt.length).toBeLessThanOrEqual(200);
    expect(`${inspect(error)}${JSON.stringify(error)}`).not.toContain('hush');
  });

  test('gives the same error if the client’s own parser, or one in the schema, refuses it', async () => {
    const schema = {
      '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value: JSON.parse(String(value)) }) },
    } as const;
    const { api } = scripted([{ body: 'no' }, { body: '"no"' }]);
    const parseJson = (text: string): unknown => JSON.parse(text.toUpperCase());
    expect(await rejection(api.get('x', { parseJson }).json())).toMatchObject({ code: 'INVALID_BODY', excerpt: 'no' });
    expect(await rejection(api.get('x').json(schema))).toMatchObject({ code: 'INVALID_BODY', excerpt: '"no"' });
  });

  test('is asked for after the response was there, too', async () => {
    const { api } = scripted([{ body: '' }]);
    const call = api.get('x');
    await call;
    expect(await rejection(call.json())).toMatchObject({ code: 'INVALID_BODY' });
  });

  test('is reported with maxResponseBytes, too', async () => {
    const { api } = scripted([{ body: '<p>' }], { maxResponseBytes: 100 });
    expect(await rejection(api.get('x').json())).toMatchObject({ code: 'INVALID_BODY', excerpt: '<p>' });
  });
});

test('a body that has broken keeps one error for its readers, its cancellation, and a loop that is left', async () => {
  let breaks: (error: Error) => void = () => {};
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new Uint8Array(1));
      breaks = (error) => controller.error(error);
    },
  });
  const { api } = scripted([new Response(body)]);
  const response = await api.fetch('https://api.example.com/x');
  const loop = (response.body as ReadableStream).values({ preventCancel: false });
  await loop.next();
  breaks(Object.assign(new TypeError('terminated'), { cause: { code: 'ECONNRESET' } }));
  const error = await rejection(loop.return?.(undefined) as Promise<unknown>);
  expect(resilienceErrorOf(error)).toMatchObject({ code: 'NETWORK' });
  const reader = (response.body as ReadableStream).getReader();
  const all = [reader.read(), reader.closed, reader.cancel(), reader.cancel('again')];
  for (const each of all) expect(await rejection(each)).toBe(error);
  reader.releaseLock();
  expect(await rejection((response.body as ReadableStream).cancel())).toBe(error);
});

test('cancelling a body that is being read, or that has not broken, is the platform’s own matter', async () => {
  const { api } = scripted([new Response('whole'), new Response('whole')]);
  const { body } = await api.fetch('https://api.example.com/x');
  const reader = (body as ReadableStream).getReader();
  const error = await rejection((body as ReadableStream).cancel());
  expect(error).toBeInstanceOf(TypeError);
  expect(isResilienceError(error)).toBe(false);
  expect(await reader.cancel()).toBe(undefined);
});
