import { Readable } from 'node:stream';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe } from 'vitest';
import { same } from './support/same.ts';
import { type Listener, seenOf, toldOf } from './support/world.ts';

const text = 'a text of some length, in which words come again: words come again. '.repeat(50);
const hello: Listener = (_incoming, response) => {
  response.setHeader('x-name', 'value');
  response.end('hello');
};

describe('what is sent', () => {
  const bodies: Readonly<Record<string, () => RequestInit>> = {
    nothing: () => ({}),
    'a HEAD': () => ({ method: 'HEAD' }),
    'a DELETE without a body': () => ({ method: 'DELETE' }),
    'a POST without a body': () => ({ method: 'POST' }),
    'a method in lower case': () => ({ method: 'patch', body: 'a' }),
    'a string': () => ({ method: 'POST', body: 'grüße' }),
    'an empty string': () => ({ method: 'POST', body: '' }),
    bytes: () => ({ method: 'PUT', body: new Uint8Array([1, 2, 3, 4]).subarray(1, 3) }),
    'an ArrayBuffer': () => ({ method: 'PUT', body: new Uint8Array([1, 2, 3]).buffer }),
    parameters: () => ({ method: 'POST', body: new URLSearchParams({ a: '1 2', b: 'ü' }) }),
    'a Blob': () => ({ method: 'POST', body: new Blob(['in a blob'], { type: 'text/x' }) }),
    'a form': () => {
      const form = new FormData();
      form.set('a', '1');
      form.set('file', new File(['in a file'], 'ä.txt'));
      return { method: 'POST', body: form };
    },
    'headers of its own': () => ({
      headers: { accept: 'a/b', 'user-agent': 'me', 'x-a': 'b', 'accept-encoding': 'br' },
    }),
    'a header twice': () => ({
      headers: [
        ['x-a', '1'],
        ['x-a', '2'],
      ],
    }),
    'a part': () => ({ headers: { range: 'bytes=0-1' } }),
    'what has changed': () => ({ headers: { 'if-none-match': '"a"' } }),
    'no cache': () => ({ cache: 'no-cache' }),
    'a reload, and a cache-control of its own': () => ({ cache: 'reload', headers: { 'cache-control': 'a' } }),
    'a large file in a form': () => {
      const form = new FormData();
      form.set('file', new Blob(['x'.repeat(3_000_000)]));
      return { method: 'POST', body: form };
    },
    'a cookie': () => ({ headers: { cookie: 'a=1' } }),
    'a host of its own': () => ({ headers: { host: 'elsewhere.example' } }),
    'a length of its own': () => ({ method: 'POST', body: 'abc', headers: { 'content-length': '3' } }),
    'a length that is wrong': () => ({ method: 'POST', body: 'abc', headers: { 'content-length': '5' } }),
    'an expectation': () => ({ method: 'POST', body: 'abc', headers: { expect: '100-continue' } }),
    'a connection that is to close': () => ({ headers: { connection: 'close' } }),
    'a connection of its own': () => ({ headers: { connection: 'x-a' } }),
    'an upgrade': () => ({ headers: { upgrade: 'h2c' } }),
    chunks: () => ({ method: 'POST', body: 'abc', headers: { 'transfer-encoding': 'chunked' } }),
    'a header beyond Latin': () => ({ headers: { 'x-a': '☃' } }),
    'cookies twice': () => ({
      headers: [
        ['cookie', 'a=1'],
        ['cookie', 'b=2'],
      ],
    }),
    'a method of its own': () => ({ method: 'M-SEARCH' }),
    'a number': () => ({ method: 'POST', body: 42 as unknown as string }),
    'a view of some bytes': () => ({ method: 'POST', body: new DataView(new TextEncoder().encode('abc').buffer, 1) }),
    'an empty Blob': () => ({ method: 'POST', body: new Blob([]) }),
    'fetch’s options for pages': () => ({
      cache: 'no-store',
      credentials: 'include',
      keepalive: true,
      mode: 'same-origin',
    }),
  };
  for (const [name, init] of Object.entries(bodies))
    same(name, hello, (fetch, origin) => fetch(`${origin}/a?b=c`, init()));

  same('a stream, in chunks', hello, (fetch, origin) => {
    const init = { method: 'POST', body: new Blob(['a', 'b']).stream(), duplex: 'half' };
    return fetch(origin, init as RequestInit);
  });
  const streams: Readonly<Record<string, () => unknown>> = {
    'a stream that is at hand': () => new Response('in a stream').body,
    'a stream that is empty': () => new ReadableStream({ start: (controller) => controller.close() }),
    'a stream of strings': () =>
      new ReadableStream({
        start(controller) {
          controller.enqueue('a string');
          controller.close();
        },
      }),
    'a stream of Node': () => Readable.from(['a', 'b']),
    'a generator': () =>
      (async function* () {
        yield new TextEncoder().encode('abc');
      })(),
    'a stream that is being read': () => {
      const stream = new Blob(['a']).stream();
      stream.getReader();
      return stream;
    },
  };
  for (const [name, body] of Object.entries(streams)) {
    same(name, hello, (fetch, origin) =>
      fetch(origin, { method: 'POST', body: body(), duplex: 'half' } as RequestInit),
    );
  }
  same('the body of another answer', hello, async (fetch, origin) => {
    const { body } = await fetch(origin);
    return fetch(origin, { method: 'POST', body, duplex: 'half' } as RequestInit);
  });
  same('bytes, as they were when the call was made', hello, (fetch, origin) => {
    const body = new TextEncoder().encode('as they were');
    const call = fetch(origin, { method: 'POST', body });
    body.fill(0);
    return call;
  });
  same('a Request whose body was read', hello, async (fetch, origin) => {
    const request = new Request(origin, { method: 'POST', body: 'a' });
    await request.text();
    return fetch(request);
  });
  same('a Request of the caller’s own', hello, (fetch, origin) =>
    fetch(new Request(origin, { method: 'POST', body: 'in a request', headers: { 'x-a': 'b' } })),
  );
  same('a path and a hash', hello, (fetch, origin) => fetch(`${origin}/ü/%20?q=ä&x=?#hash`));
  same('a question mark alone', hello, (fetch, origin) => fetch(`${origin}/a?`));
  same('credentials in the URL', hello, (fetch, origin) => fetch(origin.replace('//', '//user:pass@')));
});

