import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import {
  type CallOptions,
  createResilientClient,
  type HoldfastEvent,
  isApiError,
  isResilienceError,
  type ResilientClient,
  type Strategy,
} from 'holdfast';
import { closedPort } from '../closed-port.ts';
import { type Fault, type FaultProxy, faultProxy } from './fault-proxy.ts';
import type { FaultCase } from './faults.ts';
import { ledger } from './ledger.ts';
import { type Received, realServer } from './server.ts';

/** How a call meets a fault. */
export interface Probe {
  readonly face: 'ky' | 'fetch';
  readonly method: 'GET' | 'POST';
  /** Whether only the first attempt meets the fault, or all attempts do. */
  readonly lasts: 'once' | 'always';
  /** The call has an idempotency key. */
  readonly keyed?: true;
}

/** The outcome of a probe, and everything that was wrong about it. */
export interface Told {
  readonly outcome: string;
  readonly problems: readonly string[];
}

export const secret = 'hush-4711';
export const secretHeaders = { authorization: `Bearer ${secret}`, cookie: `session=${secret}` };
// Long enough for the attempt after the fault, even on a busy machine.
const attemptLimitMs = 4000;
const callLimitMs = 4000;
/** Longer than any busy machine needs. */
const longestMs = 60_000;

/** Makes a call that meets the fault, with its own client and its own server, and checks everything afterwards. */
export async function probe(one: FaultCase, { face, method, lasts, keyed }: Probe): Promise<Told> {
  const elsewhere = await realServer((_request, response) => response.end('{"where":"elsewhere"}'));
  const nowhere = await closedPort();
  const server = await realServer((request, response) =>
    answer(request, response, { elsewhere: elsewhere.address.port, nowhere }),
  );
  const proxy = await faultProxy(server.address, one.fault);
  const origin = one.origin?.(proxy.port) ?? `http://127.0.0.1:${proxy.port}`;
  const url = `${origin}${one.path ?? '/orders'}?api_key=${secret}`;
  if (one.onKeptConnection) await keepConnection(url, one, proxy);

  const events: HoldfastEvent[] = [];
  const record = ledger();
  const api = createResilientClient({
    headers: secretHeaders,
    random: () => 0,
    retry: 1,
    retryBudget: false,
    ...(keyed && { idempotencyKeys: true }),
    ...(one.untilTimeout && { timeout: attemptLimitMs }),
    ...(one.untilDeadline && { timeout: callLimitMs, totalTimeout: callLimitMs }),
    perAttempt: [network(one, proxy, lasts)],
  });
  api.on((event) => {
    events.push(event);
    record.hear(event);
    if (event.type === 'attempt.ended' && event.status !== undefined) proxy.sawHeaders();
  });

  const init = { method, ...(method === 'POST' && { body: one.uploads ? 'x'.repeat(262_144) : '{"quantity":1}' }) };
  let outcome: string;
  let failure: unknown;
  try {
    outcome = await (face === 'ky' ? readThroughKy(api, url, init) : readFetched(api, url, init, one));
  } catch (error) {
    failure = error;
    outcome = inWords(error);
  }

  const problems: string[] = [];
  const expect = (holds: boolean, what: string): void => {
    if (!holds) problems.push(what);
  };
  const sent = events.filter(({ type }) => type === 'attempt.ended').length;
  const received = server.received.filter((request) => request.method === method);
  const acted = received.length;
  if (isResilienceError(failure)) {
    const { applied, attempts, elapsedMs } = failure;
    expect(attempts.length === sent, `the error tells ${attempts.length} attempts of ${sent}`);
    expect(applied !== 'no' || acted === 0, "applied is 'no', but the server has acted");
    expect(applied !== 'yes' || acted > 0, "applied is 'yes', but the server has not acted");
    if (failure.code === 'ATTEMPT_TIMEOUT')
      expect(elapsedMs >= sent * attemptLimitMs - 5, `gave up after ${elapsedMs} ms`);
    if (failure.code === 'DEADLINE_EXCEEDED') expect(elapsedMs >= callLimitMs - 5, `gave up after ${elapsedMs} ms`);
    expect(elapsedMs < longestMs, `took ${elapsedMs} ms`);
  } else if (failure !== undefined) {
    // With `client.fetch`, the platform reads the body, and invalid JSON is not a network fault.
    expect(face === 'fetch' || failure instanceof SyntaxError, `no typed error: ${inspect(failure)}`);
  }
  const rash = events.filter((event) => event.type === 'retry.scheduled' && event.decision.applied !== 'no');
  const isUnsafe = method === 'POST' && !keyed;
  expect(!isUnsafe || rash.length === 0, 'a POST was sent again although the server may have acted');
  const keys = received.map(({ headers }) => headers['idempotency-key']);
  expect(new Set(keys).size <= 1 && !(keyed && keys.includes(undefined)), 'a retry had another key, or none');
  expect(!printed(failure, events, api).includes(secret), 'the secret was printed');
  expect(!JSON.stringify(elsewhere.received).includes(secret), 'the secret was given to another origin');

  await api.close();
  for (const problem of record.problems) expect(false, problem);
  expect(record.openCalls === 0 && api.snapshot().callsInFlight === 0, 'a call has not ended');
  expect(await proxy.isLeftAlone(), `${proxy.open} sockets were left open`);
  await Promise.all([proxy.close(), server.close(), elsewhere.close()]);
  const times = sent > 1 ? `, ${sent} attempts` : '';
  return { outcome: `${outcome}${times}${method === 'POST' ? `; acted ${acted}×` : ''}`, problems };
}

