import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { flowing } from './support/flowing.ts';
import { settled } from './support/settled.ts';
import { type Fetch, fetches, type Listener, serve, toldOf } from './support/world.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server that sends these bytes, and then closes the connection if the test says so. */
async function says(bytes: string, hangsUp: 'ends' | 'resets' | 'stays'): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      if (bytes !== '') socket.write(bytes);
      if (hangsUp === 'ends') socket.end();
      if (hangsUp === 'resets') setImmediate(() => socket.resetAndDestroy());
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The error of a call, before or after the headers, without details that differ from run to run. */
async function endOf(call: Promise<Response>): Promise<unknown> {
  const response = await call.catch((error) => error);
  if (!(response instanceof Response)) return { before: plain(toldOf(response)) };
  return { status: response.status, body: await response.text().catch((error) => plain(toldOf(error))) };
}

const plain = (told: unknown): unknown =>
  JSON.parse(JSON.stringify(told).replaceAll(/127\.0\.0\.1:\d+|:\d{4,}/g, 'there'));

describe('a failure is reported as by fetch', () => {
  const faults: Readonly<Record<string, readonly [string, 'ends' | 'resets' | 'stays']>> = {
    'hangs up at once': ['', 'ends'],
    resets: ['', 'resets'],
    'resets within the headers': ['HTTP/1.1 200 OK\r\nContent-', 'resets'],
    'cuts a body short': ['HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1234', 'ends'],
    'resets within the body': ['HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1234', 'resets'],
    'cuts chunks short': ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n1234\r\n', 'ends'],
    'talks garbage': ['what?\r\n\r\n', 'ends'],
    'talks garbage in chunks': ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 'ends'],
    'has headers without end': [`HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(40_000)}\r\n\r\n`, 'ends'],
    'says its length twice': ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12', 'ends'],
    'ends with the connection': ['HTTP/1.1 200 OK\r\n\r\n1234', 'ends'],
    'has a status of its own': ['HTTP/1.1 799 Odd\r\nContent-Length: 1\r\n\r\n1', 'ends'],
    'has news first': [
      'HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1',
      'ends',
    ],
  };
  for (const [name, [bytes, hangsUp]] of Object.entries(faults)) {
    test(`of a server that ${name}`, async () => {
      const expected = await endOf(fetches.platform(await says(bytes, hangsUp)));
      expect(await endOf(fetches.undici(await says(bytes, hangsUp)))).toEqual(expected);
    });
  }

  test('where no server listens, and where there is no such host', async () => {
    const dead = await says('', 'ends');
    await new Promise((resolve) => servers.pop()?.close(resolve));
    for (const url of [dead, 'http://no-such-host.invalid/']) {
      const expected = await endOf(fetches.platform(url));
      expect(await endOf(fetches.undici(url))).toEqual(expected);
      expect(expected).toMatchObject({ before: { message: 'fetch failed', cause: { code: expect.any(String) } } });
    }
  });

  test('where a request stream breaks', async () => {
    const { origin } = await serve((_incoming, response) => response.end());
    const broken = (): RequestInit => {
      const body = new ReadableStream({ pull: (controller) => controller.error(new Error('my own')) });
      return { method: 'POST', body, duplex: 'half' } as RequestInit;
    };
    const expected = await endOf(fetches.platform(origin, broken()));
    expect(await endOf(fetches.undici(origin, broken()))).toEqual(expected);
  });
});

