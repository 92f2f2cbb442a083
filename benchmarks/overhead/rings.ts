import { type CircuitBreaker, circuitBreaker } from '@holdfast/circuit-breaker';
import {
  attemptTimeout,
  type CallContext,
  compose,
  createEventHub,
  deadline,
  decide,
  defaultLevels,
  type Facts,
  fallback,
  type Handler,
  type Outcome,
  retryBudget,
  retryRing,
  type Strategy,
  systemClock,
} from '@holdfast/core';
import { createCall, emptyBody, outcomeOf, readErrorBody, systemRandom } from '@holdfast/core/internal';
import { rateLimiter } from '@holdfast/rate-limiter';

/** Measures each ring alone around the same stub, and decisions of the policy engine. */
export const baseline = 'transport alone';

export function rings(): Record<string, () => unknown> {
  const breaker: CircuitBreaker = circuitBreaker();
  const budget = retryBudget({}, systemClock);
  const perSecond = { requests: 1_000_000_000, perMs: 60_000 };
  return {
    [baseline]: around([]),
    fallback: around([fallback()]),
    deadline: around([deadline()]),
    retry: around([retryRing({ budget })]),
    'circuit, closed': around([breaker.gate, breaker.strategy]),
    'limiter, pauses only': around([rateLimiter()]),
    'limiter, maxConcurrent': around([rateLimiter({ maxConcurrent: 5000 })]),
    'limiter, requests per time': around([rateLimiter(perSecond)]),
    'attempt timeout': around([attemptTimeout()]),
    'a failure, thrown, its body left unread': around([pauses()], failure('application/octet-stream'), asError),
    'a failure, thrown, its body read': around([pauses()], failure('application/json'), asError),
    'a failure, handed on, its body left unread': around([pauses()], failure('application/octet-stream')),
    'a failure, handed on, its body read': around([pauses()], failure('application/json')),
    'decide: success': () => decide(success, facts, defaultLevels),
    'decide: 503': () => decide(unavailable, facts, defaultLevels),
    'decide: 429 with Retry-After': () => decide(limited, facts, defaultLevels),
    'decide: 429, its headers read each time': () => decide(unread, facts, defaultLevels),
  };
}

const request = new Request('http://localhost/orders/42');
const { emit } = createEventHub();
const settings = { levels: defaultLevels, timeout: 10_000, totalTimeout: 30_000 };
const transport: Handler = () => Promise.resolve(new Response('{"id":42,"status":"paid"}'));

/** An error as APIs send it. The ring reads a body before the decision only if its type is textual. */
function failure(type: string): Handler {
  const body = '{"error":{"type":"overloaded","code":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}';
  const headers = { 'content-type': type, 'x-request-id': 'req_1' };
  return () => Promise.resolve(new Response(body, { status: 503, headers }));
}

function pauses(): Strategy {
  return rateLimiter({ adaptive: false });
}

/** What happens to the answer. */
interface End {
  readonly takesFailures: boolean;
  read(response: Response, signal: AbortSignal): Promise<unknown>;
}

const asAnswer: End = { takesFailures: false, read: (response) => response.json() };
/** As ky's face does: the answer becomes an error, with what was read of its body. */
const asError: End = {
  takesFailures: true,
  read: (response, signal) => readErrorBody(response, { clock: systemClock, signal }),
};

function around(strategies: readonly Strategy[], wire = transport, end = asAnswer): () => Promise<unknown> {
  const send = compose(strategies, wire);
  const { takesFailures } = end;
  return async () => {
    const context = newContext(takesFailures);
    return end.read(await send(request, context), context.signal);
  };
}

function newContext(takesFailures = false): CallContext {
  const call = createCall('GET', request.url, systemClock);
  const { signal } = new AbortController();
  const about = { call, attempt: 1, signal, takesFailures, settings, body: emptyBody };
  return { ...about, random: systemRandom, emit };
}

const facts: Facts = {
  method: 'GET',
  url: request.url,
  attempt: 1,
  elapsedMs: 10,
  remainingMs: 20_000,
  replayable: true,
  tokensLeft: 2,
  random: systemRandom,
  wallNow: 1_790_000_000_000,
};

const success = outcome(200, {});
const unavailable = outcome(503, {});
const limited = outcome(429, { 'retry-after': '2' });
const response = new Response(null, { status: 429, headers: { 'retry-after': '2' } });
/** Made without the pipeline: each decision reads the headers again. */
const unread: Outcome = { kind: 'response', status: 429, headers: response.headers, response };

/** As the pipeline hands it to all that decide, which read the headers once. */
function outcome(status: number, headers: Record<string, string>): Outcome {
  return outcomeOf(new Response(null, { status, headers }), request, newContext()) as Outcome;
}
