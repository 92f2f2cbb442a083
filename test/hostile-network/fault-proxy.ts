import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What the real server behind the proxy said, byte by byte. */
export interface Answer {
  /** Status line and headers, with the empty line. */
  readonly head: string;
  /** As it was on the wire: of a chunked answer, with its framing. */
  readonly body: Buffer;
}

/**
 * One connection of the client's, in the hands of a fault. It speaks in bytes: the server's whole answer is known
 * before the client gets any of it, so each fault cuts, holds or forges it at the same place in every run.
 */
export interface Link {
  /** Hands the next request on to the server, which acts on it. Nothing of the answer goes to the client. */
  answer(): Promise<Answer>;
  /** Lets one exchange happen as it should. @param kept The connection is kept for the next one. */
  pass(kept?: boolean): Promise<void>;
  /** Until this many bytes have come from the client, which are kept. */
  received(bytes: number): Promise<void>;
  /** Until the client has the headers of an answer. */
  headersSeen(): Promise<void>;
  /** Until the client has read this many items of the answers on this connection. */
  itemsSeen(count: number): Promise<void>;
  write(data: string | Buffer): void;
  /** FIN: an end without a reason. */
  end(data?: string | Buffer): void;
  /** RST. */
  reset(): void;
  /** Nothing is read any more, so that the client finds its buffers full; nor is anything said. */
  stopReading(): void;
  readonly isOpen: boolean;
}

export type Fault = (link: Link) => void | Promise<void>;

export interface FaultProxy {
  readonly port: number;
  /** What happens to each connection, from now on. */
  fault: Fault;
  /** Connections so far. */
  readonly connections: number;
  /** Those that are open, to clients and to the server. */
  readonly open: number;
  /** Faults that had stopped reading continue, and so notice an abort. */
  readOn(): void;
  /**
   * Are all sockets closed? Within moments; only the platform's TLS handshake takes ten seconds, even after an abort.
   */
  isLeftAlone(): Promise<boolean>;
  /** Called by code that sees the client get headers. */
  sawHeaders(): void;
  /** Called by code that reads a stream, for each of its items. */
  sawItem(): void;
  /** No server listens any more; open connections stay open. */
  stopListening(): Promise<void>;
  /** It listens again, at the same address. */
  listenAgain(): Promise<void>;
  close(): Promise<void>;
}

/** The client has left: a fault that waits for it is over. */
class Gone extends Error {}

/** A proxy on loopback that does to each connection what its fault says. */
export async function faultProxy(server: AddressInfo, fault: Fault): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  const waitingForHeaders = new Set<() => void>();
  const items = { seen: 0, waiting: new Set<() => void>() };
  let connections = 0;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    // A reset is what many faults are about; all that matters here is that the socket goes.
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    return socket;
  };
  const listener: Server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    connections++;
    const link = openLink(keep(socket), () => keep(connect({ port: server.port, host: server.address })), {
      waitingForHeaders,
      items,
    });
    Promise.resolve(proxy.fault(link)).catch((error: unknown) => {
      if (!(error instanceof Gone)) throw error;
    });
  });
  const listen = async (port: number): Promise<void> => {
    listener.listen(port, '127.0.0.1');
    await once(listener, 'listening');
  };
  await listen(0);
  const { port } = listener.address() as AddressInfo;
  const stopListening = async (): Promise<void> => {
    if (!listener.listening) return;
    listener.close();
    // `close` comes when the last connection has ended; to stop listening takes no time.
  };
  const proxy: FaultProxy = {
    port,
    fault,
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
    sawHeaders() {
      for (const seen of waitingForHeaders) seen();
      waitingForHeaders.clear();
    },
    sawItem() {
      items.seen++;
      for (const look of items.waiting) look();
    },
    readOn() {
      for (const socket of sockets) socket.resume();
    },
    async isLeftAlone() {
      for (let turn = 0; sockets.size > 0 && turn < 2000; turn++) {
        proxy.readOn();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return sockets.size === 0;
    },
    stopListening,
    listenAgain: () => listen(port),
    async close() {
      await stopListening();
      for (const socket of sockets) socket.destroy();
    },
  };
  return proxy;
}

