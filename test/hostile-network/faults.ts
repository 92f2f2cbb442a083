import type { Answer, Fault, Link } from './fault-proxy.ts';

/** One way in which a network, or what answers in place of the server, fails. */
export interface FaultCase {
  readonly name: string;
  readonly fault: Fault;
  /** The path of the request. @defaultValue '/orders' */
  readonly path?: string;
  /** The limit of one attempt ends this fault, so it is short. */
  readonly untilTimeout?: true;
  /** The limit of the call ends the reading of the body, so it is short. */
  readonly untilDeadline?: true;
  /**
   * A first exchange succeeds, and the second one reuses its connection. `idle`: the second one starts after the server
   * has closed that connection.
   */
  readonly onKeptConnection?: true | 'idle';
  /** No server listens while the fault lasts. */
  readonly isPortClosed?: true;
  /** The body has no end, so a reader without a limit must abort. */
  readonly endless?: true;
  /** The POST sends 256 KiB. A GET has nothing to upload. */
  readonly uploads?: true;
  /** The requested address, derived from the proxy's. */
  readonly origin?: (port: number) => string;
}

/** The exchange succeeds except for the changes to the answer. */
const answering =
  (change: (answer: Answer) => { readonly head?: string; readonly body?: string | Buffer }): Fault =>
  async (link) => {
    const answer = await link.answer();
    const { head = answer.head, body = answer.body } = change(answer);
    link.end(Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body as string, 'latin1')]));
  };

const withHeader = (...lines: readonly string[]): Fault =>
  answering(({ head }) => ({ head: head.replace('\r\n', `\r\n${lines.join('\r\n')}\r\n`) }));

/** The client has begun to read the body when the rest goes wrong. */
const inBody =
  (then: (link: Link, answer: Answer) => void | Promise<void>): Fault =>
  async (link) => {
    const answer = await link.answer();
    const seen = link.headersSeen();
    link.write(answer.head);
    link.write(answer.body.subarray(0, 50));
    await seen;
    await then(link, answer);
  };

