import { describe, expect, it } from 'vitest';
import type { RetryLine } from './retry-line.ts';
import { beOutage, lineOf, probes } from './scene.test-support.ts';
import type { WaitEnd } from './waiting-retry.ts';

describe('the line of retries', () => {
  it('gives two tokens of the stock to one call, for all its retries', () => {
    const { line } = lineOf();
    expect(line.grantFromStock(false)).toMatchObject({ left: Number.POSITIVE_INFINITY });
    expect(line.grantFromStock(false)).toBeUndefined();
  });

  it('lets two calls retry for each retry that an answered call took', async () => {
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
    // Four calls with grants fail, while one is still under way.
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
    beOutage(line, held);
    line.endGrant(held, 'failed');
    await clock.advance(1000);
    expect(ends).toEqual(['patience: refused', 'ordered: refused']);
    expect(clock.pending).toBe(0);
  });

  it('lets one more call retry after the first has failed with a grant: the last that failed at the same moment', async () => {
    const { clock, line, join } = lineOf();
    const first = line.grantFromStock(false);
    if (!first) throw new Error('no grant');
    const granted: string[] = [];
    const joinAs = (name: string): void => void join().then((end) => typeof end === 'object' && granted.push(name));
    joinAs('second');
    await clock.advance(200);
    joinAs('third');
    await clock.advance(200);
    joinAs('late');
    line.use(first);
    line.endGrant(first, 'failed');
    await Promise.resolve();
    expect(granted).toEqual(['third']);
  });

  it('refuses those that failed at other moments than the first call, however few', async () => {
    const { clock, line, join } = lineOf();
    const first = line.grantFromStock(false);
    if (!first) throw new Error('no grant');
    line.callFailed();
    await clock.advance(900);
    const end = join();
    line.use(first);
    line.endGrant(first, 'failed');
    await clock.advance(100);
    expect(await end).toBe('refused');
    expect(clock.pending).toBe(0);
  });

  it('continues behind the other call where that was answered', async () => {
    const { line, join } = lineOf();
    const first = line.grantFromStock(false);
    if (!first) throw new Error('no grant');
    const ends = Array.from({ length: 6 }, () => join());
    line.use(first);
    line.endGrant(first, 'failed');
    const other = await ends[4];
    if (typeof other !== 'object') throw new Error('no grant');
    expect(other.left).toBe(1);
    line.use(other);
    line.endGrant(other, 'answered');
    expect(await Promise.all([ends[5], ends[0]])).toMatchObject([{ taken: 0 }, { taken: 0 }]);
    expect(line.length).toBe(3);
  });

  it('lets another call go first when a retry has failed: the first may fail for a reason of its own', async () => {
    const { clock, line, join } = lineOf();
    const first = line.grantFromStock(false);
    if (!first) throw new Error('no grant');
    const end = join();
    line.use(first);
    expect(line.letsOthersGo(first)).toBe(false);
    line.retryFailed(clock.now());
    expect(line.letsOthersGo(first)).toBe(true);
    line.endGrant(first, 'handedOn');
    const other = await end;
    expect(other).toMatchObject({ left: Number.POSITIVE_INFINITY });
    // Only once: the other one keeps its grant.
    void join();
    if (typeof other !== 'object') throw new Error('no grant');
    line.use(other);
    line.retryFailed(clock.now());
    expect(line.letsOthersGo(other)).toBe(false);
  });

  it('does not let another go first where it is known that retries help, or that failed at another moment', async () => {
    const { clock, line, join } = lineOf();
    const first = line.grantFromStock(false);
    if (!first) throw new Error('no grant');
    line.use(first);
    await clock.advance(300);
    void join();
    line.retryFailed(clock.now());
    expect(line.letsOthersGo(first)).toBe(false);
    const end = join();
    line.answered();
    line.answered();
    const later = await end;
    if (typeof later !== 'object') throw new Error('no grant');
    line.use(later);
    await clock.advance(10);
    void join();
    line.retryFailed(clock.now());
    expect(line.letsOthersGo(later)).toBe(false);
  });

  it('covers one retry after a timeout, and as many as an answered call has needed for those that wait', async () => {
    const { stock, line, join } = lineOf();
    stock.earn();
    const first = line.grantFromStock(true);
    expect(first).toMatchObject({ left: 1, cost: 2 });
    if (!first) throw new Error('no grant');
    const ends = Array.from({ length: 9 }, () => join({ isAfterTimeout: true }));
    line.use(first);
    line.endGrant(first, 'answered');
    const second = await ends[0];
    expect(second).toMatchObject({ left: 1, cost: 2 });
    if (typeof second !== 'object') throw new Error('no grant');
    for (let retry = 0; retry < 3; retry++) line.use(second);
    line.endGrant(second, 'answered');
    expect(await ends[2]).toMatchObject({ left: 3, cost: 2 });
  });

  it('sends one retry for ten failed calls in an outage, and refuses the rest together', async () => {
    expect(await probes({ calls: 20, takesMs: 10 })).toBe(2);
    expect(await probes({ calls: 40, takesMs: 10 })).toBe(4);
  });

  it('stops probing four seconds after the first failure', async () => {
    expect(await probes({ calls: 200, takesMs: 1_500 })).toBe(3);
  });

  it('forgets failures before a pause of ten seconds', async () => {
    const { clock, line } = lineOf();
    line.callFailed();
    expect(line.isClosed).toBe(false);
    line.retryFailed(0);
    expect(line.isClosed).toBe(true);
    await clock.advance(10_001);
    line.callFailed();
    expect(line.isClosed).toBe(false);
  });
});

/** A call that waits until the answer of another call releases it. */
async function grantOf(join: () => Promise<WaitEnd>, line: RetryLine): Promise<Exclude<WaitEnd, string>> {
  const end = join();
  line.answered();
  const grant = await end;
  if (typeof grant === 'string') throw new Error(grant);
  return grant;
}