/** The network that each attempt meets. */
function network(one: FaultCase, proxy: FaultProxy, lasts: Probe['lasts']): Strategy {
  return {
    name: 'network',
    async execute(request, next, context) {
      const isFaulty = lasts === 'always' || context.attempt === 1;
      if (one.isPortClosed) await (isFaulty ? proxy.stopListening() : proxy.listenAgain());
      if (!isFaulty) proxy.fault = passing;
      return next(request, context);
    },
  };
}

const passing: Fault = (link) => link.pass();

/** Makes one successful request. Its connection stays in the platform's pool, and only that connection has the fault. */
async function keepConnection(url: string, one: FaultCase, proxy: FaultProxy): Promise<void> {
  proxy.fault = async (link) => {
    proxy.fault = passing;
    await link.pass(true);
    await one.fault(link);
  };
  await (await fetch(url, { headers: secretHeaders })).text();
  // The connection returns to the pool a moment after the answer was read.
  await new Promise((resolve) => setImmediate(resolve));
  while (one.onKeptConnection === 'idle' && proxy.open > 0) await new Promise((resolve) => setImmediate(resolve));
}

async function readThroughKy(api: ResilientClient, url: string, init: RequestInit): Promise<string> {
  const call = api(url, init as CallOptions);
  await call.json();
  return String((await call).status);
}

/** Reads like a caller with its own time limit, because Holdfast sets no limit for a stream. */
async function readFetched(api: ResilientClient, url: string, init: RequestInit, one: FaultCase): Promise<string> {
  const leave = new AbortController();
  const response = await api.fetch(url, { ...init, headers: secretHeaders, signal: leave.signal });
  if (one.untilDeadline || one.endless) setTimeout(() => leave.abort(new Error('left')), 200);
  await (response.ok ? response.json() : response.text());
  return String(response.status);
}

function inWords(error: unknown): string {
  if (isResilienceError(error)) {
    const status = isApiError(error) ? ` ${error.status}` : '';
    return `${error.code}${status}, applied: ${error.applied}`;
  }
  const { name, message } = error as Error;
  return message === 'left' ? "the caller's abort" : `${name}${name === 'TypeError' ? `: ${message}` : ''}`;
}

/** Everything that a logger may write. The cause is the platform's own error, so only its name and message are shown. */
export function printed(error: unknown, events: readonly HoldfastEvent[], api: ResilientClient): string {
  const told = [JSON.stringify(events), JSON.stringify(api.snapshot())];
  if (!isResilienceError(error)) return told.join('\n');
  const { stack, message, timeline } = error;
  told.push(String(error), `${stack}`, message, timeline.join('\n'), JSON.stringify(error), error.supportReport());
  return [...told, inspect(error), inspect(error, { depth: 20 })].join('\n');
}

function answer(
  { path, headers, method }: Received,
  response: ServerResponse,
  ports: { readonly elsewhere: number; readonly nowhere: number },
): void {
  const where = new URL(path, 'http://server').pathname;
  const redirects: Readonly<Record<string, string>> = {
    '/elsewhere': `http://127.0.0.1:${ports.elsewhere}/there`,
    '/nowhere': `http://127.0.0.1:${ports.nowhere}/there`,
    '/round': '/round',
    '/no-url': 'http://[',
  };
  const location = redirects[where];
  if (location !== undefined) return void response.writeHead(307, { location }).end();
  const body = JSON.stringify({ id: 1, echo: JSON.stringify(headers), filler: 'x'.repeat(2000) });
  const type = { 'content-type': 'application/json' };
  const status = method === 'POST' ? 201 : 200;
  if (where === '/chunked') {
    response.writeHead(status, type);
    for (let at = 0; at < body.length; at += 500) response.write(body.slice(at, at + 500));
    return void response.end();
  }
  const bytes = where === '/gzip' ? gzipSync(body) : Buffer.from(body);
  const encoding = where === '/gzip' ? { 'content-encoding': 'gzip' } : {};
  response.writeHead(status, { ...type, ...encoding, 'content-length': bytes.length }).end(bytes);
}
