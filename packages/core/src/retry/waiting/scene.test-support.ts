import { ManualClock } from '../../testing/manual-clock.ts';
import { Stock } from '../stock.ts';
import type { Grant } from './grant.ts';
import { RetryLine } from './retry-line.ts';
import type { RetryDemand, WaitEnd, WaitingRetry } from './waiting-retry.ts';

/** What a call brings to the line that fails and waits. */
export const waitingDemand: RetryDemand = {
  signal: new AbortController().signal,
  startedAt: 0,
  failedAt: 0,
  delayMs: 100,
  lateMs: Number.POSITIVE_INFINITY,
  isAfterTimeout: false,
  isOrdered: false,
};

/** A line in virtual time; `join` is a call that fails and waits. */
export interface Scene {
  readonly clock: ManualClock;
  readonly stock: Stock;
  readonly line: RetryLine;
  join(given?: Partial<RetryDemand>): Promise<WaitEnd>;
}

export function lineOf(): Scene {
  const clock = new ManualClock();
  const stock = new Stock({ ratio: 0.1, minPerSecond: 0.01 }, clock);
  const line = new RetryLine(stock, clock);
  const join = (given: Partial<RetryDemand> = {}): Promise<WaitEnd> => {
    const failedAt = line.callFailed();
    const waiting: WaitingRetry = line.wait({ ...waitingDemand, startedAt: failedAt, failedAt, ...given });
    return waiting.end;
  };
  return { clock, stock, line, join };
}

/** Fifteen calls have failed, which is an outage, and as many retries were sent as it may cost. */
export function beOutage(line: RetryLine, grant: Grant): void {
  for (let call = 0; call < 15; call++) line.callFailed();
  for (let retry = 0; retry < 3; retry++) line.use(grant);
}

/** How many calls retry in an outage, each once, if a retry takes `takesMs` to fail. */
export async function probes(
  { calls, takesMs }: { readonly calls: number; readonly takesMs: number },
  { clock, line, join }: Scene = lineOf(),
): Promise<number> {
  let sent = 0;
  const retry = (grant: Grant): void => {
    sent++;
    line.use(grant);
    clock.setTimer(() => line.endGrant(grant, 'failed'), takesMs);
  };
  const first = line.grantFromStock(false);
  if (!first) throw new Error('no grant');
  const ends = Array.from({ length: calls }, () => join({ isOrdered: true }));
  for (const end of ends) void end.then((given) => typeof given === 'object' && retry(given));
  retry(first);
  await clock.advance(20_000);
  if (line.length > 0 || clock.pending > 0) throw new Error('calls still wait');
  return sent;
}
