import { expect, test } from 'vitest';
import { type Fetch, fetches, type Listener, type Received, seenOf, serve, toldOf } from './world.ts';

/** The result of a probe, and what the server saw, without the ports, which differ. */
async function outcomeOf(fetch: Fetch, listener: Listener, probe: Probe): Promise<unknown> {
  const { origin, received } = await serve(listener);
  const elsewhere = await serve(listener);
  const outcome = await probe(fetch, origin, elsewhere.origin).then(
    async (value) => (value instanceof Response ? seenOf(value) : value),
    (error) => ({ error: toldOf(error) }),
  );
  const plain = (value: unknown): unknown =>
    JSON.parse(
      JSON.stringify(value ?? null)
        .replaceAll(encodeURIComponent(elsewhere.origin), 'http://elsewhere')
        .replaceAll(origin, 'http://here')
        .replaceAll(elsewhere.origin, 'http://elsewhere')
        .replaceAll(new URL(origin).host, 'here')
        .replaceAll(new URL(elsewhere.origin).host, 'elsewhere')
        .replaceAll(/formdata-undici-0\d+/g, 'boundary'),
    );
  return {
    outcome: plain(outcome),
    received: plain(received.map(sent)),
    elsewhere: plain(elsewhere.received.map(sent)),
  };
}

/** Ignores the order of the headers, and an `Origin` of null, which Node's fetch omits. */
function sent({ method, path, headers, body }: Received): unknown {
  const all = { ...headers, ...(headers.origin === '' && { origin: 'null' }) };
  return { method, path, body, headers: Object.fromEntries(Object.entries(all).sort()) };
}

export type Probe = (fetch: Fetch, origin: string, elsewhere: string) => Promise<unknown>;

/** A test that the platform's fetch and undici's transport give the same result. */
export function same(name: string, listener: Listener, probe: Probe): void {
  test(name, async () => {
    const expected = await outcomeOf(fetches.platform, listener, probe);
    expect(await outcomeOf(fetches.undici, listener, probe)).toEqual(expected);
  });
}
