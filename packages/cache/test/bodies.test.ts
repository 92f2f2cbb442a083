import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { counting, scene } from './support/scene.ts';

const fresh = { 'cache-control': 'max-age=60' };
const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** A body that makes each piece when it is read, and records how it ended. */
function pieces(given: readonly (Uint8Array | Error)[]): {
  readonly body: ReadableStream<Uint8Array>;
  readonly pulled: () => number;
  readonly cancelled: () => unknown;
} {
  let count = 0;
  let reason: unknown;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = given[count++];
        if (piece === undefined) controller.close();
        else if (piece instanceof Error) controller.error(piece);
        else controller.enqueue(piece);
      },
      cancel(why) {
        reason = why;
      },
    },
    { highWaterMark: 0 },
  );
  return { body, pulled: () => count, cancelled: () => reason };
}

describe('a body', () => {
  test('streams through without waiting for its end', async () => {
    const { answer, send, get, requests } = scene();
    let finish: () => void = () => undefined;
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(encode('first '));
        finish = () => {
          controller.enqueue(encode('last'));
          controller.close();
        };
      },
    });
    answer(() => new Response(stream, { headers: fresh }));
    const reader = (await send()).body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('first ');
    finish();
    await reader?.read();
    expect((await reader?.read())?.done).toBe(true);
    expect(await get()).toBe('first last');
    expect(requests).toHaveLength(1);
  });

  test('is read no faster than its reader reads it', async () => {
    const { answer, send, clock } = scene();
    const { body, pulled } = pieces(Array.from({ length: 100 }, () => new Uint8Array(1000)));
    answer(() => new Response(body, { headers: fresh }));
    const reader = (await send()).body?.getReader();
    await clock.settle();
    expect(pulled()).toBe(0);
    await reader?.read();
    await clock.settle();
    expect(pulled()).toBe(1);
  });

  test('that is not read is not stored', async () => {
    const { answer, send, get } = scene();
    answer(counting(fresh));
    await send();
    expect(await get()).toBe('2');
  });

  test('that is too long is streamed completely, and is not kept', async () => {
    const { answer, get, requests } = scene({ maxEntryBytes: 10 });
    answer(() => new Response(pieces([encode('12345'), encode('678901')]).body, { headers: fresh }));
    expect([await get(), await get()]).toEqual(['12345678901', '12345678901']);
    answer(() => new Response(pieces([encode('12345'), encode('67890')]).body, { headers: fresh }));
    expect([await get(), await get()]).toEqual(['1234567890', '1234567890']);
    expect(requests).toHaveLength(3);
  });

  test('that says that it is too long is returned unchanged', async () => {
    const { answer, send } = scene({ maxEntryBytes: 10 });
    const response = new Response('12345678901', { headers: { ...fresh, 'content-length': '11' } });
    answer(() => response);
    expect(await send()).toBe(response);
  });

  test('that would not be stored is returned unchanged', async () => {
    const { answer, send } = scene();
    for (const headers of [{}, { 'cache-control': 'no-store' }, { ...fresh, vary: '*' }]) {
      const response = new Response('x', { headers });
      answer(() => response);
      expect(await send()).toBe(response);
    }
  });

  test('that breaks off breaks off for its reader, and is not kept', async () => {
    const { answer, send, get } = scene();
    const broken = new TypeError('terminated');
    answer(() => new Response(pieces([encode('half'), broken]).body, { headers: fresh }));
    await expect((await send()).text()).rejects.toBe(broken);
    answer(counting(fresh));
    expect(await get()).toBe('1');
  });

  test.each([
    ['longer', '20'],
    ['shorter', '5'],
  ])('that was to be %s is not kept', async (_, length) => {
    const { answer, get, requests } = scene();
    answer(() => new Response('1234567890', { headers: { ...fresh, 'content-length': length } }));
    expect([await get(), await get()]).toEqual(['1234567890', '1234567890']);
    expect(requests).toHaveLength(2);
  });

  test('that was packed has another length than it says, and is kept', async () => {
    const { answer, get, requests } = scene();
    answer(() => new Response('12345', { headers: { ...fresh, 'content-length': '3', 'content-encoding': 'gzip' } }));
    expect([await get(), await get()]).toEqual(['12345', '12345']);
    expect(requests).toHaveLength(1);
  });

  test('that is cancelled is cancelled at its source, for the same reason, and is not kept', async () => {
    const { answer, send, get } = scene();
    const { body, cancelled } = pieces([encode('half'), encode('whole')]);
    answer(() => new Response(body, { headers: fresh }));
    const reader = (await send()).body?.getReader();
    await reader?.read();
    const reason = new Error('enough');
    await reader?.cancel(reason);
    expect(cancelled()).toBe(reason);
    answer(counting(fresh));
    expect(await get()).toBe('1');
  });

  test('may be overwritten or transferred by its reader', async () => {
    const { answer, send, get } = scene();
    const piece = encode('kept');
    answer(() => new Response(pieces([piece]).body, { headers: fresh }));
    const reader = (await send()).body?.getReader();
    const seen = await reader?.read();
    structuredClone(seen?.value, { transfer: [seen?.value?.buffer as ArrayBuffer] });
    await reader?.read();
    expect(await get()).toBe('kept');
  });

  test('may come in pieces of any kind: empty ones, and ones that share their memory', async () => {
    const { answer, get, requests } = scene();
    const pooled = [Buffer.from('po'), Buffer.alloc(0), Buffer.from('oled')];
    answer(() => new Response(pieces(pooled).body, { headers: fresh }));
    expect([await get(), await get(), requests.length]).toEqual(['pooled', 'pooled', 1]);
    expect(pooled.join('')).toBe('pooled');
  });

  test('whose reading has begun is returned unchanged', async () => {
    const { answer, send } = scene();
    const response = new Response('x', { headers: fresh });
    response.body?.getReader();
    answer(() => response);
    expect(await send()).toBe(response);
  });

  test('can be read into a buffer of the reader, as a body of fetch can', async () => {
    const { answer, send, get, requests } = scene();
    answer(() => new Response(pieces([encode('by'), encode('tes')]).body, { headers: fresh }));
    const reader = (await send()).body?.getReader({ mode: 'byob' });
    let text = '';
    for (;;) {
      const { done, value } = (await reader?.read(new Uint8Array(3))) ?? { done: true, value: undefined };
      if (done) break;
      text += new TextDecoder().decode(value);
    }
    expect(text).toBe('bytes');
    expect(await get()).toBe('bytes');
    expect(requests).toHaveLength(1);
  });

  test('of bytes stays what it is', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const { answer, send } = scene();
    answer(() => new Response(bytes, { headers: fresh }));
    await (await send()).arrayBuffer();
    expect(new Uint8Array(await (await send()).arrayBuffer())).toEqual(bytes);
  });

  test('can be cloned before it is read, and is kept once', async () => {
    const { answer, send, get, requests } = scene();
    answer(counting(fresh));
    const response = await send('/a#b');
    const clone = response.clone();
    expect([response.url, clone.url]).toEqual(['https://api.example.com/a', 'https://api.example.com/a']);
    expect([await response.text(), await clone.text(), await get('/a')]).toEqual(['1', '1', '1']);
    expect(requests).toHaveLength(1);
  });
});