describe('what comes back', () => {
  for (const status of [200, 201, 202, 204, 205, 206, 299, 300, 304, 400, 404, 418, 500, 503, 599]) {
    const answer: Listener = (_incoming, response) => {
      response.writeHead(status, `Reason ${status}`, { 'x-a': 'b' });
      response.end(status === 205 ? undefined : 'text');
    };
    same(`status ${status}`, answer, (fetch, origin) => fetch(origin));
  }
  const many: Listener = (_incoming, response) => {
    response.setHeader('set-cookie', ['a=1; Path=/', 'b=2']);
    response.setHeader('x-many', ['1', '2']);
    response.setHeader('x-latin', 'caf\xe9');
    response.end('a');
  };
  same('headers that come twice, and cookies', many, (fetch, origin) => fetch(origin));
  same('cookies, one by one', many, async (fetch, origin) => (await fetch(origin)).headers.getSetCookie());
  same('immutable headers', many, async (fetch, origin) => {
    const { headers } = await fetch(origin);
    const deeds = [() => headers.set('a', 'b'), () => headers.append('a', 'b'), () => headers.delete('x-many')];
    return deeds.map((deed) => {
      try {
        deed();
        return 'done';
      } catch (error) {
        return (error as Error).name;
      }
    });
  });
  same('what HEAD gives', hello, (fetch, origin) => fetch(origin, { method: 'HEAD' }));
  same(
    'a body that is empty',
    (_incoming, response) => response.end(),
    (fetch, origin) => fetch(origin),
  );

  const readers: Readonly<Record<string, (response: Response) => unknown>> = {
    text: (response) => response.text(),
    json: (response) => response.json(),
    bytes: async (response) => [...(await response.bytes())],
    arrayBuffer: async (response) => [...new Uint8Array(await response.arrayBuffer())],
    blob: async (response) => {
      const blob = await response.blob();
      return [blob.type, blob.size, await blob.text()];
    },
    formData: async (response) => [...(await response.formData())],
    'text twice': async (response) => [await response.text(), toldOf(await response.text().catch((error) => error))],
    'bytes after the body was taken': async (response) => {
      await response.body?.cancel();
      return [response.bodyUsed, (await response.bytes().catch((error) => error)) instanceof TypeError];
    },
    'a clone': async (response) => {
      const clone = response.clone();
      return [await seenOf(clone), await response.text(), response.bodyUsed];
    },
    'a clone too late': async (response) => {
      await response.text();
      try {
        return response.clone();
      } catch (error) {
        return (error as Error).name;
      }
    },
    'a stream': async (response) => {
      const chunks: string[] = [];
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>)
        chunks.push(Buffer.from(chunk).toString());
      return [chunks.join(''), response.bodyUsed];
    },
    'bytes into a buffer of one’s own': async (response) => {
      const reader = response.body?.getReader({ mode: 'byob' });
      const first = await reader?.read(new Uint8Array(4));
      return [first?.done, first?.value && Buffer.from(first.value).toString()];
    },
    'a Response made from it': async (response) => {
      const copy = new Response(response.body, response);
      return [copy.status, copy.statusText, [...copy.headers].length, await copy.text()];
    },
  };
  const types = { json: ['application/json', '{"id":1}'], formData: ['application/x-www-form-urlencoded', 'a=1&b=2'] };
  for (const [name, read] of Object.entries(readers)) {
    const [type, body] = types[name as keyof typeof types] ?? ['text/x; charset=utf-8', '\ufeffgrüße'];
    const answer: Listener = (_incoming, response) => {
      response.setHeader('content-type', type as string);
      response.end(body);
    };
    same(`read as ${name}`, answer, async (fetch, origin) => read(await fetch(origin)));
  }
  same('JSON that is none', hello, async (fetch, origin) => (await fetch(origin)).json());
});

