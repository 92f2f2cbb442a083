import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ManualClock } from '@holdfast/core/testing';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { watchBody } from '../src/limiter/watched-body.ts';
import { scene } from './support/scene.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const text = '{"a":1}';

/** A body of three pieces, which comes as it is read. */
function streamed(): Response {
  let left = 3;
  const pull = (controller: ReadableStreamDefaultController): void => {
    if (left-- === 0) controller.close();
    else controller.enqueue(new TextEncoder().encode(text.slice((2 - left) * 3, (3 - left) * 3)));
  };
  return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }));
}

/** An answered call that holds the only permit with its body. */
async function held(given = streamed()) {
  const { begin, limiter } = scene({ maxConcurrent: 1 });
  const call = await begin();
  await call.answer(given);
  const running = async (): Promise<number | undefined> => {
    for (let turns = 0; turns < 5; turns++) await turn();
    return limiter.snapshot()[0]?.running;
  };
  return { response: call.response as Response, running, begin };
}

type Use = (response: Response) => unknown;

const read = async (stream: ReadableStream<Uint8Array> | null | undefined): Promise<void> => {
  for await (const _piece of stream ?? []);
};
const plain = (response: Response): Response => Object.setPrototypeOf(response, Response.prototype);

describe('a body gives its permit back', () => {
  test.each<[string, Use]>([
    ...(['text', 'json', 'arrayBuffer', 'blob', 'bytes'] as const).map((name): [string, Use] => [
      `${name}()`,
      (response) => response[name](),
    ]),
    ['formData(), which fails', (response) => response.formData()],
    ['the method of the platform’s prototype', (response) => Response.prototype.text.call(response)],
    ['its prototype taken away, and text()', (response) => plain(response).text()],
    ['its prototype taken away, and a loop', (response) => read(plain(response).body)],
    ['its prototype taken away, and pipeTo()', (response) => plain(response).body?.pipeTo(new WritableStream())],
    ['its prototype taken away, and a clone', (response) => plain(response).clone().text()],
    ['its prototype taken away, and cancel()', (response) => plain(response).body?.cancel()],
    ['a loop', (response) => read(response.body)],
    ['values()', (response) => read(response.body?.values() as never)],
    ['a loop that is left', (response) => response.body?.values().return?.()],
    ['pipeTo()', (response) => response.body?.pipeTo(new WritableStream())],
    ['pipeThrough()', (response) => read(response.body?.pipeThrough(new TransformStream()))],
    ['another Response', (response) => new Response(response.body).text()],
    ['cancel()', (response) => response.body?.cancel()],
    ['a reader that cancels', (response) => response.body?.getReader().cancel()],
    ['one half of tee()', (response) => read(response.body?.tee()[1])],
    ['a clone that is read', (response) => response.clone().text()],
    ['a look at its body, and text()', (response) => [response.body, response.text()][1]],
    ['a clone that is dropped, and text()', (response) => [response.clone(), response.text()][1]],
  ])('after %s', async (_name, use) => {
    const { response, running } = await held();
    expect(await running()).toBe(1);
    await Promise.resolve(use(response)).catch(() => undefined);
    expect(await running()).toBe(0);
  });

  test('when it breaks', async () => {
    const broken = new ReadableStream({ pull: (controller) => controller.error(new Error('reset')) });
    const { response, running } = await held(new Response(broken, { status: 200 }));
    await expect(response.text()).rejects.toThrow('reset');
    expect(await running()).toBe(0);
  });
});

/** What some instrumentation returns: a Proxy whose methods and getters are applied to the response itself. */
function proxied(): Response {
  return new Proxy(streamed(), {
    get(one, name) {
      const value: unknown = Reflect.get(one, name, one);
      return typeof value === 'function' ? value.bind(one) : value;
    },
  });
}

test.each<[string, () => Response]>([
  ['that is a Proxy', proxied],
  [
    'whose body was replaced by a property',
    () => Object.defineProperty(new Response('another'), 'body', { value: streamed().body }),
  ],
  [
    'whose body is also a property',
    () => {
      const response = streamed();
      return Object.defineProperty(response, 'body', { value: response.body });
    },
  ],
])('a response %s holds no other call up, even if a reader was taken', async (_name, made) => {
  const { begin, clock, limiter } = scene({ maxConcurrent: 1 });
  const call = await begin();
  await call.answer(made());
  const reader = call.response?.body?.getReader();
  await begin();
  await clock.advance(10);
  expect(limiter.snapshot()[0]).toMatchObject({ running: 1, queued: 0 });
  reader?.releaseLock();
  expect(await read(call.response?.body)).toBe(undefined);
});

