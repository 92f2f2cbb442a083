// Serves downloads and uploads. `/bytes/{count}` returns `count` bytes; `?cut={bytes}` breaks off each answer after that
// many bytes. `/events/{count}` and `/lines/{count}` return `count` bytes of events or lines. `/count/{count}?per={n}`
// returns `count` events, n in each write. An upload is counted, and its length is the answer.

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const mebibyte = 1024 * 1024;
const chunk = Buffer.alloc(64 * 1024, 'x');
const word = JSON.stringify({ choices: [{ index: 0, delta: { content: ' word' } }] });

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://server');
  const [, what, count] = pathname.split('/');
  const total = Number(count);
  if (request.method === 'POST') return void upload(request, response, pathname);
  if (what === 'events') return void send(response, eventsOf(total), { 'content-type': 'text/event-stream' });
  if (what === 'count') {
    const perWrite = Number(searchParams.get('per') ?? 1);
    return void send(response, countedEvents(total, perWrite), { 'content-type': 'text/event-stream' });
  }
  if (what === 'lines') return void send(response, linesOf(total), {});
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const headers = {
    etag: '"v"',
    'cache-control': 'max-age=60',
    'content-length': String(total - from),
    ...(from > 0 && { 'content-range': `bytes ${from}-${total - 1}/${total}` }),
  };
  const cut = Number(searchParams.get('cut') ?? Number.POSITIVE_INFINITY);
  send(response, bytesOf(Math.min(total - from, cut)), headers, from > 0 ? 206 : 200);
});

function* bytesOf(total: number): Generator<Buffer> {
  for (let left = total; left > 0; left -= chunk.length) yield left >= chunk.length ? chunk : chunk.subarray(0, left);
}

function* eventsOf(total: number): Generator<string> {
  for (let id = 1, sent = 0; sent < total; ) {
    let text = '';
    for (; text.length < 16_384; id++) text += `id: ${id}\ndata: ${word}\n\n`;
    sent += text.length;
    yield text;
  }
}

function* countedEvents(count: number, perWrite: number): Generator<string> {
  for (let id = 1; id <= count; ) {
    let text = '';
    for (let one = 0; one < perWrite && id <= count; one++, id++) text += `id: ${id}\ndata: ${word}\n\n`;
    yield text;
  }
}

function* linesOf(total: number): Generator<string> {
  const text = `${word}\n`.repeat(300);
  for (let sent = 0; sent < total; sent += text.length) yield text;
}

/** Sends at the pace of the reader. An answer that ends before its `content-length` is broken off. */
function send(
  response: ServerResponse,
  parts: Iterator<Buffer | string>,
  headers: Record<string, string>,
  status = 200,
): void {
  response.writeHead(status, headers);
  let sent = 0;
  const go = (): void => {
    for (;;) {
      const { done, value } = parts.next();
      if (done) {
        const length = Number(headers['content-length'] ?? sent);
        return void (sent < length ? response.write('', () => response.destroy()) : response.end());
      }
      sent += value.length;
      if (!response.write(value)) return void response.once('drain', go);
    }
  };
  go();
}

/** Reads the first upload to a path to its end, and refuses it. */
const seen = new Set<string>();
function upload(request: AsyncIterable<Buffer>, response: ServerResponse, path: string): void {
  const isFirst = !seen.has(path);
  seen.add(path);
  const read = async (): Promise<void> => {
    let bytes = 0;
    for await (const part of request) bytes += part.length;
    response.writeHead(isFirst ? 503 : 200, { 'content-type': 'application/json', 'retry-after': '0' });
    response.end(JSON.stringify({ mebibytes: Math.round(bytes / mebibyte) }));
  };
  read().catch(() => response.destroy());
}

server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit());
