// A language model's API on a bad day: it is overloaded, it stalls, and it drops its answer in the middle. It can go on
// from the last event that a client has got, as a server of event streams should.

import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const answer = 'A stream that breaks in the middle is whole in the end, and says each of its words just once.';
const words = answer.split(' ');

/** The faults of the requests, one after the other. */
const troubles: readonly ((response: ServerResponse, headers: IncomingHttpHeaders) => void)[] = [
  (response) =>
    response.writeHead(529, { 'content-type': 'application/json' }).end('{"error":{"message":"Overloaded"}}'),
  // The headers come, and then nothing.
  (response) => begin(response),
  (response) => {
    begin(response);
    response.end('event: error\ndata: {"error":{"message":"Overloaded","type":"overloaded_error"}}\n\n');
  },
  (response, headers) => {
    // Reset in the middle of a word.
    begin(response);
    response.write(`${events(headers, 6)}id: 7\ndata: {"wo`, () => setImmediate(() => response.destroy()));
  },
  (response, headers) => {
    begin(response);
    response.write(`: still thinking\n\nretry: 50\n${events(headers, 11)}`);
  },
  (response, headers) => {
    begin(response);
    response.end(`${events(headers, words.length)}data: [DONE]\n\n`);
  },
];

function begin(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
}

/** The words after the client's last one, up to a place. */
function events(headers: IncomingHttpHeaders, to: number): string {
  const from = Number(headers['last-event-id'] ?? 0);
  const told = words
    .slice(from, to)
    .map((word, index) => `id: ${from + index + 1}\ndata: ${JSON.stringify({ word })}\n\n`);
  return told.join('');
}

export async function startModel(): Promise<{ readonly url: string; close(): void }> {
  let requests = 0;
  const server = createServer((request, response) => {
    const trouble = troubles[Math.min(requests++, troubles.length - 1)];
    request.resume().on('end', () => trouble?.(response, request.headers));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