describe('codings', () => {
  const codings: Readonly<Record<string, readonly [string, Buffer]>> = {
    gzip: ['gzip', gzipSync(text)],
    'x-gzip': ['x-gzip', gzipSync(text)],
    deflate: ['deflate', deflateSync(text)],
    'deflate without its wrapping': ['deflate', deflateRawSync(text)],
    br: ['br', brotliCompressSync(text)],
    zstd: ['zstd', zstdCompressSync(text)],
    'one in the other': ['gzip, br', brotliCompressSync(gzipSync(text))],
    'an unknown one': ['gzip, rot13', Buffer.from('as it is')],
    'none at all': ['identity', Buffer.from('as it is')],
    capitals: ['GZIP', gzipSync(text)],
    'too many': [Array(6).fill('gzip').join(), Buffer.from('a')],
    'cut short': ['gzip', gzipSync(text).subarray(0, 40)],
    'a lie': ['gzip', Buffer.from('no gzip at all')],
    'an empty body': ['gzip', Buffer.alloc(0)],
    'gzip in two members': ['gzip', Buffer.concat([gzipSync('a'), gzipSync('b')])],
    'gzip with something behind it': ['gzip', Buffer.concat([gzipSync('a'), Buffer.from('something')])],
    'gzip whose sum is wrong': ['gzip', gzipWithWrongSum()],
    'Brotli cut short': ['br', brotliCompressSync(text).subarray(0, 30)],
    'a lie of Brotli': ['br', Buffer.from('no Brotli at all')],
    'an empty body of Brotli': ['br', Buffer.alloc(0)],
    'Zstandard in two frames': ['zstd', Buffer.concat([zstdCompressSync('a'), zstdCompressSync('b')])],
    'Zstandard cut short': ['zstd', zstdCompressSync(text).subarray(0, 30)],
    'a lie of Zstandard': ['zstd', Buffer.from('no Zstandard at all')],
    'deflate cut short': ['deflate', deflateSync(text).subarray(0, 30)],
    'a lie of deflate': ['deflate', Buffer.from('x no deflate at all')],
    'a list with a gap': ['gzip,', gzipSync(text)],
    'a coding without a name': ['', Buffer.from('as it is')],
  };
  for (const [name, [coding, bytes]] of Object.entries(codings)) {
    const answer: Listener = (_incoming, response) => {
      response.writeHead(200, { 'content-encoding': coding }).end(bytes);
    };
    same(name, answer, async (fetch, origin) => fetch(origin));
    same(`${name}, as bytes`, answer, async (fetch, origin) => (await (await fetch(origin)).bytes()).length);
  }
  const bare: Listener = (_incoming, response) => {
    response.writeHead(304, { 'content-encoding': 'gzip' }).end();
  };
  same('a status without a body', bare, (fetch, origin) => fetch(origin));
});