export const drip = async (link: Link, bytes: Iterable<number>, size: number): Promise<void> => {
  let piece: number[] = [];
  for (const byte of bytes) {
    piece.push(byte);
    if (piece.length < size) continue;
    if (!link.isOpen) return;
    link.write(Buffer.from(piece));
    piece = [];
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  link.write(Buffer.from(piece));
};

export function* forever(text: string): Generator<number> {
  for (;;) yield* Buffer.from(text);
}

const silence: Fault = () => {};
const secure = (port: number): string => `https://127.0.0.1:${port}`;
const uploadSeen = 10_000;

export const faults: readonly FaultCase[] = [
  // Before the connection is established.
  { name: 'no such host', fault: silence, origin: () => 'http://no..such.host' },
  { name: 'connection refused', fault: silence, isPortClosed: true },
  { name: 'reset as soon as it is accepted', fault: (link) => link.reset() },
  { name: 'closed as soon as it is accepted', fault: (link) => link.end() },
  {
    name: 'plain HTTP where TLS is spoken',
    origin: secure,
    async fault(link) {
      await link.received(1);
      link.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
    },
  },
  {
    name: 'closed in the TLS handshake',
    origin: secure,
    async fault(link) {
      await link.received(1);
      link.end();
    },
  },
  {
    name: 'reset in the TLS handshake',
    origin: secure,
    async fault(link) {
      await link.received(1);
      link.reset();
    },
  },
  {
    name: 'silence in the TLS handshake',
    origin: secure,
    fault: silence,
    untilTimeout: true,
  },
  {
    name: 'accepted late',
    async fault(link) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      await link.pass();
    },
  },
  // Before the headers; the server has acted on the request.
  {
    name: 'reset before the headers',
    async fault(link) {
      await link.answer();
      link.reset();
    },
  },
  {
    name: 'closed before the headers',
    async fault(link) {
      await link.answer();
      link.end();
    },
  },
  { name: 'silence instead of headers', fault: async (link) => void (await link.answer()), untilTimeout: true },
  {
    name: 'half-open: the request is lost, and the connection stays silent',
    fault: (link) => link.stopReading(),
    untilTimeout: true,
  },
  // In the headers.
  {
    name: 'reset in the headers',
    async fault(link) {
      link.write((await link.answer()).head.slice(0, 30));
      link.reset();
    },
  },
  {
    name: 'closed in the headers',
    async fault(link) {
      link.end((await link.answer()).head.slice(0, 30));
    },
  },
  {
    name: 'stalled in the headers',
    async fault(link) {
      link.write((await link.answer()).head.slice(0, 30));
    },
    untilTimeout: true,
  },
  {
    name: 'headers that drip for ever',
    async fault(link) {
      const { head } = await link.answer();
      link.write(head.slice(0, -2));
      await drip(link, forever('x-drop: 1\r\n'), 1);
    },
    untilTimeout: true,
  },
  {
    name: 'fifty interim answers (103), then the real one',
    async fault(link) {
      link.write('HTTP/1.1 103 Early Hints\r\nlink: </style.css>\r\n\r\n'.repeat(50));
      await link.pass();
    },
  },
  {
    name: 'interim answers (103) for ever',
    async fault(link) {
      await link.answer();
      await drip(link, forever('HTTP/1.1 103 Early Hints\r\nlink: </style.css>\r\n\r\n'), 100);
    },
    untilTimeout: true,
  },
  {
    name: 'an unrequested upgrade (101)',
    fault: answering(() => ({
      head: 'HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n',
    })),
  },
  {
    name: 'garbage instead of HTTP',
    fault: answering(() => ({ head: '\x16\x03\x01\x00\xee\x02 no HTTP at all\r\n\r\n' })),
  },
  {
    name: 'garbage that echoes the request, secrets and all',
    fault: answering(({ body }) => ({ head: `ECHO ${body.toString('latin1').replace(/[\r\n]/g, ' ')}\r\n\r\n` })),
  },
  { name: 'a header name with a space in it', fault: withHeader('bad name: 1') },
  { name: 'a header twice', fault: withHeader('content-type: application/json', 'x-twice: 1', 'x-twice: 2') },
  { name: 'two lengths that differ', fault: withHeader('content-length: 7') },
  { name: 'a length, and chunks as well', fault: withHeader('transfer-encoding: chunked') },
  {
    name: 'a length that is not a number',
    fault: answering(({ head }) => ({ head: head.replace(/content-length: \d+/i, 'content-length: -1') })),
  },
  { name: 'a header of 64 KiB', fault: withHeader(`x-long: ${'x'.repeat(65_536)}`) },
  { name: 'ten thousand headers', fault: withHeader(...Array.from({ length: 10_000 }, (_, index) => `x-${index}: 1`)) },
  {
    name: 'a status beyond all classes (600)',
    fault: answering(({ head }) => ({ head: head.replace(/^HTTP\/1.1 \d+/, 'HTTP/1.1 600') })),
  },
  // In the body.
  { name: 'reset in the body', fault: inBody((link) => link.reset()) },
  { name: 'closed in a body of a known length', fault: inBody((link) => link.end()) },
  { name: 'closed in a chunked body', fault: inBody((link) => link.end()), path: '/chunked' },
  {
    name: 'a chunk whose size is not a number',
    fault: inBody((link) => link.end('\r\nZZ\r\nx\r\n0\r\n\r\n')),
    path: '/chunked',
  },
  { name: 'stalled in the body', fault: inBody(silence), untilDeadline: true },
  {
    name: 'a body that drips, and ends in time',
    fault: inBody(async (link, { body }) => {
      await drip(link, body.subarray(50), 100);
      link.end();
    }),
  },
  {
    name: 'a body that drips for ever',
    fault: async (link) => {
      const { head } = await link.answer();
      link.write(head.replace(/content-length: \d+/i, 'content-length: 1000000000'));
      await drip(link, forever(' '), 1);
    },
    untilDeadline: true,
  },
  { name: 'more body than its length', fault: answering(({ body }) => ({ body: `${body}and more` })) },
  {
    name: 'HTTP/1.0 without a length',
    fault: answering(({ head }) => ({
      head: head.replace('HTTP/1.1', 'HTTP/1.0').replace(/content-length: \d+\r\n/i, ''),
    })),
  },
  { name: 'declared as gzip, but it is not', fault: withHeader('content-encoding: gzip') },
  {
    name: 'gzip that is cut short',
    path: '/gzip',
    fault: answering(({ head, body }) => ({
      head: head.replace(/content-length: \d+/i, `content-length: ${body.length - 20}`),
      body: body.subarray(0, -20),
    })),
  },
  {
    name: 'a 503 whose body never ends',
    endless: true,
    fault: async (link) => {
      const { head } = await link.answer();
      link.write(
        head
          .replace(/^HTTP\/1.1 \d+ \w+/, 'HTTP/1.1 503 Service Unavailable')
          .replace(/content-length: \d+/i, 'content-length: 1000000000'),
      );
      await drip(link, forever('{"error":'), 5);
    },
  },
  // On a connection that has served a request before.
  {
    name: 'a kept connection is reset at the next request',
    onKeptConnection: true,
    fault: async (link) => {
      await link.received(1);
      link.reset();
    },
  },
  {
    name: 'a kept connection is closed at the next request',
    onKeptConnection: true,
    fault: async (link) => {
      await link.received(1);
      link.end();
    },
  },
  {
    name: 'a kept connection has become half-open',
    onKeptConnection: true,
    fault: (link) => link.stopReading(),
    untilTimeout: true,
  },
  {
    name: 'an unrequested 408 on an idle connection',
    onKeptConnection: 'idle',
    fault: (link) => link.end('HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'),
  },
  // While the client is still sending.
  {
    name: 'reset during an upload of 256 KiB',
    uploads: true,
    fault: async (link) => {
      await link.received(uploadSeen);
      link.reset();
    },
  },
  {
    name: 'closed during an upload of 256 KiB',
    uploads: true,
    fault: async (link) => {
      await link.received(uploadSeen);
      link.end();
    },
  },
  {
    name: 'an upload that the server stops reading',
    uploads: true,
    untilTimeout: true,
    fault: async (link) => {
      await link.received(uploadSeen);
      link.stopReading();
    },
  },
  {
    name: 'a 413 while the upload is still coming',
    uploads: true,
    fault: async (link) => {
      await link.received(uploadSeen);
      link.write('HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
    },
  },
  // Redirects.
  { name: 'a redirect to another origin', fault: (link) => link.pass(), path: '/elsewhere' },
  { name: 'a redirect to a closed port', fault: (link) => link.pass(), path: '/nowhere' },
  { name: 'a redirect to itself, for ever', fault: (link) => link.pass(), path: '/round' },
  { name: 'a redirect to an invalid URL', fault: (link) => link.pass(), path: '/no-url' },
];
