import { constants } from 'node:http2';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { undiciTransport } from '@holdfast/undici';
import { type ClientOptions, createResilientClient, type NetworkError, type ResilientClient } from 'holdfast';
import { Agent, EnvHttpProxyAgent, ProxyAgent } from 'undici';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { flowing } from './support/flowing.ts';
import { settled } from './support/settled.ts';
import { answering, type Identity, identityOf, listenSecurely, serveSecurely, tunnelling } from './support/tls.ts';

let good: Identity;
let expired: Identity;
let elsewhere: Identity;
let stranger: Identity;
const before = getCACertificates('default');

// The platform's fetch, and an agent without further settings, take their root certificates from here.
beforeAll(async () => {
  [good, expired, elsewhere, stranger] = await Promise.all([
    identityOf('localhost'),
    identityOf('localhost', { isExpired: true }),
    identityOf('elsewhere.example'),
    identityOf('localhost'),
  ]);
  setDefaultCACertificates([good, expired, elsewhere].map(({ cert }) => cert));
});
afterAll(() => setDefaultCACertificates(before));

function clientOf(options: ClientOptions): ResilientClient {
  const client = createResilientClient({ random: () => 0, ...options });
  onTestFinished(() => client.close());
  return client;
}

const transports: Readonly<Record<string, () => ClientOptions>> = {
  'the platform’s fetch': () => ({}),
  undici: () => ({ transport: undiciTransport() }),
};

const failureOf = async (call: Promise<Response>): Promise<NetworkError> => {
  const error = await call.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toMatchObject({ code: 'NETWORK' });
  return error;
};

