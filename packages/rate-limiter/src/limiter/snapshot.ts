import type { Clock } from '@holdfast/core';
import { given } from '@holdfast/core/internal';
import type { PauseGate } from '../buckets/pause-gate.ts';
import type { Pauses } from '../buckets/pauses.ts';
import { anyone } from '../buckets/request-sender.ts';
import type { LimiterSnapshot, Limiters } from './limiters.ts';

/**
 * The limiters, and then the pauses that concern only some of their requests. A pause of all requests of a key is shown
 * with the key's limiter.
 */
export function snapshotOf(limiters: Limiters, pauses: Pauses, clock: Clock): readonly LimiterSnapshot[] {
  const wallNow = clock.wallNow();
  const active = pauses.all().filter(({ pausedMs, queue }) => pausedMs > 0 || queue.length > 0);
  const until = ({ pausedMs }: PauseGate): { pausedUntil?: number } =>
    pausedMs > 0 ? { pausedUntil: Math.ceil(wallNow + pausedMs) } : {};
  const whole = new Map<string, PauseGate>();
  for (const gate of active) {
    const key = gate.limits.shownKey;
    if (!isWhole(gate)) continue;
    if (gate.pausedMs > (whole.get(key)?.pausedMs ?? 0)) whole.set(key, gate);
  }
  const ofKeys = limiters.snapshot().map((one) => {
    const gate = whole.get(one.key);
    return gate ? { ...one, ...until(gate) } : one;
  });
  const known = new Set(ofKeys.map(({ key }) => key));
  const further = active.filter((gate) => !isWhole(gate) || !known.has(gate.limits.shownKey));
  return [
    ...ofKeys,
    ...further.map((gate) => ({
      key: gate.limits.shownKey,
      running: 0,
      queued: gate.queue.length,
      ...until(gate),
      ...given({ bucket: gate.bucket, ...senderOf(gate) }),
    })),
  ];
}

/** Does the pause concern all requests of its key? */
function isWhole({ bucket, scope }: PauseGate): boolean {
  return bucket === undefined && (scope.sender ?? anyone) === anyone;
}

export function senderOf({ scope: { sender = anyone } }: PauseGate): { sender?: string } {
  return sender === anyone ? {} : { sender: sender.id };
}
