import { type Decision, redactUrl } from '@holdfast/core';
import { longestServerWait, originOf } from '@holdfast/core/internal';
import type { Explained } from './explained.ts';

type HoldUp = NonNullable<ReturnType<NonNullable<Explained['parts']['rateLimit']>['holdUp']>>;

/** What holds a request up now; nothing where the URL is relative, or a `key` of the user's needs more than the URL. */
function holdUpOf({ parts }: Explained, method: string, url: string): HoldUp | undefined {
  try {
    return parts.rateLimit?.holdUp(new Request(url, { method }));
  } catch {
    return undefined;
  }
}

/** What would happen to a call if it were made now: `accept` where it would be sent, after `delayMs`. */
export function beforeSending(of: Explained, method: string, url: string): Decision {
  const reason = `${method.toUpperCase()} ${redactUrl(url)} → `;
  const say = (words: string, rule: string, further?: Partial<Decision>): Decision =>
    Object.freeze({ action: 'accept', because: 'policy', reason: reason + words, rule, applied: 'no', ...further });
  const circuits = of.parts.circuitBreaker?.snapshot() ?? [];
  const open = circuits.find(({ key, state }) => state === 'open' && key === originOf(url));
  if (open)
    return say('fail: the circuit is open', 'circuitBreaker', { action: 'fail', retryAfterMs: open.retryAfterMs ?? 0 });
  const held = holdUpOf(of, method, url);
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
export function withHoldUp(of: Explained, decision: Decision, method: string, url: string): Decision {
  const { action, delayMs = 0, reason } = decision;
  const held = action === 'retry' ? holdUpOf(of, method, url) : undefined;
  if (held?.because !== 'paused' || (held.ms ?? 0) <= delayMs) return decision;
  return Object.freeze({ ...decision, reason: `${reason}; ${held.why}` });
}
