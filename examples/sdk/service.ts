import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** The fault of the next request: a status, or a connection that breaks after the work is done. */
export type Trouble = 429 | 500 | 503 | 'reset';

export interface Service {
  readonly port: number;
  /** How the requests were answered, in order. */
  readonly answers: readonly (number | 'reset')[];
  /** The customers that were created. */
  readonly customers: readonly string[];
  /** Replaces the list of faults: the next requests meet these, one after the other. */
  begin(troubles: readonly Trouble[]): void;
  close(): Promise<void>;
}

/** One flaky server that speaks a little of OpenAI's API and of Stripe's. */
export async function openService(): Promise<Service> {
  let troubles: Trouble[] = [];
  let answers: (number | 'reset')[] = [];
  /** By idempotency key, so that a repeated request gets the same customer. */
  let customers = new Map<string, string>();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const trouble = troubles.shift();
    answers.push(trouble ?? 200);
    const send = (status: number, value: unknown): void => {
      const headers = { 'content-type': 'application/json', ...(status === 429 && { 'retry-after': '0.2' }) };
      response.writeHead(status, headers).end(JSON.stringify(value));
    };
    if (typeof trouble === 'number') return send(trouble, { error: { message: 'a bad day' } });
    if (request.url?.endsWith('/customers')) {
      const key = String(request.headers['idempotency-key']);
      const id = customers.get(key) ?? `cus_${customers.size + 1}`;
      customers.set(key, id);
      if (trouble === 'reset') return void request.socket.resetAndDestroy();
      return send(200, { id, object: 'customer' });
    }
    if (trouble === 'reset') return void request.socket.resetAndDestroy();
    if (request.method === 'GET') return send(200, { id: 'small', object: 'model' });
    if (!body.includes('"stream":true')) return send(200, { choices: [{ index: 0, message: { content: 'aye' } }] });
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const content of ['one ', 'hand ', 'for ', 'the ', 'ship']) {
      response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`);
    }
    response.end('data: [DONE]\n\n');
  }

  const server = createServer(answer);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get answers() {
      return answers;
    },
    get customers() {
      return [...customers.values()];
    },
    begin(next) {
      troubles = [...next];
      answers = [];
      customers = new Map();
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
