// A language model's API: it limits requests and tokens in any minute, and answers 429 beyond that. A request counts as
// the most that it may cost from its arrival on; at the end of the answer, the count is corrected to the real cost.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { ManualClock } from '@holdfast/core/testing';
import { estimate, type ModelRequest } from './jobs.ts';
import { RollingMinute } from './rolling-minute.ts';

/** One request that reached the model. */
export interface Served {
  readonly name: string;
  readonly status: number;
  /** Milliseconds since the start. */
  readonly from: number;
  to: number;
  /** Counted by the quota. */
  tokens: number;
}

export interface Model {
  readonly url: string;
  readonly served: readonly Served[];
  close(): void;
}

export interface ModelOptions {
  readonly clock: ManualClock;
  readonly requests: number;
  readonly tokens: number;
  /** Called when a request arrives. */
  arrived(): void;
  /** Called when an answer leaves. */
  answers(): void;
}

type Refusal = readonly [status: number, type: string, headers?: Readonly<Record<string, string>>];

/** Faults, by the number of the request. */
const troubles: ReadonlyMap<number, Refusal> = new Map<number, Refusal>([
  [3, [529, 'overloaded_error']],
  // A 409 is usually final. This server's header says that a retry may succeed.
  [8, [409, 'conflict_error', { 'x-should-retry': 'true' }]],
]);

export async function startModel({ clock, arrived, answers, ...limits }: ModelOptions): Promise<Model> {
  const served: Served[] = [];
  const quotas = {
    requests: new RollingMinute(limits.requests, clock),
    tokens: new RollingMinute(limits.tokens, clock),
  };

  const quotaHeaders = (): Record<string, string> =>
    Object.fromEntries(
      Object.entries(quotas).flatMap(([unit, { limit, left, resetMs }]) => [
        [`x-ratelimit-limit-${unit}`, String(limit)],
        [`x-ratelimit-remaining-${unit}`, String(left)],
        [`x-ratelimit-reset-${unit}`, `${resetMs}ms`],
      ]),
    );

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = (await json(request)) as ModelRequest;
    const now = clock.now();
    const most = estimate(asked);
    arrived();
    const settle = quotas.requests.take(1) && quotas.tokens.take(most);
    const trouble = settle ? troubles.get(served.length + 1) : ([429, 'rate_limit_error'] as const);
    if (!settle || trouble) {
      const [status, type, headers] = trouble ?? [500, 'api_error'];
      served.push({ name: asked.name, status, from: now, to: now, tokens: settle ? most : 0 });
      answers();
      response.writeHead(status, { 'content-type': 'application/json', ...quotaHeaders(), ...headers });
      response.end(JSON.stringify({ error: { type, message: `The model says ${type}` } }));
      return;
    }
    // The model writes a hundred tokens a second.
    const thinkMs = asked.answer * 10;
    const one: Served = { name: asked.name, status: 200, from: now, to: now + thinkMs, tokens: most };
    served.push(one);
    clock.setTimer(() => {
      one.tokens = most - asked.max_tokens + asked.answer;
      settle(one.tokens);
      answers();
      writeAnswer(response, asked, { usage: { total_tokens: one.tokens } }, quotaHeaders());
    }, thinkMs);
  }

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/`,
    served,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The usage is part of the answer, or of the last event of a stream. */
function writeAnswer(response: ServerResponse, asked: ModelRequest, usage: object, headers: object): void {
  const text = `an answer of ${asked.answer} tokens`;
  if (!asked.stream) {
    response.writeHead(200, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ text, ...usage }));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
  for (const delta of text.split(' ')) response.write(`data: ${JSON.stringify({ delta })}\n\n`);
  response.end(`data: ${JSON.stringify({ delta: '', ...usage })}\n\ndata: [DONE]\n\n`);
}
