import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { closedPort } from '../closed-port.ts';

/** The answer of the real server behind the proxy, byte by byte. */
export interface Answer {
  /** Status line and headers, with the empty line. */
  readonly head: string;
  /** The body as it was on the wire; the framing of a chunked body is included. */
  readonly body: Buffer;
}

/**
 * One connection of the client, controlled by a fault. The server's whole answer is known before the client gets any byte
 * of it, so each fault cuts, holds or forges it at the same place in every run.
 */
export interface Link {
  /** Passes the next request to the server, which acts on it. The client gets nothing of the answer. */
  answer(): Promise<Answer>;
  /** Lets one exchange happen without a fault. @param kept The connection stays open for the next one. */
  pass(kept?: boolean): Promise<void>;
  /** Waits until this many bytes have come from the client. The bytes stay in the buffer. */
  received(bytes: number): Promise<void>;
  /** Waits until the client has the headers of an answer. */
  headersSeen(): Promise<void>;
  /** Waits until the client has read this many items from the answers on this connection. */
  itemsSeen(count: number): Promise<void>;
  write(data: string | Buffer): void;
  /** Sends a FIN: the connection ends without an error. */
  end(data?: string | Buffer): void;
  /** Sends an RST. */
  reset(): void;
  /** Stops reading, so that the client's buffers fill up. Nothing is written either. */
  stopReading(): void;
  readonly isOpen: boolean;
}

export type Fault = (link: Link) => void | Promise<void>;

export interface FaultProxy {
  readonly port: number;
  /** What happens to each further connection. */
  fault: Fault;
  /** The number of connections so far. */
  readonly connections: number;
  /** The number of open connections, to clients and to the server. */
  readonly open: number;
  /** Lets faults that have stopped reading continue, so that they notice an abort. */
  readOn(): void;
  /**
   * True when all sockets are closed. That takes moments, but the platform's TLS handshake takes ten seconds, even after
   * an abort.
   */
  isLeftAlone(): Promise<boolean>;
  /** Code that sees the client get headers calls this. */
  sawHeaders(): void;
  /** Code that reads a stream calls this for each item. */
  sawItem(): void;
  /** Stops the server from listening; open connections stay open. */
  stopListening(): Promise<void>;
  /** Listens again, at the same address. */
  listenAgain(): Promise<void>;
  close(): Promise<void>;
}

/** Ends a fault that waits for a client that has left. */
class Gone extends Error {}

/** A proxy on loopback that applies a fault to each connection. */
export async function faultProxy(server: AddressInfo, fault: Fault): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  const waitingForHeaders = new Set<() => void>();
  const items = { seen: 0, waiting: new Set<() => void>() };
  let connections = 0;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    // Many faults reset the connection. Here only the closing of the socket matters.
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
  const port = await closedPort();
  await listen(port);
  const stopListening = async (): Promise<void> => {
    if (!listener.listening) return;
    listener.close();
    // `close` waits until the last connection has ended; the server stops listening at once.
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

/** What the client has received, over all connections. */
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
    // If the client leaves, this ends the connection. A fault that is to stay silent stops reading, so it does not
    // notice.
    client.end();
  });

  /** Waits until `enough` returns how many of the received bytes belong together, and takes these bytes. */
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

/** The length of the first request; undefined until the buffer has all of it. */
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

/**
 * Makes the server close after its answer, so that the end of the answer is known. The proxy decides whether the client
 * keeps its connection.
 */
function asLast(message: Buffer, from: string, to: string): Buffer {
  const length = headLength(message) ?? 0;
  const head = message.toString('latin1', 0, length).replace(new RegExp(`^(connection: )${from}`, 'im'), `$1${to}`);
  return Buffer.concat([Buffer.from(head, 'latin1'), message.subarray(length)]);
}
