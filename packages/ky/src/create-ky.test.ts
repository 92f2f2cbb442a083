import {
  accept,
  attemptTimeout,
  compose,
  deadline,
  fetchTransport,
  type Handler,
  retry,
  retryRing,
} from '@holdfast/core';
import { type ScriptedTransport, type Step, scriptedTransport } from '@holdfast/core/testing';
import ky, { type Hooks, HTTPError, isForceRetryError, isHTTPError, type KyInstance, type Options } from 'ky';
import { describe, expect, test } from 'vitest';
import { createKy } from './create-ky.ts';

const at = 'https://api.example.com/x';
const soon = { delay: () => 1 };

interface Scene {
  readonly api: KyInstance;
  readonly sent: ScriptedTransport['requests'];
}

/** A ky on a scripted transport, without any ring. */
function bare(script: readonly Step[], options?: Options): Scene {
  const transport = scriptedTransport(script);
  return { api: createKy(transport, options), sent: transport.requests };
}

/** A ky on a pipeline that the test composes. */
function composed(script: readonly Step[], options?: Options): Scene {
  const transport = scriptedTransport(script);
  return {
    api: createKy(compose([deadline(), retryRing(), attemptTimeout()], transport), options),
    sent: transport.requests,
  };
}

async function failure(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    return `resolved with ${await promise}`;
  } catch (error) {
    return error;
  }
}

for (const [name, scene] of Object.entries({
  'on a bare transport': bare,
  'on a pipeline composed by hand': composed,
})) {
  describe(name, () => {
    test('it is ky: methods, options, extend and body shortcuts', async () => {
      const { api, sent } = scene([{ json: { a: 1 } }, { body: 'text' }, 200, { body: 'bytes' }], {
        baseUrl: 'https://api.example.com/v1/',
      });
      const further = api
        .extend({ headers: { 'x-b': '2' } })
        .extend((parent) => ({ headers: { 'x-c': String(parent.baseUrl) } }));
      expect(await further.get('a', { searchParams: { q: 1 } }).json()).toEqual({ a: 1 });
      expect(await further.post('b', { json: [2] }).text()).toBe('text');
      expect((await further('c', { method: 'delete' })).status).toBe(200);
      expect(new TextDecoder().decode(await api.create().get(at).bytes())).toBe('bytes');
      expect(sent.map(({ method, url, body }) => `${method} ${url} ${body}`)).toEqual([
        'GET https://api.example.com/v1/a?q=1 ',
        'POST https://api.example.com/v1/b [2]',
        'DELETE https://api.example.com/v1/c ',
        `GET ${at} `,
      ]);
      expect(sent[0]?.headers).toMatchObject({
        accept: 'application/json',
        'x-b': '2',
        'x-c': 'https://api.example.com/v1/',
      });
    });

    test('an error status is ky’s own HTTPError, with its data', async () => {
      const { api } = scene([
        { status: 404, json: { why: 'gone' } },
        { status: 404, body: 'gone' },
      ]);
      const error = (await failure(api.get(at).json())) as HTTPError;
      expect(error).toBeInstanceOf(HTTPError);
      expect(error.message).toBe(`Request failed with status code 404: GET ${at}`);
      expect([error.data, error.response.status, error.request.url]).toEqual([{ why: 'gone' }, 404, at]);
      expect((await api.get(at, { throwHttpErrors: false })).status).toBe(404);
    });

    test('hooks before and after see the call, and afterResponse runs once for each response', async () => {
      const seen: unknown[] = [];
      const hooks: Hooks = {
        beforeRequest: [({ request }) => request.headers.set('x-a', '1')],
        afterResponse: [({ response, retryCount }) => void seen.push(response.status, retryCount)],
        beforeError: [
          ({ error, retryCount }) => {
            seen.push(isHTTPError(error), retryCount);
            return error;
          },
        ],
      };
      const { api, sent } = scene([200, 404], { hooks });
      await api.get(at);
      expect(await failure(api.get(at))).toBeInstanceOf(HTTPError);
      expect(seen).toEqual([200, 0, 404, 0, true, 0]);
      expect(sent.map(({ headers }) => headers['x-a'])).toEqual(['1', '1']);
    });

    test('an abort takes effect, by the option’s signal and by the Request’s', async () => {
      const { api } = scene([]);
      const controller = new AbortController();
      controller.abort('left');
      expect(await failure(api.get(at, { signal: controller.signal }))).toBe('left');
      expect(await failure(api(new Request(at, { signal: controller.signal })))).toBe('left');
    });
  });
}

