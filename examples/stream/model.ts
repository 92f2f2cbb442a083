// A language model's API on a bad day: it is overloaded, it stalls, and it drops its answer in the middle. It can
// continue after the last event that a client has received, as a server of event streams should.

import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Speech, speechFor } from './speech.ts';

export const answer = 'A stream that breaks in the middle is whole in the end, and says each of its words just once.';
const words = answer.split(' ');

interface Asked {
  readonly response: ServerResponse;
  readonly headers: IncomingHttpHeaders;
  readonly speech: Speech;
}

type Trouble = (asked: Asked) => void;

/** The fault of a request. */
export const trouble = {
  overloaded: ({ response }) =>
    response.writeHead(529, { 'content-type': 'application/json' }).end('{"error":{"message":"Overloaded"}}'),
  /** The headers arrive, then nothing. */
  silent: ({ response }) => begin(response),
  failing: ({ response, speech }) => {
    begin(response);
    response.end(speech.error);
  },
  /** The connection is reset before the first event. */
  stillborn: ({ response }) => {
    begin(response);
    setTimeout(() => response.destroy(), 20);
  },
  /** The connection is reset in the middle of a word. */
  reset: (asked) => {
    begin(asked.response);
    const text = spoken(asked, 7);
    asked.response.write(text.slice(0, text.lastIndexOf('"') - 1), () => setImmediate(() => asked.response.destroy()));
  },
  stalling: (asked) => {
    begin(asked.response);
    asked.response.write(`: still thinking\n\nretry: 50\n${spoken(asked, 11)}`);
  },
  none: (asked) => {
    begin(asked.response);
    asked.response.end(`${spoken(asked, words.length)}${asked.speech.end}`);
  },
} satisfies Readonly<Record<string, Trouble>>;

const badDay: readonly Trouble[] = [
  ...[trouble.overloaded, trouble.silent, trouble.failing, trouble.reset, trouble.stalling, trouble.none],
];

function begin(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
}

/** The words after the last one that the client has, up to a place. */
function spoken({ headers, speech }: Asked, to: number): string {
  const from = Number(headers['last-event-id'] ?? 0);
  const said = words.slice(from, to).map((word, index) => speech.word(word, from + index + 1));
  return `${speech.begin}${said.join('')}`;
}

/**
 * @param troubles The faults of the requested streams, one after the other. The last one applies to all further streams.
 */
export async function startModel(
  troubles: readonly Trouble[] = badDay,
): Promise<{ readonly url: string; readonly streams: () => number; close(): void }> {
  let streams = 0;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += String(part);
    const speech = speechFor(request.url ?? '', body);
    if (!('status' in speech)) {
      troubles[Math.min(streams++, troubles.length - 1)]?.({ response, headers: request.headers, speech });
      return;
    }
    response.writeHead(speech.status, { 'content-type': 'application/json' });
    response.end(speech.json === undefined ? undefined : JSON.stringify(speech.json));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    streams: () => streams,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
