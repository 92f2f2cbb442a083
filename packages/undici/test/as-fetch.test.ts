import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
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
  let asked = 0;
  const origin = await listening((request, response) => {
    asked++;
    request.resume().on('end', () => response.writeHead(asked === 1 ? 421 : 200).end());
  });
  const ask = async (init?: RequestInit): Promise<readonly [number, number]> => {
    asked = 0;
    return [(await api().fetch(origin, init)).status, asked];
  };
  expect(await ask()).toEqual([200, 2]);
  expect(await ask({ method: 'POST', body: 'text' })).toEqual([200, 2]);
  const body = new Blob(['x']).stream();
  expect(await ask({ method: 'POST', body, duplex: 'half' } as RequestInit)).toEqual([421, 1]);
});

test.for(['follow', 'manual', 'error'] as const)('integrity is checked (redirect: %s)', async (redirect) => {
  const origin = await listening((_request, response) => response.end('this'));
  const integrity = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;
  const right = await api().fetch(origin, { integrity: integrity('this'), redirect });
  expect(await right.text()).toBe('this');
  await expect(api().fetch(origin, { integrity: integrity('other'), redirect })).rejects.toThrow(
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
