// The world in which the documentation's snippets run, so that they can be written as a user would write them:
// `api.example.com` answers with plausible orders; every other host is unreachable, except this machine.

import dns from 'node:dns';

const platformFetch = globalThis.fetch;

const worldFetch: typeof fetch = async (input, init) => {
  const request = new Request(input, init);
  const { host, pathname } = new URL(request.url);
  // With msw in a snippet, only the requests that msw passes through arrive here; they go to the platform.
  if (globalThis.fetch !== worldFetch || !host.endsWith('.example.com')) return platformFetch(request);
  request.signal.throwIfAborted();
  if (host.startsWith('auth.')) return Response.json({ token: 'secret', expiresAt: Date.now() + 3_600_000 });
  const id = Number(/\d+$/.exec(pathname)?.[0] ?? 42);
  const order = { id, status: 'paid', amount: 1999 };
  return Response.json(/s$/.test(pathname) && request.method === 'GET' ? [order] : order);
};
globalThis.fetch = worldFetch;

const lookup = dns.lookup;
dns.lookup = ((host: string, ...rest: unknown[]): void => {
  if (host !== 'localhost') throw new Error(`A snippet may not reach the network, and this one wants ${host}`);
  Reflect.apply(lookup, dns, [host, ...rest]);
}) as typeof dns.lookup;
