import { openAsBlob } from 'node:fs';
import { undiciTransport } from '@holdfast/undici';
import { bearerToken, type ClientOptions, createResilientClient, type ResilientClient } from 'holdfast';

/** What a case reads or sends. */
export interface CaseParts {
  readonly origin: string;
  /** The length of the download or upload. */
  readonly bytes: number;
  /** A file of 200 MiB. */
  readonly file: string;
}

/** Work whose memory is measured. Resolves to a short text about its result. */
export type Case = (parts: CaseParts) => Promise<string>;

/** A client with all rings that a download may pass through. */
function everyRing(origin: string, options: ClientOptions = {}): ResilientClient {
  return createResilientClient({
    ...{ baseUrl: origin, timeout: false, totalTimeout: false, idleTimeout: 60_000, readBody: 'firstChunk' },
    ...{ resumeBody: true, retry: 5, retryBudget: false, circuitBreaker: { slowCallMs: 60_000 } },
    auth: bearerToken({ token: 'token' }),
    rateLimit: [{ maxConcurrent: 20 }, { requests: 1_000, perMs: 1_000 }],
    ...{ responseCache: true, coalesce: true, fallback: () => undefined },
    perAttempt: [{ name: 'pass', addsIdentity: false, execute: (request, next, context) => next(request, context) }],
    ...options,
  });
}

async function drain(response: Response): Promise<string> {
  let bytes = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) bytes += chunk.byteLength;
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

async function count(items: AsyncIterable<unknown>): Promise<string> {
  let all = 0;
  for await (const _ of items) all++;
  return `${all} items`;
}

/** Two callers share one request. One of them reads the answer; the returned text says how the other one fared. */
async function leftBehind(api: ResilientClient, bytes: number, begin: (slow: Response) => unknown): Promise<string> {
  const [fast, slow] = await Promise.all([api.get(`bytes/${bytes}`), api.get(`bytes/${bytes}`)]);
  const begun = begin(slow);
  const read = await drain(fast);
  const end = await slow.text().then(
    (text) => `${text.length} characters`,
    (error: Error) => `${error.constructor.name}`,
  );
  return `${read}; the other: ${await Promise.resolve(begun).then(() => end)}`;
}

/** Reads the first bytes, then reads no further. */
async function beginToRead(slow: Response): Promise<void> {
  const reader = (slow.body as ReadableStream<Uint8Array>).getReader();
  await reader.read();
  reader.releaseLock();
}

export const cases: Readonly<Record<string, Case>> = {
  'a download by bare fetch': async ({ origin, bytes }) => drain(await fetch(`${origin}bytes/${bytes}`)),
  'a download through every ring': async ({ origin, bytes }) =>
    drain(await everyRing(origin).fetch(`${origin}bytes/${bytes}`)),
  'a download through every ring, by get()': async ({ origin, bytes }) =>
    drain(await everyRing(origin).get(`bytes/${bytes}`)),
  'a download through every ring, by get() with progress': async ({ origin, bytes }) =>
    drain(await everyRing(origin).get(`bytes/${bytes}`, { onDownloadProgress: () => {} })),
  'a download through every ring, over undiciTransport()': async ({ origin, bytes }) =>
    drain(await everyRing(origin, { transport: undiciTransport() }).get(`bytes/${bytes}`)),
  'a download that breaks ten times, and is resumed': async ({ origin, bytes }) =>
    drain(await everyRing(origin).get(`bytes/${bytes}?cut=${Math.ceil(bytes / 10)}`)),
  events: async ({ origin, bytes }) => count(everyRing(origin).events(`events/${bytes / 4}`)),
  lines: async ({ origin, bytes }) => count(everyRing(origin).lines(`lines/${bytes / 4}`)),
  'two callers share a download, and one never reads': ({ origin, bytes }) =>
    leftBehind(everyRing(origin, { responseCache: false, resumeBody: false }), bytes, () => {}),
  'two callers share a download, and one stops after its first bytes': ({ origin, bytes }) =>
    leftBehind(everyRing(origin, { responseCache: false }), bytes, beginToRead),
  'two callers share a download that is cached as well, and one never reads': ({ origin, bytes }) =>
    leftBehind(everyRing(origin), bytes, () => {}),
  'a file of 200 MiB as a Blob, by bare fetch': async ({ origin, file }) =>
    (await fetch(`${origin}bare`, { method: 'POST', body: await openAsBlob(file) })).text(),
  'a file of 200 MiB as a Blob, sent twice': async ({ origin, file }) =>
    upload(everyRing(origin), 'blob', await openAsBlob(file)),
  'a form with a file of 200 MiB, sent twice': async ({ origin, file }) => {
    const form = new FormData();
    form.set('file', await openAsBlob(file), 'file');
    return upload(everyRing(origin), 'form', form);
  },
  'a file of 200 MiB as a Blob, sent twice over undiciTransport()': async ({ origin, file }) =>
    upload(everyRing(origin, { transport: undiciTransport() }), 'undici', await openAsBlob(file)),
  'a file of 200 MiB as a Blob, sent twice, by client.fetch': async ({ origin, file }) => {
    const body = await openAsBlob(file);
    const headers = { 'idempotency-key': '1' };
    const response = await everyRing(origin).fetch(`${origin}fetch`, { method: 'POST', body, headers });
    return JSON.stringify(await response.json());
  },
  'a file of 200 MiB as a Blob, sent twice, with progress': async ({ origin, file }) =>
    upload(everyRing(origin), 'progress', await openAsBlob(file), { onUploadProgress: () => {} }),
};

async function upload(
  api: ResilientClient,
  path: string,
  body: Blob | FormData,
  options: Parameters<ResilientClient['post']>[1] = {},
): Promise<string> {
  return JSON.stringify(await api.post(path, { body, idempotencyKeys: true, ...options }).json());
}
