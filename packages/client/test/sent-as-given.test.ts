import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runInNewContext } from 'node:vm';
import { createResilientClient, retry } from 'holdfast';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { rejection, scripted } from './support/scripted.ts';

const policies = { 503: retry({ methods: 'any' }) };
const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

describe('a retry sends what was given at the call', () => {
  const cases: readonly (readonly [string, () => readonly [body: BodyInit, change: () => void], RegExp])[] = [
    [
      'bytes that are overwritten',
      () => {
        const body = bytes('first');
        return [body, () => body.set(bytes('later'))];
      },
      /^first$/,
    ],
    [
      'a part of a buffer',
      () => {
        const whole = bytes('..first..');
        return [new Uint8Array(whole.buffer, 2, 5), () => whole.fill(0)];
      },
      /^first$/,
    ],
    [
      'a buffer that is transferred',
      () => {
        const body = bytes('first').buffer;
        return [body, () => structuredClone(body, { transfer: [body] })];
      },
      /^first$/,
    ],
    [
      'a DataView',
      () => {
        const body = bytes('first');
        return [new DataView(body.buffer), () => body.fill(0)];
      },
      /^first$/,
    ],
    [
      'bytes of another realm',
      () => {
        const body: Uint8Array<ArrayBuffer> = runInNewContext('Uint8Array.of(102, 105, 114, 115, 116)');
        return [body, () => body.fill(0)];
      },
      /^first$/,
    ],
    [
      'a buffer of another realm',
      () => {
        const body: Uint8Array<ArrayBuffer> = runInNewContext('Uint8Array.of(102, 105, 114, 115, 116)');
        return [body.buffer, () => body.fill(0)];
      },
      /^first$/,
    ],
    [
      'many bytes',
      () => {
        const body = bytes('first'.repeat(50_000));
        return [body, () => body.fill(0)];
      },
      /^(first){50000}$/,
    ],
    [
      'URLSearchParams',
      () => {
        const body = new URLSearchParams('a=first');
        return [body, () => body.set('a', 'later')];
      },
      /^a=first$/,
    ],
    [
      'a form with a file',
      () => {
        const body = new FormData();
        body.append('a', 'first');
        body.append('file', new File(['content'], 'x.txt', { type: 'text/plain' }));
        return [
          body,
          () => {
            body.set('a', 'later');
            body.delete('file');
          },
        ];
      },
      /name="a"\s+first\s[\s\S]*filename="x.txt"\s+Content-Type: text\/plain\s+content\s/,
    ],
  ];

  test.for(cases)('%s, by a method', async ([, make, expected]) => {
    const { api, clock, transport } = scripted([503, 503, 200], { policies });
    const [body, change] = make();
    const answer = api.post('x', { body });
    change();
    await clock.run(answer);
    expect(transport.requests).toHaveLength(3);
    for (const request of transport.requests) {
      expect(request.body).toMatch(expected);
      expect(request.headers['content-type']).toBe(
        new Request('https://a.example/', { method: 'POST', body: make()[0] }).headers
          .get('content-type')
          ?.replace(/boundary=.*/, request.headers['content-type']?.split(/(?=boundary=)/)[1] ?? '') ?? undefined,
      );
    }
  });

  test.for(cases)('%s, by client.fetch and with hooks', async ([, make, expected]) => {
    for (const way of ['fetch', 'hooks'] as const) {
      const { api, clock, transport } = scripted([503, 200], { policies });
      const [body, change] = make();
      const hooks = { beforeRequest: [() => Promise.resolve()] };
      const answer =
        way === 'fetch' ? api.fetch('https://a.example/', { method: 'POST', body }) : api.post('x', { body, hooks });
      change();
      await clock.run(answer);
      expect(transport.requests).toHaveLength(2);
      for (const request of transport.requests) expect(request.body).toMatch(expected);
    }
  });

  test('a type that a hook took away stays away', async () => {
    const { api, clock, transport } = scripted([503, 200], {
      hooks: { beforeRequest: [({ request }) => request.headers.delete('content-type')] },
    });
    await clock.run(api.put('x', { body: 'text' }));
    expect(transport.requests.map(({ headers }) => headers['content-type'])).toEqual([undefined, undefined]);
  });
});

