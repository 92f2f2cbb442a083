import type { Call, Outcome, World } from '../world.ts';

/** A rule's decision after a failed attempt: wait this long, in milliseconds, and send again; or give up. */
export type Next = (outcome: Outcome, retry: number) => number | undefined;

/** A loop of attempts, as in every client that retries. */
export function retrying({ attempt, clock }: World, next: Next, onOutcome?: (outcome: Outcome) => void): Call {
  return async () => {
    for (let retry = 1; ; retry++) {
      const outcome = await attempt();
      onOutcome?.(outcome);
      if (isAnswered(outcome)) return true;
      const delayMs = next(outcome, retry);
      if (delayMs === undefined) return false;
      await clock.sleep(delayMs);
    }
  };
}

export function isAnswered(outcome: Outcome): boolean {
  return outcome !== 'timeout' && outcome.status < 400;
}

/** The wait that the server asked for, if it asked for one. */
export function asked(outcome: Outcome): number | undefined {
  return outcome === 'timeout' ? undefined : outcome.retryAfterMs;
}

export function isThrottled(outcome: Outcome): boolean {
  return outcome !== 'timeout' && outcome.status === 429;
}
