import type { Answer, Link } from './fault-proxy.ts';
import { drip, forever } from './faults.ts';
import { type Kind, type Place, placeIn, wholeDownload } from './stream-server.ts';

type StreamFault = (link: Link, kind: Kind) => void | Promise<void>;

/** One way in which a body fails after its headers. */
export interface StreamFaultCase {
  readonly name: string;
  readonly fault: StreamFault;
  /** The kinds of bodies that can meet the fault. @defaultValue all */
  readonly kinds?: readonly Kind[];
  /** A reset between two items cuts the first answer, and the request that continues it meets the fault. */
  readonly onContinuation?: true;
  /** The kinds for which only the caller can end the reading. */
  readonly endless?: readonly Kind[];
}

/** The size of a chunk that is longer than everything that follows, so an end within it is not a clean one. */
const endlessChunk = '100000\r\n';

/**
 * The part before the cut: for events and lines in one chunk that never ends; for a download, which states its length,
 * unchanged.
 */
function opened({ head, body }: Answer, kind: Kind, at: number): Buffer {
  const given = body.subarray(0, at);
  if (kind === 'download') return Buffer.concat([Buffer.from(head, 'latin1'), given]);
  return Buffer.concat([Buffer.from(chunked(head) + endlessChunk, 'latin1'), given]);
}

function chunked(head: string): string {
  return head.replace(/content-length: \d+/i, 'transfer-encoding: chunked');
}

/** Sends a part of the answer, waits until the client has read it, and then causes the fault. */
const after =
  (place: Place, then: (link: Link, kind: Kind) => void | Promise<void>): StreamFault =>
  async (link, kind) => {
    const answer = await link.answer();
    const { at, whole } = placeIn(answer.body, kind, place);
    const headersSeen = link.headersSeen();
    link.write(opened(answer, kind, at));
    await headersSeen;
    await link.itemsSeen(whole);
    await then(link, kind);
  };

const reset = (link: Link): void => link.reset();
const close = (link: Link): void => link.end();
const silence = (): void => {};

/** Ends the body early, as if it were complete. */
const ended =
  (place: Place): StreamFault =>
  async (link, kind) => {
    const { head, body } = await link.answer();
    const given = body.subarray(0, placeIn(body, kind, place).at);
    const start = Buffer.from(`${chunked(head)}${given.length.toString(16)}\r\n`, 'latin1');
    link.end(Buffer.concat([start, given, Buffer.from('\r\n0\r\n\r\n')]));
  };

/** Changes the headers or the bytes of the answer. */
const forged =
  (change: (answer: Answer) => Partial<Answer>): StreamFault =>
  async (link) => {
    const answer = await link.answer();
    const { head, body } = { ...answer, ...change(answer) };
    link.end(Buffer.concat([Buffer.from(head, 'latin1'), body]));
  };

const headChanged = (from: RegExp, to: string): StreamFault => forged(({ head }) => ({ head: head.replace(from, to) }));

/** Replaces the server's answer. */
const says = (status: string, headers: readonly string[] = [], body: Buffer = Buffer.alloc(0)): StreamFault =>
  forged(() => ({
    head: [`HTTP/1.1 ${status}`, ...headers, `content-length: ${body.length}`, 'connection: close', '', ''].join(
      '\r\n',
    ),
    body,
  }));

const streams: readonly Kind[] = ['events', 'lines'];
const events: readonly Kind[] = ['events'];
const download: readonly Kind[] = ['download'];
const resumed: readonly Kind[] = ['events', 'download'];

const multipart = Buffer.from('--x\r\ncontent-range: bytes 0-1/2\r\n\r\nab\r\n--x--\r\n');