describe('redirects', () => {
  const hops: Listener = (incoming, response) => {
    const [, status, to] = /^\/to\/(\d+)\/(.*)/.exec(incoming.url ?? '') ?? [];
    if (status === undefined) response.end(`${incoming.method} ${incoming.url}`);
    else response.writeHead(Number(status), { location: decodeURIComponent(to ?? '') }).end('moved');
  };
  const utf8: Listener = (incoming, response) => {
    if (incoming.url !== '/') response.end(incoming.url);
    else response.writeHead(302, { location: Buffer.from('/grüße').toString('latin1') }).end();
  };
  for (const status of [301, 302, 303, 307, 308]) {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT']) {
      const init = {
        method,
        ...(method.startsWith('P') && { body: 'in the body' }),
        headers: { 'x-key': 'k', authorization: 'a' },
      };
      same(`${status} of a ${method}`, hops, (fetch, origin) => fetch(`${origin}/to/${status}/%2Fend`, init));
      same(`${status} of a ${method} to another origin`, hops, (fetch, origin, elsewhere) =>
        fetch(`${origin}/to/${status}/${encodeURIComponent(`${elsewhere}/end`)}`, init),
      );
    }
    for (const redirect of ['manual', 'error'] as const) {
      same(`${status}, ${redirect}`, hops, (fetch, origin) => fetch(`${origin}/to/${status}/%2Fend`, { redirect }));
    }
  }
  same('two in a row, with a hash', hops, (fetch, origin) => fetch(`${origin}/to/302/%2Fto%2F302%2F%252Fend#there`));
  same('a redirect that names its own hash', hops, (fetch, origin) => fetch(`${origin}/to/302/%2Fend%23there`));
  same('a redirect that names its path in UTF-8', utf8, (fetch, origin) => fetch(origin));
  same('a clone, which knows it, too, and its own clone', hops, async (fetch, origin) => {
    const response = await fetch(`${origin}/to/302/%2Fend`);
    const clone = response.clone();
    return Promise.all([clone.clone(), clone, response].map(seenOf));
  });
  same(
    'no location',
    (_incoming, response) => response.writeHead(302).end('a'),
    (fetch, origin) => fetch(origin),
  );
  same(
    '304 is none',
    (_incoming, response) => response.writeHead(304, { location: '/a' }).end(),
    (fetch, origin) => fetch(origin),
  );
});

function gzipWithWrongSum(): Buffer {
  const bytes = gzipSync(text);
  return bytes.fill(0, bytes.length - 8, bytes.length - 4);
}
