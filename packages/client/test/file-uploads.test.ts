import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, openAsBlob, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createResilientClient, type ResilientClient } from 'holdfast';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { rejection } from './support/scripted.ts';
import { json, type ReceivedRequest, serve } from './support/server.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-uploads-'));
afterAll(() => rmSync(folder, { recursive: true }));
const bytes = Buffer.alloc(300_000, 'a file – 🎈');
const path = join(folder, 'file.bin');
writeFileSync(path, bytes);

const hash = (given: Uint8Array): string => createHash('sha256').update(given).digest('hex');

/** A server that refuses the first upload, and records what it receives of the next one. */
async function refusingOnce() {
  const { origin, requests } = await serve((request, response) => {
    if (requests.length === 1) json(response, 503, {}, { 'retry-after': '0' });
    else json(response, 200, { bytes: request.body.length, hash: hash(request.body) });
  });
  const api = createResilientClient({ baseUrl: `${origin}/`, idempotencyKeys: true });
  onTestFinished(() => api.close());
  return { api, origin, requests };
}

const bodies: Readonly<Record<string, () => Blob | Uint8Array<ArrayBuffer> | string | Promise<Blob>>> = {
  'a file by openAsBlob': () => openAsBlob(path),
  'a part of a file': async () => (await openAsBlob(path)).slice(0, bytes.length),
  'a Blob': () => new Blob([bytes]),
  'a view of bytes': () => new Uint8Array(bytes),
  'a string': () => bytes.toString(),
};

describe('is sent again, whole, and needs no cast:', () => {
  test.each(Object.entries(bodies))('%s', async (_, bodyOf) => {
    const { api, requests } = await refusingOnce();
    expect(await api.post('x', { body: await bodyOf() }).json()).toEqual({ bytes: bytes.length, hash: hash(bytes) });
    expect(requests.map(({ body }) => body.length)).toEqual([bytes.length, bytes.length]);
  });

  test.each(Object.entries(bodies))('%s, by client.fetch', async (_, bodyOf) => {
    const { api, origin } = await refusingOnce();
    const response = await api.fetch(`${origin}/x`, { method: 'PUT', body: await bodyOf() });
    expect(await response.json()).toEqual({ bytes: bytes.length, hash: hash(bytes) });
  });

  test('a form with a file', async () => {
    const { api, requests } = await refusingOnce();
    const body = new FormData();
    body.set('file', await openAsBlob(path), 'file.bin');
    body.set('name', 'é');
    await api.put('x', { body }).json();
    const parts = await Promise.all(requests.map(formOf));
    expect(parts).toEqual([
      [hash(bytes), 'file.bin', 'é'],
      [hash(bytes), 'file.bin', 'é'],
    ]);
  });
});

async function formOf({ headers, body }: ReceivedRequest): Promise<readonly unknown[]> {
  const type = headers['content-type'] ?? '';
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
  const file = form.get('file') as File;
  return [hash(await file.bytes()), file.name, form.get('name')];
}

type Options = NonNullable<Parameters<ResilientClient['post']>[1]>;
// @ts-expect-error: TypeScript's body type is the browser's, and does not include Node's streams.
const readable = (): Options => ({ body: createReadStream(path) });
const web = (): Options => ({ body: Readable.toWeb(createReadStream(path)) as unknown as ReadableStream });

test.each([
  ['createReadStream', readable],
  ['its web stream', web],
])('%s needs a cast, is sent once, and is not retried', async (_, optionsOf) => {
  const { api, requests } = await refusingOnce();
  const error = await rejection(api.post('x', optionsOf()).json());
  expect(error).toMatchObject({ status: 503, decision: { because: 'notReplayable' } });
  expect(requests.map(({ body }) => body.length)).toEqual([bytes.length]);
});

describe('progress holds no permit:', () => {
  type Call = (api: ResilientClient, index: number, told: (percent: number) => void) => Promise<unknown>;
  const calls: Readonly<Record<string, Call>> = {
    'of an upload': (api, index, told) =>
      api.post(`${index}`, { body: bytes, onUploadProgress: ({ percent }) => told(percent) }).json(),
    'of a download': (api, index, told) =>
      api.get(`${index}`, { onDownloadProgress: ({ percent }) => told(percent) }).json(),
  };

  test.each(Object.entries(calls))('%s', async (_, call) => {
    const log: string[] = [];
    const { origin } = await serve(({ path }, response) => {
      log.push(`${path} asked`);
      json(response, 200, { filler: 'x'.repeat(200_000) });
    });
    const api = createResilientClient({ baseUrl: `${origin}/`, rateLimit: { maxConcurrent: 1 } });
    onTestFinished(() => api.close());
    const indexes = Array.from({ length: 5 }, (_, index) => index);
    await Promise.all(
      indexes.map((index) => call(api, index, (percent) => log.push(`/${index} ${percent < 1 ? 'some' : 'all'}`))),
    );
    // Each call reports its own progress.
    expect([...new Set(log.map((line) => line.split(' ')[0]))]).toEqual(indexes.map((index) => `/${index}`));
    const turns = log.map((line) => line.split(' ')[0]).filter((turn, index, all) => turn !== all[index - 1]);
    expect(turns).toEqual(indexes.map((index) => `/${index}`));
    for (const index of indexes) expect(log.filter((line) => line === `/${index} all`)).not.toHaveLength(0);
    expect(api.snapshot().limiters).toMatchObject([{ running: 0, queued: 0 }]);
  });

  test('a call that waits for its retry does not delay the next one', async () => {
    const paths: string[] = [];
    const { origin } = await serve(({ path }, response) => {
      paths.push(path);
      json(response, paths.length === 1 ? 503 : 200, {});
    });
    const api = createResilientClient({ baseUrl: `${origin}/`, rateLimit: { maxConcurrent: 1 } });
    onTestFinished(() => api.close());
    const upload = api.put('upload', { body: bytes, onUploadProgress: () => {} }).json();
    await Promise.all([upload, api.get('other').json()]);
    expect(paths).toEqual(['/upload', '/other', '/upload']);
  });

  test('a download that is not read any more gives its permit back, as without progress', async () => {
    const { origin } = await serve((_, response) => json(response, 200, { filler: 'x'.repeat(2_000_000) }));
    for (const options of [{}, { onDownloadProgress: () => {} }]) {
      const api = createResilientClient({ baseUrl: `${origin}/`, rateLimit: { maxConcurrent: 1 } });
      onTestFinished(() => api.close());
      const response = await api.get('x', options);
      expect(api.snapshot().limiters).toMatchObject([{ running: 1 }]);
      await response.body?.cancel();
      await expect.poll(() => api.snapshot().limiters[0]?.running, { timeout: 60_000 }).toBe(0);
    }
  });
});