export const streamFaults: readonly StreamFaultCase[] = [
  // Before the first byte of the body.
  { name: 'reset before the first item', fault: after('before the first', reset) },
  { name: 'closed before the first item', fault: after('before the first', close) },
  { name: 'silent before the first item', fault: after('before the first', silence) },
  {
    name: 'comments for ever before the first event',
    kinds: events,
    fault: after('before the first', (link) => drip(link, forever(': still here\n\n'), 4)),
  },
  // In the middle.
  { name: 'reset between two items', fault: after('between two', reset) },
  { name: 'closed between two items', fault: after('between two', close) },
  { name: 'ended between two items, as if complete', kinds: streams, fault: ended('between two') },
  { name: 'silent between two items', fault: after('between two', silence) },
  { name: 'reset in an item', fault: after('in one', reset) },
  { name: 'closed in an item', fault: after('in one', close) },
  { name: 'ended in an item, as if complete', kinds: streams, fault: ended('in one') },
  { name: 'silent in an item', fault: after('in one', silence) },
  { name: 'reset in a character', fault: after('in a character', reset) },
  { name: 'ended in a character, as if complete', kinds: streams, fault: ended('in a character') },
  {
    name: 'comments for ever between two events, or empty lines',
    kinds: streams,
    endless: ['lines'],
    fault: after('between two', (link, kind) => drip(link, forever(kind === 'events' ? ': still here\n\n' : '\n'), 4)),
  },
  {
    name: 'an item that drips for ever',
    kinds: streams,
    endless: ['lines'],
    fault: after('in one', (link) => drip(link, forever('x'), 1)),
  },
  {
    name: 'an item that is longer than maxResponseBytes, and does not end',
    kinds: streams,
    fault: after('in one', (link) => void link.write(Buffer.alloc(200_000, 'x'))),
  },
  {
    name: 'a chunk whose size is not a number',
    kinds: streams,
    fault: async (link, kind) => {
      const { head, body } = await link.answer();
      const { at, whole } = placeIn(body, kind, 'between two');
      const given = body.subarray(0, at);
      link.write(
        Buffer.concat([Buffer.from(`${chunked(head)}${given.length.toString(16)}\r\n`), given, Buffer.from('\r\n')]),
      );
      await link.itemsSeen(whole);
      link.end('ZZ\r\n');
    },
  },
  // At the end.
  { name: 'reset after the last item', fault: after('after the last', reset) },
  { name: 'silent after the last item', fault: after('after the last', silence) },
  // When the client tries to continue.
  { name: 'overloaded (503) when it continues', kinds: resumed, onContinuation: true, fault: says('503 Busy') },
  { name: 'reset before the headers when it continues', kinds: resumed, onContinuation: true, fault: reset },
  {
    name: 'silent after the headers when it continues',
    kinds: resumed,
    onContinuation: true,
    fault: after('before the first', silence),
  },
  { name: 'no more content (204) when it continues', kinds: events, onContinuation: true, fault: says('204 None') },
  {
    name: 'a page (text/html) when it continues',
    kinds: events,
    onContinuation: true,
    fault: says('200 OK', ['content-type: text/html'], Buffer.from('<p>')),
  },
  {
    name: 'the range is answered by the whole (200)',
    kinds: download,
    onContinuation: true,
    fault: says('200 OK', ['etag: "v1"', 'content-type: text/plain'], wholeDownload),
  },
  {
    name: 'the range is answered by another place',
    kinds: download,
    onContinuation: true,
    fault: headChanged(/content-range: bytes \d+/i, 'content-range: bytes 1'),
  },
  {
    name: 'the range is answered without its place',
    kinds: download,
    onContinuation: true,
    fault: headChanged(/content-range: [^\r]+\r\n/i, ''),
  },
  {
    name: 'the range is answered with a changed ETag',
    kinds: download,
    onContinuation: true,
    fault: headChanged(/etag: "v1"/i, 'etag: "v2"'),
  },
  {
    name: 'the range is answered with another length of the whole',
    kinds: download,
    onContinuation: true,
    fault: headChanged(/(content-range: [^/]+\/)\d+/i, '$1100000'),
  },
  {
    name: 'the range is answered with a content coding',
    kinds: download,
    onContinuation: true,
    fault: headChanged(/etag: "v1"/i, 'etag: "v1"\r\ncontent-encoding: br'),
  },
  {
    name: 'the range is answered in several parts (multipart/byteranges)',
    kinds: download,
    onContinuation: true,
    fault: says('206 Partial Content', ['etag: "v1"', 'content-type: multipart/byteranges; boundary=x'], multipart),
  },
  { name: 'the range is refused (416)', kinds: download, onContinuation: true, fault: says('416 No') },
  {
    name: 'the range has fewer bytes than it says',
    kinds: download,
    onContinuation: true,
    fault: forged(({ head, body }) => ({
      head: head.replace(/content-length: \d+/i, `content-length: ${body.length - 20}`),
      body: body.subarray(0, -20),
    })),
  },
  {
    name: 'the range has more bytes than it says',
    kinds: download,
    onContinuation: true,
    fault: forged(({ head, body }) => ({
      head: head.replace(/content-length: \d+/i, `content-length: ${body.length + 4}`),
      body: Buffer.concat([body, Buffer.from('more')]),
    })),
  },
  { name: 'reset in the range', kinds: download, onContinuation: true, fault: after('between two', reset) },
];
