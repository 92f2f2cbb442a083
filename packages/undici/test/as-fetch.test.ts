import { createHash } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { undiciTransport } from '@holdfast/undici';
import { createResilientClient } from 'holdfast';
import { afterEach, expect, test, vi } from 'vitest';

type Answer = Parameters<typeof createServer>[1];

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
  vi.unstubAllEnvs();
});

async function listening(answer: NonNullable<Answer>): Promise<string> {
  const server = createServer(answer as never);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const integrityOf = (body: string): string => `sha256-${createHash('sha256').update(body).digest('base64')}`;

const api = () => createResilientClient({ transport: undiciTransport(), retry: 0 });

test('reader.closed settles when the connection is cut, though it is not read on', async () => {
  let cut = (): void => {};
  const origin = await listening((_request, response) => {
    response.write('first');
    cut = () => response.destroy();
  });
  const response = await api().fetch(origin);
  const reader = (response.body as ReadableStream).getReader();
  await reader.read();
  cut();
  await expect(reader.closed).rejects.toBeInstanceOf(TypeError);
});

test('421 is asked once more, with a body that is at hand; a stream is not sent again', async () => {
  const asked: { readonly type: string | undefined; readonly body: string }[] = [];
  const origin = await listening(async (request, response) => {
    asked.push({ type: request.headers['content-type'], body: await text(request) });
    response.writeHead(asked.length === 1 ? 421 : 200).end();
  });
  const ask = async (init?: RequestInit): Promise<readonly [number, number]> => {
    asked.splice(0);
    return [(await api().fetch(origin, init)).status, asked.length];
  };
  expect(await ask()).toEqual([200, 2]);
  expect(await ask({ method: 'POST', body: 'text' })).toEqual([200, 2]);
  const body = new Blob(['x']).stream();
  expect(await ask({ method: 'POST', body, duplex: 'half' } as RequestInit)).toEqual([421, 1]);

  const form = new FormData();
  form.append('file', new Blob(['of a file']), 'name');
  expect(await ask({ method: 'POST', body: form })).toEqual([200, 2]);
  for (const { type = '', body: sent } of asked) {
    const read = await new Response(sent, { headers: { 'content-type': type } }).formData();
    expect(await (read.get('file') as File).text()).toBe('of a file');
  }
});

test('integrity is checked on the answer that follows a 421, too', async () => {
  let asked = 0;
  const origin = await listening((_request, response) => {
    asked++;
    response.writeHead(asked === 1 ? 421 : 200).end('other');
  });
  const init = { integrity: integrityOf('this'), redirect: 'error' } as const;
  await expect(api().fetch(origin, init)).rejects.toThrow('does not match its integrity');
  expect(asked).toBe(2);
});

test('a form that is sent again has its length, as at first', async () => {
  const lengths: (string | undefined)[] = [];
  const origin = await listening((request, response) => {
    lengths.push(request.headers['content-length']);
    request.resume().on('end', () => response.writeHead(lengths.length === 1 ? 503 : 200).end());
  });
  const form = new FormData();
  form.append('file', await openAsBlob(import.meta.filename));
  const client = createResilientClient({ transport: undiciTransport(), retry: { limit: 1, delay: () => 0 } });
  expect((await client.fetch(origin, { method: 'PUT', body: form })).status).toBe(200);
  expect(lengths).toEqual([expect.stringMatching(/^\d+$/), lengths[0]]);
});

test.for(['follow', 'manual', 'error'] as const)('integrity is checked (redirect: %s)', async (redirect) => {
  const origin = await listening((_request, response) => response.end('this'));
  const right = await api().fetch(origin, { integrity: integrityOf('this'), redirect });
  expect(await right.text()).toBe('this');
  await expect(api().fetch(origin, { integrity: integrityOf('other'), redirect })).rejects.toThrow(
    'does not match its integrity',
  );
});

test('NODE_USE_ENV_PROXY sends through the proxy that the environment names', async () => {
  const seen: (string | undefined)[] = [];
  const proxy = createServer((request, response) => {
    seen.push(request.url);
    response.end('through the proxy');
  });
  proxy.on('connect', (request, socket) => {
    seen.push(request.url);
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  closing.push(() => proxy.close().closeAllConnections());
  vi.stubEnv('NODE_USE_ENV_PROXY', '1');
  vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
  vi.stubEnv('NO_PROXY', '');
  await api()
    .fetch('http://proxied.example/')
    .catch(() => undefined);
  expect(seen.join()).toContain('proxied.example');
});
