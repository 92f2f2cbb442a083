import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { ManualClock } from '@holdfast/core/testing';
import { expect, onTestFinished, test, vi } from 'vitest';
import { UnreadBodies } from '../src/unread-bodies.ts';

/** A body of three pieces, as a stream that the test can stop in the middle. */
function streamed(): Response {
  let left = 3;
  const pull = (controller: ReadableStreamDefaultController): void => {
    if (left-- === 0) controller.close();
    else controller.enqueue(new TextEncoder().encode('{"a":1}'.slice((2 - left) * 3, (3 - left) * 3)));
  };
  return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }));
}

/** Nobody waits for a permit. */
function onBodyEnd(response: Response, end: () => void): void {
  new UnreadBodies(new ManualClock(), () => false, end).hold(response);
}

async function endOf(response: Response, use: (response: Response) => unknown): Promise<number> {
  const end = vi.fn();
  onBodyEnd(response, end);
  await Promise.resolve(use(response)).catch(() => undefined);
  for (let turns = 0; turns < 5; turns++) await turn();
  return end.mock.calls.length;
}

const read = async (stream: ReadableStream<Uint8Array> | null): Promise<void> => {
  for await (const _piece of stream ?? []);
};

test.each<[string, (response: Response) => unknown]>([
  ['text()', (response) => response.text()],
  ['json()', (response) => response.json()],
  ['arrayBuffer()', (response) => response.arrayBuffer()],
  ['blob()', (response) => response.blob()],
  ['bytes()', (response) => response.bytes()],
  ['formData(), which fails', (response) => response.formData()],
  ['a loop', (response) => read(response.body)],
  ['values()', (response) => read(response.body?.values() as never)],
  ['pipeTo()', (response) => response.body?.pipeTo(new WritableStream())],
  ['pipeThrough()', (response) => read(response.body?.pipeThrough(new TransformStream()) ?? null)],
  ['another Response', (response) => new Response(response.body).text()],
  ['cancel()', (response) => response.body?.cancel()],
  ['a reader that cancels', (response) => response.body?.getReader().cancel()],
  [
    'a reader that cancels and lets go',
    (response) => {
      const reader = response.body?.getReader();
      reader?.cancel();
      reader?.releaseLock();
    },
  ],
  ['one half of tee()', (response) => read(response.body?.tee()[1] ?? null)],
  ['a clone, read', (response) => response.clone().text()],
  [
    'the original, after a clone',
    (response) => {
      response.clone();
      return response.text();
    },
  ],
  [
    'clone and original, both cancelled',
    async (response) => {
      const clone = response.clone();
      await Promise.all([response.body?.cancel(), clone.body?.cancel()]);
    },
  ],
  [
    'a loop that is left',
    async (response) => {
      for await (const _piece of response.body ?? []) break;
    },
  ],
  [
    'a reader that lets go, and another one',
    async (response) => {
      const reader = response.body?.getReader();
      await reader?.read();
      reader?.releaseLock();
      await read(response.body);
    },
  ],
])('a body ends once with %s', async (_name, use) => {
  expect(await endOf(streamed(), use)).toBe(1);
});

test.each<[string, (response: Response) => unknown]>([
  ['nobody reads', () => undefined],
  ['somebody has begun to read', (response) => response.body?.getReader().read()],
  [
    'one half was cancelled',
    (response) => {
      response.body?.tee()[0]?.cancel();
    },
  ],
  [
    'a reader of one half has cancelled',
    (response) => {
      response.body?.tee()[0]?.getReader().cancel();
    },
  ],
  [
    'the clone was cancelled',
    (response) => {
      response.clone().body?.cancel();
    },
  ],
  [
    'a reader has let go',
    async (response) => {
      const reader = response.body?.getReader();
      await reader?.read();
      reader?.releaseLock();
    },
  ],
  [
    'a loop has left it for another',
    async (response) => {
      for await (const _piece of response.body?.values({ preventCancel: true }) ?? []) break;
    },
  ],
  [
    'a cancel is refused, since somebody reads',
    (response) => {
      response.body?.getReader();
      return response.body?.cancel();
    },
  ],
])('a body goes on while %s', async (_name, use) => {
  expect(await endOf(streamed(), use)).toBe(0);
});

test('a body that breaks has ended', async () => {
  const broken = new Response(new ReadableStream({ pull: (controller) => controller.error(new Error('reset')) }));
  expect(await endOf(broken, (response) => response.text())).toBe(1);
  const again = new Response(new ReadableStream({ pull: (controller) => controller.error(new Error('reset')) }));
  expect(await endOf(again, (response) => read(response.body))).toBe(1);
});

test('there is nothing to wait for where there is no body', async () => {
  expect(await endOf(new Response(null, { status: 204 }), () => undefined)).toBe(1);
});

test('a response of the platform’s stays what it is', async () => {
  const server = createServer((_request, response) => response.setHeader('x-a', '1').end('{"id":1}'));
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`;
  const response = await fetch(url);
  const end = vi.fn();
  onBodyEnd(response, end);
  expect(response).toBeInstanceOf(Response);
  expect(response.constructor).toBe(Response);
  expect(Object.prototype.toString.call(response)).toBe('[object Response]');
  expect([response.url, response.status, response.headers.get('x-a'), response.bodyUsed]).toEqual([
    url,
    200,
    '1',
    false,
  ]);
  expect(response.body).toBe(response.body);
  expect(response.body).toBeInstanceOf(ReadableStream);
  const clone = response.clone();
  expect(clone.url).toBe(url);
  expect(await response.json()).toEqual({ id: 1 });
  expect(response.bodyUsed).toBe(true);
  expect(end).toHaveBeenCalledOnce();
  expect(await new Response((await fetch(url)).body).text()).toBe('{"id":1}');
});

test('what others do wrong is told as by the platform', async () => {
  const response = streamed();
  onBodyEnd(response, () => undefined);
  await response.text();
  await expect(response.text()).rejects.toThrow(TypeError);
  expect(() => response.clone()).toThrow(TypeError);
  const other = streamed();
  onBodyEnd(other, () => undefined);
  other.body?.getReader();
  expect(() => other.body?.getReader()).toThrow(TypeError);
});
