import { undiciTransport } from '@holdfast/undici';
import { createResilientClient } from 'holdfast';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { same } from './support/same.ts';
import { fetches, type Listener, serve } from './support/world.ts';

const hello: Listener = (_incoming, response) => response.end('hello');
/** With these policies, Node's fetch treats the page's own origin as a different one. */
const forOwnOrigin: readonly ReferrerPolicy[] = ['same-origin', 'origin-when-cross-origin'];
const policies: readonly ReferrerPolicy[] = [
  '',
  'no-referrer',
  'unsafe-url',
  'origin',
  'no-referrer-when-downgrade',
  'strict-origin',
  'strict-origin-when-cross-origin',
];

describe('a referrer of the caller’s is sent as its policy says', () => {
  test.for([
    ['same-origin', '/a?b', undefined],
    ['origin-when-cross-origin', '/a?b', 'https://elsewhere.example/'],
  ] as const)('%s', async ([referrerPolicy, toOwnOrigin, toAnother]) => {
    const { origin, received } = await serve(hello);
    for (const referrer of [`${origin}/a?b#c`, 'https://elsewhere.example/path?q']) {
      await fetches.undici(origin, { referrer, referrerPolicy });
    }
    expect(received.map(({ headers }) => headers.referer)).toEqual([`${origin}${toOwnOrigin}`, toAnother]);
  });

  for (const referrerPolicy of policies) {
    same(`${referrerPolicy || 'none given'}`, hello, async (fetch, origin) => {
      for (const referrer of [`${origin}/a?b#c`, 'https://user:pass@elsewhere.example/path?q', '', 'about:client']) {
        await fetch(`${origin}/here`, { referrer, referrerPolicy });
      }
    });
  }
});

describe('where undici’s setGlobalOrigin() names a page', () => {
  const key = Symbol.for('undici.globalOrigin.1');
  const setPage = (value: URL | undefined): void => {
    Object.defineProperty(globalThis, key, { value, writable: true, configurable: true });
  };
  beforeEach(() => setPage(new URL('http://page.example/shop/cart?id=1#top')));
  afterEach(() => setPage(undefined));

  for (const method of ['GET', 'HEAD', 'POST', 'PUT']) {
    for (const referrerPolicy of [...policies, ...forOwnOrigin]) {
      same(`another origin: ${method}, ${referrerPolicy || 'no policy'}`, hello, async (fetch, origin) => {
        await fetch(`${origin}/`, { method, referrerPolicy });
      });
    }
    same(`its own origin: ${method}`, hello, async (fetch, origin) => {
      setPage(new URL('/shop#top', origin));
      for (const referrerPolicy of policies) await fetch('/api', { method, referrerPolicy });
    });
  }

  same('an encrypted page tells a server that is not encrypted less', hello, async (fetch, origin) => {
    setPage(new URL('https://page.example/shop'));
    for (const referrerPolicy of policies)
      await fetch(`${origin}/`, { method: 'POST', mode: 'same-origin', referrerPolicy }).catch(() => {});
  });

  test("mode: 'no-cors' to another origin is refused", async () => {
    const { origin, received } = await serve(hello);
    await expect(fetches.undici(origin, { mode: 'no-cors' })).rejects.toMatchObject({
      cause: { cause: { cause: { message: "undiciTransport: mode: 'no-cors' is not supported; leave it out" } } },
    });
    expect(received).toEqual([]);
  });

  const moved: Listener = ({ url = '' }, response) => {
    const { searchParams } = new URL(url, 'http://here');
    const location = searchParams.get('to');
    if (location === null) response.end('hello');
    else {
      const policy = searchParams.get('policy');
      response
        .writeHead(Number(searchParams.get('status')), { location, ...(policy && { 'referrer-policy': policy }) })
        .end();
    }
  };
  const named = [...policies, ...forOwnOrigin, 'no-referrer, unsafe-url, unknown', 'unknown', 'Unsafe-URL'];
  for (const policy of named) {
    same(`a redirect that names its policy: ${policy || 'none'}`, moved, async (fetch, origin, elsewhere) => {
      setPage(new URL('/shop?id=1', origin));
      const isForOwn = forOwnOrigin.some((name) => name === policy);
      for (const to of isForOwn ? [elsewhere] : [elsewhere, '/end']) {
        const url = `${origin}/?status=302&policy=${policy}&to=${encodeURIComponent(to)}`;
        for (const method of ['GET', 'POST']) await fetch(url, { method });
        for (const referrerPolicy of policies) await fetch(url, { referrerPolicy });
      }
    });
  }
  for (const status of [301, 302, 303, 307, 308]) {
    for (const method of ['GET', 'POST']) {
      same(`a redirect: ${method}, ${status}`, moved, async (fetch, origin, elsewhere) => {
        setPage(new URL('/shop', origin));
        for (const to of [elsewhere, '/end'])
          await fetch(`${origin}/?status=${status}&to=${encodeURIComponent(to)}`, { method });
      });
    }
  }

  same("mode: 'no-cors' is an ordinary request to its own origin", hello, async (fetch, origin) => {
    setPage(new URL('/shop', origin));
    return fetch('/api', { mode: 'no-cors' });
  });
});

same("mode: 'no-cors' is an ordinary request where there is no page", hello, (fetch, origin) =>
  fetch(origin, { mode: 'no-cors' }),
);

describe('header names', () => {
  const named = (rawHeaders: readonly string[]): readonly string[] =>
    rawHeaders.filter((name, index) => index % 2 === 0 && /^x-/i.test(name));

  test.for<[string, HeadersInit, readonly string[]]>([
    ['an object', { 'X-Own': '1', 'x-low': '2', 'X-API-Key': '3' }, ['X-Own', 'x-low', 'X-API-Key']],
    [
      'pairs',
      [
        ['X-Own', '1'],
        ['x-OWN', '2'],
      ],
      ['X-Own'],
    ],
    ['a Map', new Map([['X-Own', '1']]) as unknown as HeadersInit, ['X-Own']],
  ])('given as %s keep their case on the wire, as with fetch', async ([, headers, expected]) => {
    const { origin, received } = await serve(hello);
    for (const fetch of Object.values(fetches)) await fetch(origin, { headers });
    for (const { rawHeaders } of received) expect([...named(rawHeaders)].sort()).toEqual([...expected].sort());
    expect(received).toHaveLength(2);
  });
});

test('header names of a client, of what it is extended to and of a call keep their case by ky’s face, too', async () => {
  const { origin, received } = await serve(hello);
  const options = { ...{ transport: undiciTransport(), retry: 0 }, headers: { 'X-Client': '1', 'X-Own': '1' } };
  const api = createResilientClient(options).extend({ headers: { 'X-Further': '2' } });
  await api.get(origin, { headers: { 'x-OWN': '3' } });
  await api.post(origin, { json: {}, headers: [['X-Pair', '4']] });
  const names = received.map(({ rawHeaders }) => rawHeaders.filter((name) => /^x-/i.test(name)).sort());
  expect(names).toEqual([
    ['X-Client', 'X-Further', 'x-OWN'],
    ['X-Client', 'X-Further', 'X-Own', 'X-Pair'],
  ]);
});

describe('ports that the Fetch standard blocks', () => {
  for (const port of [1, 22, 6000, 10080]) {
    same(`${port}`, hello, (fetch) => fetch(`http://127.0.0.1:${port}/`));
  }
});
