// The world in which the snippets of the documentation run, so that they can be written as a user would write them:
// `api.example.com` answers, with plausible orders; any other host is out of reach, except this very machine.

import { Socket } from 'node:net';

const platformFetch = globalThis.fetch;

globalThis.fetch = async (input, init) => {
  const request = new Request(input, init);
  const { host, pathname } = new URL(request.url);
  if (!host.endsWith('.example.com')) return platformFetch(request);
  request.signal.throwIfAborted();
  if (host.startsWith('auth.')) return Response.json({ token: 'secret', expiresAt: Date.now() + 3_600_000 });
  const id = Number(/\d+$/.exec(pathname)?.[0] ?? 42);
  const order = { id, status: 'paid', amount: 1999 };
  return Response.json(/s$/.test(pathname) && request.method === 'GET' ? [order] : order);
};

const connect = Socket.prototype.connect;
Socket.prototype.connect = function (this: Socket, ...args: unknown[]): Socket {
  const [options] = args.flat() as [{ host?: string; path?: string } | number | string];
  const host = typeof options === 'object' ? (options.host ?? 'localhost') : String(args[1] ?? 'localhost');
  const isNear = /^(localhost|127\.\d+\.\d+\.\d+|::1|\[::1\])$/.test(host);
  if (!isNear) throw new Error(`A snippet may not reach the network, and this one wants ${host}`);
  return Reflect.apply(connect, this, args);
} as typeof connect;
