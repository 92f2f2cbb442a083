import { createHash } from 'node:crypto';
import { apiKey, createResilientClient, NetworkError, retry } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { rejection, scripted } from './support/scripted.ts';
import { serve } from './support/server.ts';

const typed = async (promise: Promise<unknown>): Promise<NetworkError> => {
  const error = await rejection<TypeError>(promise);
  expect(error.name).toBe('TypeError');
  expect(error.cause).toBeInstanceOf(NetworkError);
  return error.cause as NetworkError;
};
const digest = (text: string, algorithm = 'sha256'): string =>
  `${algorithm}-${createHash(algorithm).update(text).digest('base64')}`;

describe('integrity', () => {
  test('that does not match is final, and says so', async () => {
    const { origin, requests } = await serve((_request, response) => response.end('other'));
    const api = createResilientClient();
    const error = await typed(api.fetch(origin, { integrity: digest('this') }));
    expect(error).toMatchObject({ code: 'NETWORK', applied: 'yes', decision: { action: 'fail' } });
    expect(error.message).toBe(`GET ${origin}/ got an answer that does not match its integrity`);
    expect(requests).toHaveLength(1);
  });

  const byHand = (origin: string) =>
    createResilientClient({ baseUrl: origin, auth: apiKey({ key: 'k' }), allowedOrigins: [origin] });

  test('is checked on the last answer if redirects are followed by hand', async () => {
    const { origin, requests } = await serve(({ path }, response) => {
      if (path === '/from') response.writeHead(302, { location: '/to' }).end('moved');
      else response.end('this');
    });
    const api = byHand(origin);
    const weak = `${digest('other')} ${digest('this', 'sha512')} ${digest('other', 'sha512')} md5-abc`;
    for (const integrity of [digest('this'), digest('this', 'sha384'), weak, 'no digest at all']) {
      const response = await api.fetch(`${origin}/from`, { integrity });
      expect([response.url, response.redirected, await response.text()]).toEqual([`${origin}/to`, true, 'this']);
    }
    const before = requests.length;
    for (const path of ['from', 'to']) {
      for (const integrity of [digest('other'), `${digest('this')} ${digest('other', 'sha512')}`]) {
        const error = await typed(api.fetch(`${origin}/${path}`, { integrity }));
        expect(error).toMatchObject({ permanent: true, applied: 'yes' });
        expect(error.message).toContain('does not match its integrity');
      }
    }
    expect(requests.length - before).toBe(6);
  });
});

describe('redirects that are followed by hand', () => {
  const headers = { 'content-type': 'text/x', 'content-language': 'de', 'x-own': '1' };

  test('a 303 in answer to a GET keeps its content headers; after a POST they go', async () => {
    const { origin, requests } = await serve(({ path }, response) => {
      if (path === '/from') response.writeHead(303, { location: '/to' }).end();
      else response.end();
    });
    const api = createResilientClient({ baseUrl: origin, auth: apiKey({ key: 'k' }) });
    await api.fetch(`${origin}/from`, { headers });
    expect(requests[1]?.headers).toMatchObject(headers);
    await api.fetch(`${origin}/from`, { method: 'POST', body: 'x', headers });
    expect(requests[3]?.headers).toMatchObject({ 'x-own': '1' });
    expect(requests[3]?.headers['content-type']).toBeUndefined();
    expect(requests[3]?.headers['content-language']).toBeUndefined();
  });

  test("leave no origin in mode 'same-origin'", async () => {
    const other = await serve((_request, response) => response.end());
    const { origin } = await serve((_request, response) => response.writeHead(302, { location: other.origin }).end());
    const api = createResilientClient({ baseUrl: origin, auth: apiKey({ key: 'k' }) });
    const error = await typed(api.fetch(origin, { mode: 'same-origin' }));
    expect(error).toMatchObject({ permanent: true, reason: 'REDIRECT' });
    expect(error.message).toContain("'same-origin'");
    expect(other.requests).toHaveLength(0);
  });
});

describe('a Content-Length that is not the length of the body', () => {
  test.for<[string, () => RequestInit['body'], string]>([
    ['too small for a string', () => 'äbc', '3'],
    ['zero', () => 'abc', '0'],
    ['too small for bytes', () => new Uint8Array(8), '2'],
    ['too small for a Blob', () => new Blob(['abc']), '1'],
    ['too large', () => 'abc', '20'],
  ])('%s fails at once, and is not sent', async ([, body, length]) => {
    const { api, transport } = scripted([]);
    const init = { method: 'PUT', headers: { 'content-length': length } };
    const error = await typed(api.fetch('https://a.example/', { ...init, body: body() }));
    expect(error).toMatchObject({ permanent: true, reason: 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH' });
    expect(error.attempts).toHaveLength(1);
    const ofKy = await rejection<NetworkError>(api.put('x', { ...init, body: body() } as object));
    expect(ofKy).toMatchObject({ code: 'NETWORK', permanent: true });
    expect(transport.requests).toHaveLength(0);
  });

  test('that is right is sent', async () => {
    const { api, transport } = scripted([200]);
    await api.fetch('https://a.example/', { method: 'PUT', body: 'äbc', headers: { 'content-length': '4' } });
    expect(transport.requests).toHaveLength(1);
  });
});

describe('425', () => {
  test('is the answer of client.fetch, where no policy says otherwise; client.get() retries it', async () => {
    const { api, clock, transport } = scripted([425, 425, 200, 425, 200, 425, 200]);
    expect((await api.fetch('https://a.example/')).status).toBe(425);
    expect(transport.requests).toHaveLength(1);
    expect((await clock.run(api.get('x'))).status).toBe(200);
    const policies = { 425: retry() };
    const holdfast = { policies };
    expect((await clock.run(api.fetch('https://a.example/', { holdfast }))).status).toBe(200);
    expect((await clock.run(api.extend({ policies }).fetch('https://a.example/'))).status).toBe(200);
  });
});
