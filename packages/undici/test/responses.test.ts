import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { brotliCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { same } from './support/same.ts';
import { fetches, type Listener, seenOf, serve, toldOf } from './support/world.ts';

const text = 'a text of some length, in which words come again. '.repeat(2000);
const hello: Listener = (_incoming, response) => response.end('hello');
const long: Listener = (_incoming, response) => response.end(text);
const squeezed: Listener = (_incoming, response) => {
  response.writeHead(200, { 'content-encoding': 'br' }).end(brotliCompressSync(text));
};

/** The result of a deed, or its failure. */
const tried = async (deed: () => unknown): Promise<unknown> => {
  try {
    return await deed();
  } catch (error) {
    return { failed: toldOf(error) };
  }
};

describe('what can be done with an answer', () => {
  const deeds: Readonly<Record<string, (response: Response) => unknown>> = {
    'its body, which is one': (response) => {
      const { body } = response;
      return [response.body === body, body?.locked, response.bodyUsed];
    },
    'its text, twice at once': async (response) => {
      const first = response.text();
      return [response.bodyUsed, await tried(() => response.json()), await first];
    },
    'its stream, while its text is read': async (response) => {
      const reading = response.text();
      return [response.body?.locked, await tried(() => response.body?.getReader()), await reading];
    },
    'its stream, when its text was read': async (response) => {
      await response.text();
      return [response.body?.locked, await tried(() => response.body?.getReader())];
    },
    'its text, while its stream is held': (response) => {
      response.body?.getReader();
      return tried(() => response.text());
    },
    'its text, when its stream was let go of': async (response) => {
      response.body?.getReader().releaseLock();
      return [response.bodyUsed, await response.text(), response.bodyUsed];
    },
    'a first piece of its stream': async (response) => {
      const reader = response.body?.getReader();
      const before = response.bodyUsed;
      await reader?.read();
      return [before, response.bodyUsed];
    },
    'nothing of its stream': async (response) => {
      await response.body?.cancel();
      return [response.bodyUsed, await tried(() => response.text())];
    },
    'two halves of its stream': async (response) => {
      const halves = response.body?.tee() ?? [];
      return [await Promise.all(halves.map((half) => new Response(half).text())), response.bodyUsed];
    },
    'a stream of Node': async (response) => {
      let read = '';
      for await (const chunk of Readable.fromWeb(response.body as never)) read += chunk;
      return read;
    },
    'a pipe': async (response) => {
      let size = 0;
      const count = (chunk: Uint8Array): void => {
        size += chunk.byteLength;
      };
      await response.body?.pipeTo(new WritableStream({ write: count }));
      return size;
    },
    'a pipe through what decodes': async (response) => {
      let read = '';
      const decoded = response.body?.pipeThrough(new TextDecoderStream() as never) as unknown as AsyncIterable<string>;
      for await (const chunk of decoded) read += chunk;
      return read.length;
    },
    'some of its pieces': async (response) => {
      for await (const _chunk of response.body as unknown as AsyncIterable<Uint8Array>) break;
      return [response.bodyUsed, response.body?.locked];
    },
    'a clone, a clone of that, and itself': async (response) => {
      const clone = response.clone();
      const second = clone.clone();
      const used = [response.bodyUsed, clone.bodyUsed, second.bodyUsed];
      return [used, await seenOf(second), await seenOf(clone), await seenOf(response)];
    },
    'a clone, with a half that is not read': async (response) => {
      response
        .clone()
        .body?.cancel()
        .catch(() => undefined);
      return response.text();
    },
    'a clone of a body that is being read': (response) => {
      response.body?.getReader();
      return tried(() => response.clone());
    },
    'its headers, copied': ({ headers }) => [
      new Headers(headers).get('content-length'),
      new Response('', { headers }).headers.get('content-length'),
      Object.fromEntries(headers),
      headers.has('Content-Length'),
      inspect(headers),
    ],
    'what it says that it is': (response) => [
      Object.prototype.toString.call(response),
      response.constructor === Response,
      Object.keys(response),
      JSON.stringify(response),
      ['status', 'json', 'bytes', 'body', 'url', 'headers', 'no such member'].map((name) => name in response),
    ],
    'what it says of itself in a log': (response) => inspect(response),
    'a member of one’s own': (response) => Object.assign(response, { mine: 1 }).mine,
  };
  for (const [name, deed] of Object.entries(deeds)) {
    same(name, hello, async (fetch, origin) => deed(await fetch(origin)));
    same(`${name}, of a long one`, long, async (fetch, origin) => deed(await fetch(origin)));
    same(`${name}, of one that is compressed`, squeezed, async (fetch, origin) => deed(await fetch(origin)));
  }

  same('a form of many parts', form, async (fetch, origin) => {
    const parts = await (await fetch(origin)).formData();
    const file = parts.get('file') as File;
    return [parts.get('a'), file.name, file.type, await file.text()];
  });
  same('a module of WebAssembly', wasm, async (fetch, origin) =>
    String(await WebAssembly.compileStreaming(fetch(origin))),
  );
  same('a form that is none', hello, async (fetch, origin) => (await fetch(origin)).formData());
  same('a Blob with a type', typed, async (fetch, origin) => (await (await fetch(origin)).blob()).type);
  for (const status of [200, 204, 205]) {
    same(`JSON and a Blob of nothing, ${status}`, nothing(status), async (fetch, origin) => {
      const [json, blob] = [await tried(async () => (await fetch(origin)).json()), await (await fetch(origin)).blob()];
      return [json, blob.size, blob.type];
    });
  }
});

function form(...[, response]: Parameters<Listener>): void {
  const part = (head: string, body: string): string =>
    `--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n${body}\r\n`;
  response.setHeader('content-type', 'multipart/form-data; boundary=b');
  response.end(
    `${part('name="a"', '1')}${part('name="file"; filename="f.txt"\r\nContent-Type: text/x', 'a file')}--b--`,
  );
}

function wasm(...[, response]: Parameters<Listener>): void {
  response.writeHead(200, { 'content-type': 'application/wasm' }).end(Buffer.from('\0asm\x01\0\0\0', 'latin1'));
}

function typed(...[, response]: Parameters<Listener>): void {
  response.writeHead(200, { 'content-type': 'Text/Plain; Charset=UTF-8' }).end('a');
}

const nothing =
  (status: number): Listener =>
  (_incoming, response) =>
    void response.writeHead(status).end();

test('code that needs the platform’s internal state finds none, until a real Response is made', async () => {
  const { origin } = await serve(hello);
  const response = await fetches.undici(origin);
  await expect(async () => Response.prototype.text.call(response.clone())).rejects.toThrow(TypeError);
  expect(await Response.prototype.text.call(new Response(response.body, response))).toBe('hello');
});