describe('on a bare transport', () => {
  test('nothing is retried, and a hook that asks for a retry gets its error', async () => {
    const { api, sent } = bare([503, 200], {
      hooks: { afterResponse: [({ response }) => (response.ok ? ky.retry() : undefined)] },
    });
    expect(await failure(api.get(at))).toBeInstanceOf(HTTPError);
    expect(isForceRetryError(await failure(api.get(at)))).toBe(true);
    expect(sent).toHaveLength(2);
  });

  test('the fetch of an option is used where the transport uses it', async () => {
    const fetch = async () => new Response('own');
    expect(await createKy(fetchTransport()).get(at, { fetch }).text()).toBe('own');
  });
});

describe('on a pipeline composed by hand', () => {
  test('the rings go by ky’s retry, timeout and totalTimeout', async () => {
    const { api, sent } = composed([503, 503, 503, 503], { retry: { limit: 3, ...soon } });
    expect(await failure(api.get(at))).toMatchObject({ name: 'HTTPError' });
    expect(sent).toHaveLength(4);
    const hang: Handler = () => new Promise(() => undefined);
    const slow = createKy(compose([deadline(), retryRing(), attemptTimeout()], hang), { retry: 0 });
    expect(await failure(slow.get(at, { timeout: 1 }))).toMatchObject({ code: 'ATTEMPT_TIMEOUT', limitMs: 1 });
    expect(await failure(slow.get(at, { timeout: false, totalTimeout: 1 }))).toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
  });

  test('hooks between attempts run: beforeRetry, shouldRetry, ky.retry()', async () => {
    const seen: unknown[] = [];
    const hooks: Hooks = {
      beforeRetry: [({ request, retryCount }) => request.headers.set('x-retry', String(retryCount))],
      afterResponse: [({ response }) => (response.status === 202 ? ky.retry({ delay: 1 }) : undefined)],
    };
    const shouldRetry = ({ error, retryCount }: { error: Error; retryCount: number }): boolean => {
      seen.push(isHTTPError(error) && error.response.status, retryCount);
      return true;
    };
    const { api, sent } = composed([418, 202, 200], { hooks, retry: { shouldRetry, ...soon } });
    expect((await api.put(at, { json: 1 })).status).toBe(200);
    expect(seen).toEqual([418, 1]);
    expect(sent.map(({ headers, body }) => [headers['x-retry'], body])).toEqual([
      [undefined, '1'],
      ['1', '1'],
      ['2', '1'],
    ]);
  });

  test('ky.stop ends a call without an answer and without an error, however it is read', async () => {
    const stopping = () => composed([503], { hooks: { beforeRetry: [() => ky.stop] }, retry: soon }).api.get(at);
    expect(await stopping()).toBeUndefined();
    expect(await stopping().json()).toBeUndefined();
    expect(await stopping().text()).toBeUndefined();
  });

  test('a status that a ring accepts is an answer', async () => {
    const accepting = {
      name: 'mine',
      execute: (...[request, next, context]: Parameters<Parameters<typeof compose>[0][number]['execute']>) =>
        next(request, {
          ...context,
          settings: {
            ...context.settings,
            levels: [
              { rules: [], table: new Map([['404', accept()]]), judgesSuccess: false },
              ...context.settings.levels,
            ],
          },
        }),
    };
    const api = createKy(compose([accepting, retryRing()], scriptedTransport([404])));
    expect((await api.get(at)).status).toBe(404);
    expect(retry().limit).toBe(2);
  });

  test('a real request goes out, and comes back', async () => {
    const { createServer } = await import('node:http');
    const server = createServer((_request, response) => response.end('from afar'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as { port: number };
      const api = createKy(compose([deadline(), retryRing(), attemptTimeout()], fetchTransport()));
      expect(await api.get(`http://127.0.0.1:${port}/`).text()).toBe('from afar');
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});
