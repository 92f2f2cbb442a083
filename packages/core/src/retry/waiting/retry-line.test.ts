import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../testing/manual-clock.ts';
import { Stock } from '../stock.ts';
import { RetryLine } from './retry-line.ts';
import type { RetryDemand, WaitEnd, WaitingRetry } from './waiting-retry.ts';

const demand: RetryDemand = {
  signal: new AbortController().signal,
  delayMs: 100,
  lateMs: Number.POSITIVE_INFINITY,
  isAfterTimeout: false,
  isOrdered: false,
};

function lineOf(): { clock: ManualClock; line: RetryLine; join(given?: Partial<RetryDemand>): Promise<WaitEnd> } {
  const clock = new ManualClock();
  const line = new RetryLine(new Stock({ ratio: 0.1, minPerSecond: 0.01 }, clock), clock);
  const join = (given: Partial<RetryDemand> = {}): Promise<WaitEnd> => {
    line.callFailed();
    const waiting: WaitingRetry = line.wait({ ...demand, ...given });
    return waiting.end;
  };
  return { clock, line, join };
}

describe('the line of retries', () => {
  it('gives two tokens of the stock to one call, for all its retries', () => {
    const { line } = lineOf();
    expect(line.grantFromStock(false)).toMatchObject({ left: Number.POSITIVE_INFINITY });
    expect(line.grantFromStock(false)).toBeUndefined();
  });

  it('lets two go for each retry that an answered call took', async () => {
    const { line, join } = lineOf();
    const grant = line.grantFromStock(false);
    if (!grant) throw new Error('no grant');
    const ends: string[] = [];
    for (let call = 0; call < 6; call++) void join().then((end) => ends.push(typeof end));
    line.use(grant);
    line.use(grant);
    line.endGrant(grant, 'answered');
    await Promise.resolve();
    expect(ends).toEqual(Array(4).fill('object'));
    expect(line.length).toBe(2);
  });

  it('refuses a call after 1.5 s where most retries fail, and an ordered one only in an outage', async () => {
    const { clock, line, join } = lineOf();
    const held = line.grantFromStock(false);
    if (!held) throw new Error('no grant');
    // Four calls with leave fail, while one is still under way.
    for (let call = 0; call < 4; call++) {
      line.answered();
      const failed = await grantOf(join, line);
      line.use(failed);
      line.endGrant(failed, 'failed');
    }
    const ends: string[] = [];
    void join().then((end) => ends.push(`patience: ${String(end)}`));
    void join({ isOrdered: true }).then((end) => ends.push(`ordered: ${String(end)}`));
    await clock.advance(1499);
    expect(ends).toEqual([]);
    await clock.advance(1);
    expect(ends).toEqual(['patience: refused']);
    line.use(held);
    line.endGrant(held, 'failed');
    await clock.advance(1000);
    expect(ends).toEqual(['patience: refused', 'ordered: refused']);
    expect(clock.pending).toBe(0);
  });

  it('forgets failures before a pause of ten seconds', async () => {
    const { clock, line } = lineOf();
    line.callFailed();
    line.retryFailed(0);
    expect(line.leastDelayMs(() => 0)).toBeGreaterThan(0);
    await clock.advance(10_001);
    line.callFailed();
    expect(line.leastDelayMs(() => 0)).toBe(0);
  });
});

/** A call that waits, and is let go by the answer of another. */
async function grantOf(join: () => Promise<WaitEnd>, line: RetryLine): Promise<Exclude<WaitEnd, string>> {
  const end = join();
  line.answered();
  const grant = await end;
  if (typeof grant === 'string') throw new Error(grant);
  return grant;
}