describe('an abort', () => {
  const reason = new Error('my own reason');
  const never: Listener = () => undefined;
  const begun: Listener = (_incoming, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('1234');
  };

  /** Resolves when the server has seen the connection close. */
  function watched(listener: Listener): {
    readonly listener: Listener;
    readonly gone: Promise<void>;
    readonly came: Promise<void>;
  } {
    let go = (): void => {};
    let come = (): void => {};
    const gone = new Promise<void>((resolve) => {
      go = resolve;
    });
    const came = new Promise<void>((resolve) => {
      come = resolve;
    });
    return {
      gone,
      came,
      listener: (incoming, response, body) => {
        response.once('close', go);
        listener(incoming, response, body);
        come();
      },
    };
  }

  for (const [name, fetch] of Object.entries(fetches) as [string, Fetch][]) {
    test(`before the call sends nothing (${name})`, async () => {
      const { origin, received } = await serve(never);
      await expect(fetch(origin, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      expect(received).toEqual([]);
    });

    test(`before the call lets go of the stream that was to be sent (${name})`, async () => {
      const { origin } = await serve(never);
      const letGo: unknown[] = [];
      const body = new ReadableStream({ cancel: (why) => void letGo.push(why) });
      const init = { method: 'POST', body, duplex: 'half', signal: AbortSignal.abort(reason) } as RequestInit;
      await expect(fetch(origin, init)).rejects.toBe(reason);
      expect(letGo).toEqual([reason]);
    });

    test(`before the headers ends the connection (${name})`, async () => {
      const { listener, came, gone } = watched(never);
      const { origin } = await serve(listener);
      const controller = new AbortController();
      const call = fetch(origin, { signal: controller.signal });
      await came;
      controller.abort(reason);
      await expect(call).rejects.toBe(reason);
      await gone;
    });

    test(`while the body is read ends both, with its reason (${name})`, async () => {
      for (const read of ['text', 'stream', 'bytes'] as const) {
        const { listener, gone } = watched(begun);
        const { origin } = await serve(listener);
        const controller = new AbortController();
        const response = await fetch(origin, { signal: controller.signal });
        const reader = read === 'stream' ? response.body?.getReader() : undefined;
        await reader?.read();
        const reading = reader ? reader.read() : response[read as 'text']();
        controller.abort(reason);
        await expect(reading).rejects.toBe(reason);
        await gone;
      }
    });

    test(`before the body is looked at makes it unreadable (${name})`, async () => {
      const { listener, gone } = watched(begun);
      const { origin } = await serve(listener);
      const controller = new AbortController();
      const response = await fetch(origin, { signal: controller.signal });
      controller.abort(reason);
      await expect(response.text()).rejects.toBe(reason);
      await gone;
    });

    test(`when everything has arrived but is unread, makes it unreadable (${name})`, async () => {
      const { listener, came } = watched((_incoming, response) => response.end('all of it'));
      const { origin } = await serve(listener);
      const controller = new AbortController();
      const response = await fetch(origin, { signal: controller.signal });
      await came;
      await settled(() => 0);
      controller.abort(reason);
      await expect(response.text()).rejects.toBe(reason);
    });

    test(`while a stream goes up ends both (${name})`, async () => {
      let come = (): void => {};
      const came = new Promise<void>((resolve) => {
        come = resolve;
      });
      const { origin } = await duplex(come);
      const controller = new AbortController();
      const body = new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode('a beginning')) });
      const init = { method: 'POST', body, duplex: 'half', signal: controller.signal } as RequestInit;
      const reading = fetch(origin, init).then((response) => response.text());
      await came;
      controller.abort(reason);
      await expect(reading).rejects.toBe(reason);
    });

    test(`within a body that is compressed, or was cloned, breaks every reader of it (${name})`, async () => {
      const squeezed = gzipSync('a text that comes in two parts'.repeat(1000));
      const { listener, gone } = watched((_incoming, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' });
        response.write(squeezed.subarray(0, squeezed.length - 10));
      });
      const { origin } = await serve(listener);
      const controller = new AbortController();
      const response = await fetch(origin, { signal: controller.signal });
      const reading = [response.clone().text(), response.clone().clone().bytes(), response.json()];
      controller.abort(reason);
      const ends = await Promise.allSettled(reading);
      expect(ends).toEqual(reading.map(() => ({ status: 'rejected', reason })));
      await gone;
    });

    test(`behind a redirect, of a Request of one’s own, by whatever reason (${name})`, async () => {
      const { listener, came, gone } = watched(never);
      const elsewhere = await serve(listener);
      const { origin } = await serve((_incoming, response) => {
        response.writeHead(302, { location: elsewhere.origin }).end();
      });
      const controller = new AbortController();
      const call = fetch(new Request(origin, { signal: controller.signal }));
      await came;
      controller.abort('a mere string');
      await expect(call).rejects.toBe('a mere string');
      await gone;
    });

    test(`a body that is cancelled lets its connection go (${name})`, async () => {
      const { listener, gone } = watched(begun);
      const { origin } = await serve(listener);
      const response = await fetch(origin);
      await response.body?.cancel();
      await gone;
    });

    test(`after the end does nothing (${name})`, async () => {
      const { origin } = await serve((_incoming, response) => response.end('all of it'));
      const controller = new AbortController();
      const response = await fetch(origin, { signal: controller.signal });
      const text = await response.text();
      controller.abort(reason);
      expect(text).toBe('all of it');
    });
  }
});

describe('streams', () => {
  for (const [name, fetch] of Object.entries(fetches) as [string, Fetch][]) {
    test(`arrive piece by piece (${name})`, async () => {
      let more = (_text: string): void => {};
      const { origin } = await serve((_incoming, response) => {
        response.write('one');
        more = (text) => response.write(text);
      });
      const reader = (await fetch(origin)).body?.getReader();
      const next = async (): Promise<string> => Buffer.from((await reader?.read())?.value ?? []).toString();
      expect(await next()).toBe('one');
      more('two');
      expect(await next()).toBe('two');
      await reader?.cancel();
    });

    test(`wait for their reader, and then come whole (${name})`, async () => {
      const size = 64 * 1024 * 1024;
      let written = (): number => 0;
      const { origin } = await serve((_incoming, response) => {
        written = flowing(response, size);
      });
      const response = await fetch(origin);
      const held = await settled(() => written());
      expect(held).toBeLessThan(size / 2);
      let read = 0;
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) read += chunk.byteLength;
      expect(read).toBe(size);
    });

    test(`upload while the answer comes down (${name})`, async () => {
      const { origin } = await duplex();
      let push = (_text: string | undefined): void => {};
      const body = new ReadableStream({
        start(controller) {
          push = (text) =>
            text === undefined ? controller.close() : controller.enqueue(new TextEncoder().encode(text));
        },
      });
      push('one');
      const response = await fetch(origin, { method: 'POST', body, duplex: 'half' } as RequestInit);
      const reader = response.body?.getReader();
      const next = async (): Promise<string> => Buffer.from((await reader?.read())?.value ?? []).toString();
      expect(await next()).toBe('ONE');
      push('two');
      expect(await next()).toBe('TWO');
      push(undefined);
      expect((await reader?.read())?.done).toBe(true);
    });
  }
});

/** Answers in capitals while the request is still being sent. */
async function duplex(came = (): void => {}): Promise<{ readonly origin: string }> {
  const { createServer: createHttpServer } = await import('node:http');
  const server = createHttpServer((incoming, response) => {
    response.writeHead(200);
    incoming.on('data', (chunk) => {
      response.write(String(chunk).toUpperCase());
      came();
    });
    incoming.on('end', () => response.end());
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