test.each<[string, () => Response]>([
  ['as the platform makes it', streamed],
  [
    'of another class, around which there is a stream',
    () => new (class extends Response {})(streamed().body, { headers: { 'x-a': '1' } }),
  ],
  ['that is frozen', () => Object.freeze(streamed())],
])('a response %s is read once, and says so as the platform does', async (_name, made) => {
  const { response, running } = await held(made());
  expect([response.bodyUsed, response.status, response instanceof Response]).toEqual([false, 200, true]);
  expect(await response.clone().text()).toBe(text);
  const { body } = response;
  expect([response.bodyUsed, body?.locked, body === response.body]).toEqual([false, false, true]);
  expect(await response.json()).toEqual({ a: 1 });
  expect(response.bodyUsed).toBe(true);
  await expect(response.text()).rejects.toThrow(TypeError);
  expect(() => response.clone()).toThrow(TypeError);
  expect(await running()).toBe(0);
});

test('a response whose body is read by a method stays the one that fetch gave, and so does its body', async () => {
  const given = streamed();
  const { body } = given;
  const { response } = await held(given);
  expect(response).toBe(given);
  const reading = response.text();
  expect(body?.locked).toBe(true);
  expect(await reading).toBe(text);
});

test.each([
  ['6.28.1', false],
  ['7.18.2', false],
  ['7.21.0', true],
  ['8.1.0', true],
  [undefined, false],
])(
  'where undici is %s, and so cancels the body of an aborted call or not, a body is watched: %s',
  async (undici, isWatched) => {
    vi.stubGlobal('process', { ...process, versions: { ...process.versions, undici } });
    vi.resetModules();
    const { watchBody } = await import('../src/limiter/watched-body.ts');
    const watched = watchBody(streamed(), { clock: new ManualClock(), ended: () => {} });
    expect(watched !== undefined).toBe(isWatched);
  },
);

test('where npm’s undici has replaced Response, whose older versions do that on each Node, no body is watched', async () => {
  class Replaced {
    #body: ReadableStream;

    constructor(body: ReadableStream | string) {
      this.#body = typeof body === 'string' ? new Blob([body]).stream() : body;
    }

    get body(): ReadableStream {
      return this.#body;
    }

    clone(): Replaced {
      const [own, copy] = this.#body.tee();
      this.#body = own;
      return new Replaced(copy);
    }

    async text(): Promise<void> {
      await this.#body.getReader().read();
    }
  }
  vi.stubGlobal('Response', Replaced);
  vi.resetModules();
  const { watchBody } = await import('../src/limiter/watched-body.ts');
  expect(watchBody(streamed(), { clock: new ManualClock(), ended: () => {} })).toBe(undefined);
});

test.each<[string, (response: Response) => ReadableStream<Uint8Array> | null]>([
  ['looked at', ({ body }) => body],
  ['locked and released', ({ body }) => [body?.getReader().releaseLock(), body][1] ?? null],
  ['cloned', (response) => [response.clone(), response.body][1] as ReadableStream],
])('a body that was %s, and whose call is aborted then, breaks', async (_name, look) => {
  const server = createServer((_request, answer) => answer.write('half')).listen(0);
  onTestFinished(() => void server.close().closeAllConnections());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const controller = new AbortController();
  const { response, running } = await held(await fetch(`http://127.0.0.1:${port}`, controller));
  const body = look(response);
  controller.abort(new Error('given up'));
  await expect(read(body)).rejects.toThrow('given up');
  expect(await running()).toBe(0);
});

test('a body can be looked at when another Response has taken the place of the platform’s', async () => {
  const { response } = await held();
  vi.stubGlobal('Response', class Other {});
  expect(await read(response.body)).toBe(undefined);
});

test('a body outlives its response, and can be read when that is garbage', async () => {
  // Node cancels the body of a response that `fetch` has made.
  const bodyOf = async (): Promise<ReadableStream<Uint8Array> | null> =>
    (await held(await fetch(`data:text/plain,${text}`))).response.body;
  const body = await bodyOf();
  for (let round = 0; round < 20; round++) {
    collectGarbage();
    await turn();
  }
  expect(await new Response(body).text()).toBe(text);
});

test('an unread response is garbage when its caller has dropped it, and its body gives the permit back', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  const { begin, limiter } = scene({ maxConcurrent: 3 });
  const answered = async (): Promise<WeakRef<Response>> => {
    const call = await begin();
    const response = streamed();
    await call.answer(response);
    return new WeakRef(response);
  };
  const reference = await answered();
  vi.advanceTimersByTime(10);
  for (let round = 0; round < 50 && limiter.snapshot()[0]?.running === 1; round++) {
    collectGarbage();
    await turn();
  }
  expect([reference.deref(), limiter.snapshot()[0]?.running]).toEqual([undefined, 0]);
});

test('responses become garbage while no timer fires, too', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  const parts = { clock: new ManualClock(), ended: () => {} };
  const watched = (): WeakRef<Response> => {
    const response = streamed();
    watchBody(response, parts);
    return new WeakRef(response);
  };
  const references = Array.from({ length: 2_001 }, watched);
  // A reference that was made or read keeps its object until the end of the job.
  await turn();
  collectGarbage();
  expect(references[0]?.deref()).toBe(undefined);
});