/** What the client has got, over all connections. */
interface Seen {
  readonly waitingForHeaders: Set<() => void>;
  readonly items: { readonly seen: number; readonly waiting: Set<() => void> };
}

function openLink(client: Socket, dial: () => Socket, { waitingForHeaders, items }: Seen): Link {
  const itemsBefore = items.seen;
  let unread = Buffer.alloc(0);
  let isOver = false;
  let wake = (): void => {};
  const over = (): void => {
    isOver = true;
    wake();
  };
  client.on('data', (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk]);
    wake();
  });
  client.on('close', over).on('end', () => {
    over();
    // A client that has left is released; a fault that wants to stay silent stops reading, and does not notice.
    client.end();
  });

  /** Until what has come is enough, as `enough` says: how many bytes of it belong together. */
  const take = async (enough: () => number | undefined): Promise<Buffer> => {
    for (;;) {
      const length = enough();
      if (length !== undefined) {
        const taken = unread.subarray(0, length);
        unread = unread.subarray(length);
        return taken;
      }
      if (isOver) throw new Gone();
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };

  const link: Link = {
    async answer() {
      const request = await take(() => requestLength(unread));
      const upstream = dial();
      upstream.write(asLast(request, 'keep-alive', 'close'));
      const chunks: Buffer[] = [];
      for await (const chunk of upstream) chunks.push(chunk as Buffer);
      const whole = Buffer.concat(chunks);
      const length = headLength(whole) ?? 0;
      return { head: whole.toString('latin1', 0, length), body: whole.subarray(length) };
    },
    async pass(kept = false) {
      const { head, body } = await link.answer();
      if (!kept) return link.end(Buffer.concat([Buffer.from(head, 'latin1'), body]));
      link.write(Buffer.concat([asLast(Buffer.from(head, 'latin1'), 'close', 'keep-alive'), body]));
    },
    async received(bytes) {
      await take(() => (unread.length >= bytes ? 0 : undefined));
    },
    headersSeen: () =>
      new Promise((seen) => {
        waitingForHeaders.add(seen);
      }),
    itemsSeen: (count) =>
      new Promise((seen) => {
        const look = (): void => {
          if (items.seen < itemsBefore + count) return;
          items.waiting.delete(look);
          seen();
        };
        items.waiting.add(look);
        look();
      }),
    write: (data) => void (client.writable && client.write(data, 'latin1')),
    end: (data = '') => void (client.writable && client.end(data, 'latin1')),
    reset: () => void client.resetAndDestroy(),
    stopReading: () => void client.pause(),
    get isOpen() {
      return !isOver && client.writable;
    },
  };
  return link;
}

function headLength(bytes: Buffer): number | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  return end < 0 ? undefined : end + 4;
}

/** How long the first request is, if it is there whole. */
function requestLength(bytes: Buffer): number | undefined {
  const head = headLength(bytes);
  if (head === undefined) return undefined;
  const text = bytes.toString('latin1', 0, head);
  if (/^transfer-encoding: chunked/im.test(text)) {
    const end = bytes.indexOf('\r\n0\r\n\r\n', head - 2);
    return end < 0 ? undefined : end + 7;
  }
  const body = Number(/^content-length: (\d+)/im.exec(text)?.[1] ?? 0);
  return bytes.length >= head + body ? head + body : undefined;
}

/** The server closes after its answer, so that its end is known; whether the client keeps the connection is ours to say. */
function asLast(message: Buffer, from: string, to: string): Buffer {
  const length = headLength(message) ?? 0;
  const head = message.toString('latin1', 0, length).replace(new RegExp(`^(connection: )${from}`, 'im'), `$1${to}`);
  return Buffer.concat([Buffer.from(head, 'latin1'), message.subarray(length)]);
}
