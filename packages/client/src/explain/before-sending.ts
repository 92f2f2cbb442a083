import { type Decision, longestServerWait, originOf, redactUrl } from '@holdfast/core/internal';
import type { Explained } from './explained.ts';

type HoldUp = NonNullable<ReturnType<NonNullable<Explained['parts']['rateLimit']>['holdUp']>>;

/** A call that has not been sent. Without `headers`, its sender is not known. */
interface Unsent {
  readonly method: string;
  readonly url: string;
  readonly headers?: HeadersInit;
}

/** The call as a request; nothing where its URL is relative, or no request may have its method. */
function requestOf({ headers: own }: Explained, { method, url, headers }: Unsent): Request | undefined {
  const request = asked(() => new Request(withoutPassword(url), { method }));
  if (!request) return undefined;
  for (const given of [own ?? {}, headers ?? {}]) {
    // In an object, `undefined` stands for a header that is not set.
    const fields = Symbol.iterator in given ? new Headers(given) : Object.entries(given);
    for (const [name, value] of fields) {
      if (value !== undefined) request.headers.set(name, value);
    }
  }
  return request;
}

/** No request may have a password in its URL. */
function withoutPassword(url: string): URL {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare;
}

/** What a part says about a request; nothing where a `key` of the user's fails, since it needs more than there is. */
function asked<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}

/** Credentials are sent only to their own origins; so an answer of another origin is no reason to refresh them. */
export function mayCarry(url: string, origins: readonly string[]): boolean {
  return origins.includes('*') || origins.includes(originOf(url)) || !/^https?:/.test(url);
}

/** Is the sender known? The client's own credentials are asked for when a call is sent, and may depend on the caller. */
function showsSender({ runtime }: Explained, { url, headers }: Unsent): boolean {
  const { credentials, authOrigins } = runtime;
  if (headers === undefined) return false;
  return !credentials || !mayCarry(url, authOrigins) || new Headers(headers).has(credentials.header);
}

function holdUpOf(of: Explained, call: Unsent): HoldUp | undefined {
  const request = requestOf(of, call);
  return request && asked(() => of.parts.rateLimit?.holdUp(request, showsSender(of, call)));
}

/** What would happen to a call if it were made now: `accept` where it would be sent, after `delayMs`. */
export function beforeSending(of: Explained, call: Unsent): Decision {
  const { method, url } = call;
  const reason = `${method.toUpperCase()} ${redactUrl(url)} → `;
  const say = (words: string, rule: string, further?: Partial<Decision>): Decision =>
    Object.freeze({ action: 'accept', because: 'policy', reason: reason + words, rule, applied: 'no', ...further });
  const request = requestOf(of, call);
  const open = request && asked(() => of.parts.circuitBreaker?.holdUp(request));
  if (open?.state === 'halfOpen') return say('send if the probe of the circuit is answered', 'circuitBreaker');
  if (open)
    return say('fail: the circuit is open', 'circuitBreaker', { action: 'fail', retryAfterMs: open.retryAfterMs ?? 0 });
  const held = holdUpOf(of, call);
  if (!held) return say('send now', 'default');
  const { ms, why, maxMs } = held;
  if (ms === undefined) return say(`send later: ${why}`, 'rateLimit');
  const { totalTimeout, levels } = of.settings;
  const isLate = totalTimeout !== false && ms >= totalTimeout;
  const allowedMs = isLate ? totalTimeout : Math.min(longestServerWait(levels), maxMs);
  if (!isLate && ms <= allowedMs)
    return say(`send in ${ms} ms: ${why}`, 'rateLimit', { delayMs: ms, retryAfterMs: ms });
  const because = isLate ? 'deadline' : 'retryAfterTooLong';
  const words = `fail: ${why}, more than the ${allowedMs} ms allowed`;
  return say(words, 'rateLimit', { action: 'fail', because, retryAfterMs: ms });
}

/** A retry may have to wait for longer than it would by its own answer, since other answers have asked for pauses. */
export function withHoldUp(of: Explained, decision: Decision, call: Unsent): Decision {
  const { action, delayMs = 0, reason } = decision;
  const held = action === 'retry' ? holdUpOf(of, call) : undefined;
  if (held?.because !== 'paused' || (held.ms ?? 0) <= delayMs) return decision;
  return Object.freeze({ ...decision, reason: `${reason}; ${held.why}` });
}
