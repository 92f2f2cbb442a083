import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { undiciTransport } from '@holdfast/undici';
import { createResilientClient } from 'holdfast';
import { onTestFinished } from 'vitest';

/** The requests that the server received. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they were sent. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export type Listener = (incoming: IncomingMessage, response: ServerResponse, body: Buffer) => void;

/** A real server; it and its connections end with the test. */
export async function serve(listener: Listener): Promise<{ readonly origin: string; readonly received: Received[] }> {
  const received: Received[] = [];
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming) chunks.push(chunk);
    } catch {
      return;
    }
    const body = Buffer.concat(chunks);
    const { method = '', url: path = '', headers, rawHeaders } = incoming;
    received.push({ method, path, headers, rawHeaders, body: body.toString('latin1') });
    // Without a `Date` header, because two answers that are compared may be sent in different seconds.
    response.sendDate = false;
    listener(incoming, response, body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

export type Fetch = typeof globalThis.fetch;

const client = createResilientClient({
  ...{ transport: undiciTransport(), retry: 0, rateLimit: false, circuitBreaker: false },
});

/** The platform's fetch and undici's transport, which must behave the same. */
export const fetches: Readonly<Record<'platform' | 'undici', Fetch>> = {
  platform: (input, init) => fetch(input, init),
  undici: client.fetch as Fetch,
};

/** An error with its causes, as far as the two can be compared: undici's error stands below the client's. */
export function toldOf(error: unknown): unknown {
  const { code, cause } = Object(error);
  if (code === 'NETWORK') return toldOf(cause);
  if (!(error instanceof Error)) return error;
  return {
    name: error.name,
    message: error.message,
    ...(code && { code }),
    ...(cause !== undefined && { cause: toldOf(cause) }),
  };
}

/** Everything of a response that a caller can see. */
export async function seenOf(response: Response): Promise<unknown> {
  const { status, statusText, ok, type, url, redirected, bodyUsed } = response;
  const headers = [...response.headers];
  const hasBody = response.body !== null;
  const text = await response.text().catch(toldOf);
  return {
    ...{ status, statusText, ok, type, url, redirected, bodyUsed, headers, hasBody, text },
    isResponse: response instanceof Response,
    tag: Object.prototype.toString.call(response),
    usedThen: response.bodyUsed,
  };
}