describe.for(Object.entries(transports))('over TLS, by %s', ([, options]) => {
  test('a certificate that is trusted is enough', async () => {
    const { port, heard } = await serveSecurely(good);
    const api = clientOf(options());
    const answer = await api.post(`https://localhost:${port}/`, { json: { id: 1 } }).json<{ version: string }>();
    expect(heard).toEqual([{ ...answer, method: 'POST', body: '{"id":1}' }]);
  });

  test.for([
    ['is signed by a stranger', () => stranger, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['has expired', () => expired, 'CERT_HAS_EXPIRED'],
    ['is for another host', () => elsewhere, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ] as const)('one that %s is refused for good, and nothing was sent', async ([, identity, reason]) => {
    const { port, heard } = await serveSecurely(identity());
    const call = clientOf(options()).post(`https://localhost:${port}/`, { json: { id: 1 } });
    const error = await failureOf(call);
    expect(error).toMatchObject({ reason, permanent: true, applied: 'no', attempts: { length: 1 } });
    expect(error).toMatchObject({ cause: { message: 'fetch failed', cause: { code: reason } } });
    expect(heard).toEqual([]);
  });

  test('one that is refused after a redirect is refused when the first server has had the request', async () => {
    const refused = await serveSecurely(stranger);
    const first = await serveSecurely(good, { location: `https://localhost:${refused.port}/` });
    for (const method of ['GET', 'POST', 'DELETE']) {
      const error = await failureOf(clientOf(options()).fetch(`https://localhost:${first.port}/`, { method }));
      expect(error).toMatchObject({ reason: 'DEPTH_ZERO_SELF_SIGNED_CERT', permanent: true, applied: 'unknown' });
    }
    expect(first.heard.map(({ method }) => method)).toEqual(['GET', 'POST', 'DELETE']);
    expect(refused.heard).toEqual([]);
  });
});

test('fetch follows a GET’s redirects by itself: whose certificate was refused, it does not say', async () => {
  const { port } = await serveSecurely(stranger);
  const url = `https://localhost:${port}/`;
  const applied = async (options: ClientOptions, init?: RequestInit): Promise<unknown> =>
    (await failureOf(clientOf(options).fetch(url, init))).applied;
  expect(await applied({})).toBe('unknown');
  expect(await applied({}, { redirect: 'manual' })).toBe('no');
  expect(await applied({ transport: undiciTransport() })).toBe('no');
});

test('without an agent of the caller’s own, HTTP/1.1 is spoken on every Node', async () => {
  const { port } = await serveSecurely(good);
  const api = clientOf({ transport: undiciTransport() });
  expect(await api.get(`https://localhost:${port}/`).json()).toEqual({ version: '1.1' });
});

test('an agent’s own roots count, and no others; HTTP/2 is spoken where it is allowed', async () => {
  const { port } = await serveSecurely(stranger);
  const url = `https://localhost:${port}/`;
  for (const allowH2 of [false, true]) {
    const agent = new Agent({ allowH2, connect: { ca: stranger.cert } });
    onTestFinished(() => agent.destroy());
    const api = clientOf({ transport: undiciTransport(agent) });
    expect(await api.post(url, { json: { id: 1 } }).json()).toEqual({ version: allowH2 ? '2.0' : '1.1' });
    const body = new Blob(['a', 'b']).stream();
    const streamed = await api.fetch(url, { method: 'POST', body, duplex: 'half' } as RequestInit);
    expect(await streamed.json()).toEqual({ version: allowH2 ? '2.0' : '1.1' });
  }
});

describe('over HTTP/2', () => {
  type Listener = Parameters<typeof listenSecurely>[1];
  async function speaking(listener: Listener): Promise<{ readonly api: ResilientClient; readonly url: string }> {
    const { port } = await listenSecurely(good, listener);
    const agent = new Agent();
    onTestFinished(() => agent.destroy());
    return { api: clientOf({ transport: undiciTransport(agent) }), url: `https://localhost:${port}/` };
  }

  test('a stream that the server refuses was not processed, so that a POST is sent again', async () => {
    const { api, url } = await speaking((_incoming, { stream }) => stream.close(constants.NGHTTP2_REFUSED_STREAM));
    const error = await failureOf(api.post(url, { json: {} }));
    expect(error).toMatchObject({ reason: 'ERR_HTTP2_STREAM_ERROR', applied: 'no', attempts: { length: 3 } });
  });

  test('one that it breaks may have been acted on', async () => {
    const { api, url } = await speaking((_incoming, { stream }) => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
    const error = await failureOf(api.post(url, { json: {} }));
    expect(error).toMatchObject({ reason: 'ERR_HTTP2_STREAM_ERROR', applied: 'unknown', attempts: { length: 1 } });
  });

  test('a body waits for its reader, and then comes whole', async () => {
    const size = 32 * 1024 * 1024;
    let written = (): number => 0;
    const { api, url } = await speaking((_incoming, response) => {
      written = flowing(response, size);
    });
    const response = await api.fetch(url);
    const held = await settled(() => written());
    expect(held).toBeLessThan(size / 2);
    expect((await response.bytes()).byteLength).toBe(size);
  });

  test('an abort ends its stream, and not the connection', async () => {
    let close = (): void => {};
    const closed = new Promise<void>((resolve) => {
      close = resolve;
    });
    const sessions = new Set<unknown>();
    const { api, url } = await speaking((incoming, response) => {
      sessions.add(incoming.stream.session);
      if (incoming.url === '/next') return void response.end('the next');
      response.stream.on('error', () => undefined);
      response.once('close', close);
      response.write('a beginning');
    });
    const controller = new AbortController();
    const reading = (await api.fetch(url, { signal: controller.signal })).text();
    const reason = new Error('my own reason');
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
    await closed;
    expect(await api.get(`${url}next`).text()).toBe('the next');
    expect(sessions.size).toBe(1);
  });
});

test.for([
  ['is reset', '', 'resets', 'ECONNRESET'],
  ['is answered in plain HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'ends', 'ERR_SSL_WRONG_VERSION_NUMBER'],
] as const)('a handshake that %s has sent nothing, so that a POST is sent again', async ([, bytes, how, reason]) => {
  const { port } = await answering(bytes, how);
  const call = clientOf({ transport: undiciTransport() }).post(`https://localhost:${port}/`, { json: { id: 1 } });
  expect(await failureOf(call)).toMatchObject({ reason, permanent: false, applied: 'no', attempts: { length: 3 } });
});

describe('a proxy', () => {
  test('is asked for a tunnel, and what goes through it is its own matter', async () => {
    const { port, heard } = await serveSecurely(stranger);
    const proxy = await tunnelling(port);
    const agent = new ProxyAgent({ uri: proxy.origin, requestTls: { ca: stranger.cert } });
    onTestFinished(() => agent.destroy());
    const api = clientOf({ transport: undiciTransport(agent) });
    expect(await api.post('https://localhost/orders', { json: { id: 1 } }).json()).toEqual({ version: '2.0' });
    expect(proxy.asked).toEqual(['CONNECT localhost:443 HTTP/1.1']);
    expect(heard).toEqual([{ version: '2.0', method: 'POST', body: '{"id":1}' }]);
  });

  test('that refuses has kept the request from its server', async () => {
    const proxy = await tunnelling(1, { refuses: true });
    const agent = new ProxyAgent(proxy.origin);
    onTestFinished(() => agent.destroy());
    const api = clientOf({ transport: undiciTransport(agent), retry: 0 });
    const error = await failureOf(api.post('https://localhost/orders', { json: { id: 1 } }));
    expect(error).toMatchObject({ applied: 'no', attempts: { length: 1 } });
  });

  test('behind it, certificates are still checked', async () => {
    const { port, heard } = await serveSecurely(stranger);
    const proxy = await tunnelling(port);
    const agent = new ProxyAgent(proxy.origin);
    onTestFinished(() => agent.destroy());
    const call = clientOf({ transport: undiciTransport(agent) }).post('https://localhost/orders', { json: {} });
    expect(await failureOf(call)).toMatchObject({ reason: 'DEPTH_ZERO_SELF_SIGNED_CERT', applied: 'no' });
    expect(heard).toEqual([]);
  });

  test('that the environment names is used, except for the hosts that it excludes', async () => {
    const { port } = await serveSecurely(good);
    const proxy = await tunnelling(port);
    vi.stubEnv('HTTPS_PROXY', proxy.origin).stubEnv('NO_PROXY', `localhost:${port}`);
    onTestFinished(() => void vi.unstubAllEnvs());
    const agent = new EnvHttpProxyAgent();
    onTestFinished(() => agent.destroy());
    const api = clientOf({ transport: undiciTransport(agent) });
    await api.get(`https://localhost:${port}/`);
    expect(proxy.asked).toEqual([]);
    await api.get('https://localhost/');
    expect(proxy.asked).toEqual(['CONNECT localhost:443 HTTP/1.1']);
  });
});
