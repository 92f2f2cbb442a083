import { openAsBlob, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { undiciTransport } from '@holdfast/undici';
import { createResilientClient, type NetworkError, type ResilientClient } from 'holdfast';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    request.on('error', () => undefined);
    request.resume().on('end', () => response.end('{}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const foreign = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
const gone = Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' });

function failing(error: Error): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(new Uint8Array(8));
      setImmediate(() => controller.error(error));
    },
  });
}

async function* failingSource(error: Error): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(8);
  throw error;
}

async function fileThatGoesAway(): Promise<Blob> {
  const path = join(tmpdir(), `holdfast-${crypto.randomUUID()}`);
  writeFileSync(path, 'x'.repeat(100_000));
  const blob = await openAsBlob(path);
  rmSync(path);
  return blob;
}

const uploads: readonly (readonly [string, () => unknown])[] = [
  ['a stream that fails', () => failing(new Error('the disk is gone'))],
  ['a stream of a missing file', () => failing(gone)],
  ['a stream that passes another response on, whose connection is reset', () => failing(foreign)],
  ['an iterable that throws what a reset throws', () => failingSource(foreign)],
  ['a Node stream', () => Readable.from(failingSource(new Error('no'))).on('error', () => undefined)],
  ['a file that is gone', () => fileThatGoesAway()],
];

describe.each([
  ['the platform’s fetch', () => createResilientClient()],
  ['undici', () => createResilientClient({ transport: undiciTransport() })],
  ['a fetch of the caller’s own', () => createResilientClient({ fetch: (input, init) => fetch(input, init) })],
] as const)('by %s, an upload that the caller has broken', (_name, create) => {
  test.each(uploads)('(%s) is not retried, and says nothing of the server', async (_what, upload) => {
    const api: ResilientClient = create();
    for (let call = 0; call < 25; call++) {
      const init = { method: 'PUT', body: (await upload()) as BodyInit, duplex: 'half' } as RequestInit;
      const error = (await api.fetch(url, init).catch((error: unknown) => error)) as NetworkError;
      expect(error).toMatchObject({ code: 'NETWORK', permanent: true });
      expect(error.message).toContain('its body could not be read');
      expect(error.attempts).toHaveLength(1);
    }
    expect(api.snapshot().circuits).toMatchObject([{ state: 'closed', failures: 0, successes: 0 }]);
    expect((await api.fetch(url)).status).toBe(200);
    await api.close();
  });
});

test('a connection that the server resets during an upload is still the server’s failure', async () => {
  const resetting = createServer((request) => request.socket.resetAndDestroy());
  await new Promise<void>((resolve) => resetting.listen(0, '127.0.0.1', resolve));
  const api = createResilientClient();
  let over = false;
  const endless = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setImmediate(resolve));
      // Node's fetch continues to read after its failure, as long as there is data.
      if (over) controller.close();
      else controller.enqueue(new Uint8Array(65_536));
    },
  });
  const target = `http://127.0.0.1:${(resetting.address() as AddressInfo).port}/`;
  const init = { method: 'PUT', body: endless, duplex: 'half' } as RequestInit;
  expect(await api.fetch(target, init).catch((error: unknown) => error)).toMatchObject({
    code: 'NETWORK',
    permanent: false,
  });
  expect(api.snapshot().circuits).toMatchObject([{ failures: 1 }]);
  over = true;
  await api.close();
  resetting.close();
});

test('a fetch of the caller’s own that fails for a reason of its own is neutral, whatever code its error has', async () => {
  const api = createResilientClient({ fetch: () => Promise.reject(gone) });
  for (let call = 0; call < 25; call++) {
    expect(await api.fetch('https://api.example.com/').catch((error: unknown) => error)).toBe(gone);
  }
  expect(api.snapshot().circuits).toMatchObject([{ state: 'closed', failures: 0 }]);
  await api.close();
});
