import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { generate } from 'selfsigned';
import { onTestFinished } from 'vitest';

/** A self-signed certificate, and its key. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

const day = 24 * 60 * 60 * 1000;

/** @param isExpired The certificate expired yesterday. */
export async function identityOf(name: string, { isExpired = false } = {}): Promise<Identity> {
  const from = Date.now() - 10 * day;
  const until = Date.now() + (isExpired ? -day : day);
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    notBeforeDate: new Date(from),
    notAfterDate: new Date(until),
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: name }] }],
  });
  return { cert, key };
}

/** A request that the server received, and its connection. */
export interface Heard {
  readonly version: string;
  readonly method: string;
  readonly body: string;
}

/**
 * A real server that speaks HTTP/1.1 and HTTP/2 over TLS; it ends with the test.
 *
 * @param redirect If given, every request is redirected there.
 */
export async function serveSecurely(
  identity: Identity,
  redirect?: { readonly location: string },
): Promise<{ readonly port: number; readonly heard: Heard[] }> {
  const heard: Heard[] = [];
  const { port } = await listenSecurely(identity, async (incoming, response) => {
    let body = '';
    for await (const chunk of incoming) body += chunk;
    heard.push({ version: incoming.httpVersion, method: incoming.method, body });
    if (redirect) response.writeHead(303, { location: redirect.location });
    else response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ version: incoming.httpVersion }));
  });
  return { port, heard };
}

/** The same, with the test's own listener. */
export async function listenSecurely(
  identity: Identity,
  listener: (incoming: Http2ServerRequest, response: Http2ServerResponse) => void,
): Promise<{ readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createSecureServer({ ...identity, allowHTTP1: true }, listener);
  // The tests break off handshakes on purpose.
  server.on('tlsClientError', () => undefined).on('sessionError', () => undefined);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  return { port: await listening(server, sockets) };
}

/** A proxy that opens a tunnel to a given address, as CONNECT demands; it records the requests. */
export async function tunnelling(
  to: number,
  { refuses = false } = {},
): Promise<{ readonly origin: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', (head) => {
      asked.push(head.toString('latin1').split('\r\n', 1)[0] ?? '');
      if (refuses) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
      const tunnel = connect(to, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        socket.pipe(tunnel).pipe(socket);
      });
      sockets.add(tunnel);
      tunnel.on('error', () => socket.destroy());
    });
  });
  return { origin: `http://127.0.0.1:${await listening(server, sockets)}`, asked };
}

/** Answers each connection with these bytes, and closes it. */
export async function answering(bytes: string, how: 'ends' | 'resets'): Promise<{ readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => {
      if (how === 'resets') socket.resetAndDestroy();
      else socket.end(bytes);
    });
  });
  return { port: await listening(server, sockets) };
}

interface Listening {
  listen(port: number, host: string, then: () => void): unknown;
  close(then: () => void): unknown;
  address(): unknown;
}

async function listening(server: Listening, sockets: ReadonlySet<Socket>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    const closed = new Promise<void>((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return (server.address() as AddressInfo).port;
}