describe('a POST that is redirected', () => {
  test('sends the buffer as it was given', async () => {
    const told: string[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        told.push(`${request.url} ${Buffer.concat(chunks)}`);
        response.writeHead(request.url === '/from' ? 307 : 200, { location: '/to' }).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const body = bytes('first');
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/from`;
      const answer = createResilientClient().fetch(url, { method: 'POST', body });
      body.set(bytes('later'));
      expect((await answer).status).toBe(200);
      expect(told).toEqual(['/from first', '/to first']);
    } finally {
      server.close();
    }
  });
});

describe('the init of client.fetch', () => {
  class Init {
    get method(): string {
      return 'POST';
    }
    get body(): string {
      return 'by a getter';
    }
    get headers(): Record<string, string> {
      return { 'x-a': '1' };
    }
  }
  const hidden = new Proxy({}, { get: (_, name) => Reflect.get(new Init(), name) });

  test.for<[string, RequestInit]>([
    ['an instance of a class', new Init()],
    ['a Proxy that lists nothing', hidden],
    ['a Request', new Request('https://b.example/', { method: 'POST', body: 'by a getter', headers: { 'x-a': '1' } })],
    [
      'an object without a prototype',
      Object.assign(Object.create(null), { ...{ method: 'POST', body: 'by a getter', headers: { 'x-a': '1' } } }),
    ],
  ])('may be %s', async ([, init]) => {
    const { api, transport } = scripted([200]);
    await api.fetch('https://a.example/', init);
    expect(transport.requests).toMatchObject([{ method: 'POST', body: 'by a getter', headers: { 'x-a': '1' } }]);
  });

  test('may hold a signal and options of ours behind a getter', async () => {
    const { api, clock } = scripted([() => new Promise<never>(() => {})]);
    const init = new Proxy({}, { get: (_, name) => (name === 'holdfast' ? { timeout: 5, retry: 0 } : undefined) });
    const failure = await clock.run(rejection(api.fetch('https://a.example/', init)));
    expect(failure.cause).toMatchObject({ code: 'ATTEMPT_TIMEOUT', limitMs: 5 });
  });
});

describe('a stream that is not sent is cancelled', () => {
  function tracked(): { readonly body: ReadableStream; readonly cancelled: unknown[] } {
    const cancelled: unknown[] = [];
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(bytes('x')),
      cancel: (reason) => {
        cancelled.push(reason);
      },
    });
    return { body, cancelled };
  }
  const init = (body: ReadableStream, more: object = {}): RequestInit =>
    ({ method: 'POST', body, duplex: 'half', ...more }) as RequestInit;

  test('where the signal was aborted before', async () => {
    const { api, transport } = scripted([]);
    const { body, cancelled } = tracked();
    const call = api.fetch('https://a.example/', init(body, { signal: AbortSignal.abort('no') }));
    expect(cancelled, 'before the call is waited for').toEqual(['no']);
    expect(await rejection(call)).toBe('no');
    expect([cancelled.length, transport.requests.length]).toEqual([1, 0]);
  });

  test('where a fetch of the user throws, by either face', async () => {
    for (const own of [
      () => Promise.reject(new Error('no')),
      () => {
        throw new Error('no');
      },
    ]) {
      const api = createResilientClient({ fetch: own as never });
      const [first, second] = [tracked(), tracked()];
      await rejection(api.fetch('https://a.example/', init(first.body)));
      await rejection(api.post('https://a.example/', { body: second.body, duplex: 'half' } as object));
      await vi.waitFor(() => expect([first.cancelled.length, second.cancelled.length]).toEqual([1, 1]));
    }
  });

  test('where the call is refused: by a circuit, a queue, a fence, or a client that was closed', async () => {
    const opened = scripted([]);
    opened.api.circuits.open('https://a.example');
    const full = scripted([() => new Promise<never>(() => {})], { rateLimit: { maxConcurrent: 1, maxQueue: 0 } });
    void full.api.fetch('https://a.example/').catch(() => {});
    const fenced = scripted([], { allowedOrigins: ['https://b.example'] });
    const closed = scripted([]);
    await closed.api.close();
    for (const { api } of [opened, full, fenced, closed]) {
      const { body, cancelled } = tracked();
      await rejection(api.fetch('https://a.example/', init(body)));
      expect(cancelled).toHaveLength(1);
    }
    await full.api.close();
  });

  test('where a fallback answers in its place', async () => {
    const { api } = scripted([], { fallback: () => new Response('kept') });
    api.circuits.open('https://a.example');
    const { body, cancelled } = tracked();
    expect(await (await api.fetch('https://a.example/', init(body))).text()).toBe('kept');
    expect(cancelled).toHaveLength(1);
  });
});

describe('globalThis.fetch', () => {
  afterEach(() => vi.unstubAllGlobals());
  const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

  test('may ask another client for a token, which goes through its own pipeline', async () => {
    const platform = globalThis.fetch;
    const tokens = createResilientClient({ retry: 0 });
    const api = createResilientClient({ retry: 0 });
    let asked = 0;
    tokens.on('call.started', () => asked++);
    vi.stubGlobal('fetch', async (input: Request, init?: RequestInit) => {
      if (input.url.endsWith('/token')) return new Response('t-1');
      const token = await (await tokens.fetch('https://a.example/token')).text();
      return platform(`data:text/plain,${token} ${input.url}`, init);
    });
    expect(await api.get('https://a.example/x').text()).toBe('t-1 https://a.example/x');
    expect(asked).toBe(1);
  });

  test('that changes each URL, and sends through the client that sends through it, is named', async () => {
    const api = createResilientClient({ retry: 0 });
    vi.stubGlobal('fetch', async (input: Request) => turn().then(() => api.fetch(`${input.url}x`)));
    const error = await rejection(api.get('https://a.example/'));
    expect(String(error.cause)).toContain('globalThis.fetch sends through the client that sends through it');
  });

  test('is left behind by what it has begun: a timer sends through the client', async () => {
    const api = createResilientClient({ retry: 0 });
    let calls = 0;
    api.on('call.started', () => calls++);
    const later: Promise<Response>[] = [];
    const page = (number: number): Promise<Response> => api.fetch(`https://a.example/${number}`);
    vi.stubGlobal('fetch', (...given: Parameters<typeof fetch>) => {
      const answer = Promise.resolve(new Response('a page'));
      const number = Number(new URL(new Request(...given).url).pathname.slice(1));
      if (number < 30) later.push(answer.then(turn).then(() => page(number + 1)));
      return answer;
    });
    await page(1);
    for (let at = 0; at < later.length; at++) await later[at];
    expect(calls).toBe(30);
  });

  const url = 'data:text/plain,here';

  test.for<[string, (own: typeof fetch) => typeof fetch]>([
    ["may be a client's own fetch", (own) => own],
    ['may wrap it', (own) => (input, init) => own(input, init)],
    ['may wrap it in an async function', (own) => async (input, init) => own(input, init)],
    ['may call it later', (own) => async (input, init) => turn().then(() => own(input, init))],
    ['may hand it a Request of its own', (own) => (input, init) => own(new Request(input, init))],
    [
      'may call it later with a Request',
      (own) => async (input, init) => turn().then(() => own(new Request(input, init))),
    ],
  ])('%s: it sends by the platform', async ([, wrap]) => {
    const server = createServer((_request, response) => response.end('there'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const api = createResilientClient({ retry: 0 });
      vi.stubGlobal('fetch', wrap(api.fetch as typeof fetch));
      let calls = 0;
      api.on('call.started', () => calls++);
      const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      expect(await (await globalThis.fetch(origin)).text()).toBe('there');
      expect(await api.get(origin).text()).toBe('there');
      expect(calls).toBe(2);
      expect(await (await globalThis.fetch(url)).text()).toBe('here');
    } finally {
      server.close();
    }
  });
});
