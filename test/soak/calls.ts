import { isResilienceError, type ResilientClient } from 'holdfast';
import type { SoakApi } from './api.ts';
import { tenantNow } from './tenants.ts';

/** What all calls of a soak share. */
export interface Surroundings {
  readonly api: ResilientClient;
  readonly server: SoakApi;
  /** The origin behind the hostile network. */
  readonly origin: string;
  readonly random: () => number;
  /** A signal that lives as long as the process. */
  readonly forever: AbortSignal;
  readonly problem: (what: string) => void;
}

/** How a call ended, for its user. */
export type CallEnd = 'answered' | 'failed' | 'aborted';

/** Makes one call as a user would, and reads as much of the answer as that user needs. */
type Kind = (our: Surroundings, name: string, signal: AbortSignal) => Promise<unknown>;

const headers = (name: string): Record<string, string> => ({ 'x-request-id': name });
const upload = new Uint8Array(65_536);

const get: Kind = ({ api }, name, signal) =>
  api
    .get('orders', { headers: headers(name), signal })
    .json()
    .then(isMine);
const head: Kind = ({ api }, name, signal) => api.head('orders', { headers: headers(name), signal });
const kept: Kind = ({ api }, _name, signal) => api.get('kept', { signal }).json().then(isMine);
const getText: Kind = async ({ api }, name, signal) => {
  const response = await api.get('orders', { headers: headers(name), signal, throwHttpErrors: false });
  return response.text();
};
const coalesced: Kind = ({ api }, _name, signal) => api.get('shared', { signal }).json().then(isMine);
const post: Kind = ({ api }, name, signal) =>
  api
    .post('orders', { json: { quantity: 1 }, headers: headers(name), signal })
    .json()
    .then(isMine);
const postKeyed: Kind = ({ api }, name, signal) =>
  api.post('orders', { json: { quantity: 1 }, headers: headers(name), signal, idempotencyKeys: true }).json();
const put: Kind = ({ api, origin }, name, signal) =>
  api.fetch(`${origin}/orders`, { method: 'PUT', body: upload, headers: headers(name), signal }).then(readAll);
const withFallback: Kind = ({ api }, name, signal) =>
  api.get('orders', { headers: headers(name), signal, fallback: () => new Response('[]') }).json();
const patient: Kind = ({ api }, name, signal) =>
  api.get('orders', { headers: headers(name), signal, retry: { limit: 4, jitter: true } }).json();
/** A client for a single call, which shares its parent's state and is then dropped. */
const extended: Kind = ({ api }, name, signal) =>
  api
    .extend({ headers: headers(name), hooks: { afterResponse: [() => undefined] } })
    .get('orders', { signal })
    .json();

const streamed: Kind = async ({ api, origin }, name, signal) => {
  const response = await api.fetch(`${origin}/orders`, { headers: headers(name), signal });
  for await (const _chunk of response.body ?? []);
};
/** Reads one piece, and leaves the rest. */
const leftInStream: Kind = async ({ api, origin }, name, signal) => {
  const response = await api.fetch(`${origin}/orders`, { headers: headers(name), signal });
  for await (const _chunk of response.body ?? []) break;
};
const cancelled: Kind = async ({ api, origin }, name, signal) => {
  const response = await api.fetch(`${origin}/orders`, { headers: headers(name), signal });
  await response.body?.cancel();
};
/** Uploads a body that can be sent only once. */
const streamUp: Kind = ({ api, origin }, name, signal) => {
  let left = 20;
  const body = new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(upload.subarray(0, 2048));
      else controller.close();
    },
  });
  const init = { method: 'POST', body, duplex: 'half', headers: headers(name), signal };
  return api.fetch(`${origin}/orders`, init as RequestInit).then(readAll);
};

/** The caller reads these bodies directly, so no limit of Holdfast's ends the reading, and some of them stall. */
const readsItself: ReadonlySet<Kind> = new Set([getText, put, streamed, leftInStream, streamUp]);
/** The server must do this at most once. */
const unsafe: ReadonlySet<Kind> = new Set([post, streamUp]);
/** The call may be repeated with the same key. */
const keyed: ReadonlySet<Kind> = new Set([postKeyed]);
const kinds = [
  ...[get, get, kept, getText, head, coalesced, post, postKeyed, put, withFallback, patient],
  ...[extended, streamed, leftInStream, cancelled, streamUp],
];

/** Thrown if a call gets another tenant's answer, which is the worst possible fault. */
class CrossedAnswer extends Error {}

function isMine(answer: unknown): void {
  const { tenant } = answer as { tenant?: string };
  if (tenant !== undefined && tenant !== tenantNow())
    throw new CrossedAnswer(`${tenantNow()} was given what is ${tenant}’s`);
}

async function readAll(response: Response): Promise<void> {
  await response.text();
}

let names = 0;

/** Makes one call of a random kind, which may be aborted at any moment, and compares its end with what the server did. */
export async function makeCall(our: Surroundings): Promise<CallEnd> {
  const { random, server, problem } = our;
  const kind = kinds[Math.floor(random() * kinds.length)] as Kind;
  const name = `call-${++names}`;
  const done = { acted: 0, keys: new Set<string | undefined>() };
  server.done.set(name, done);
  const leave = new AbortController();
  const reason = new Error('the caller has left');
  const chance = random();
  const patienceMs = chance < 0.1 ? random() * 200 : readsItself.has(kind) ? 3000 : undefined;
  const signal = patienceMs === undefined ? our.forever : leave.signal;
  const timer = patienceMs === undefined ? undefined : setTimeout(() => leave.abort(reason), patienceMs);
  if (chance < 0.02) leave.abort(reason);
  try {
    await kind(our, name, signal);
    return 'answered';
  } catch (error) {
    if (error === reason) return 'aborted';
    if (!isExpected(error)) problem(`${kind.name} ended by ${String(error)}`);
    if (isResilienceError(error) && error.applied === 'no' && done.acted > 0)
      problem(`${kind.name}: applied is no: ${error.message} ${JSON.stringify(error.attempts)}`);
    return 'failed';
  } finally {
    clearTimeout(timer);
    server.done.delete(name);
    if (unsafe.has(kind) && done.acted > 1) problem(`${kind.name} was done ${done.acted} times`);
    if (keyed.has(kind) && done.keys.size > 1) problem(`${kind.name} had ${done.keys.size} keys`);
  }
}

/** The errors that users may expect: Holdfast's errors, and the platform's errors for bodies that users read directly. */
function isExpected(error: unknown): boolean {
  return isResilienceError(error) || error instanceof SyntaxError || (error as Error).message === 'terminated';
}