test('half a body of a real server, with and without a length, is not kept', async () => {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    const half = requests <= 2;
    response.writeHead(200, { ...fresh, ...(request.url === '/sized' && { 'content-length': '8' }) });
    response.write('half');
    if (half) setImmediate(() => request.socket.destroy());
    else response.end('half');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => server.close().closeAllConnections());
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { send, get, useNetwork } = scene();
  useNetwork();
  for (const path of ['/sized', '/chunked']) await expect((await send(base + path)).text()).rejects.toThrow();
  for (const path of ['/sized', '/chunked']) expect(await get(base + path)).toBe('halfhalf');
  for (const path of ['/sized', '/chunked']) expect(await get(base + path)).toBe('halfhalf');
  expect(requests).toBe(4);
});

test('an answer that is larger than the memory evicts nothing', async () => {
  const { answer, get, requests } = scene({ maxBytes: 5000 });
  answer(({ url }) => new Response('x'.repeat(url.endsWith('/big') ? 4900 : 100), { headers: fresh }));
  for (const path of ['/1', '/big', '/1']) await get(path);
  expect(requests).toHaveLength(2);
});

test('the memory stays within its limit, and the least recently used answers are removed first', async () => {
  const { answer, get, requests } = scene({ maxBytes: 12_500, maxEntryBytes: 12_500 });
  answer(() => new Response('x'.repeat(2000), { headers: fresh }));
  for (const path of ['/1', '/2', '/3', '/1', '/4']) await get(path);
  expect(requests).toHaveLength(4);
  await get('/1');
  expect(requests).toHaveLength(4);
  await get('/2');
  expect(requests).toHaveLength(5);
});
