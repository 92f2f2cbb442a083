import { describe, expect, it } from 'vitest';
import type { HowFailed } from './grant.ts';
import { lineOf, type Scene } from './scene.test-support.ts';
import type { RetryDemand, WaitEnd } from './waiting-retry.ts';

/** The first call has its retries, and the others wait for the outcome; their ends are in the order of their failures. */
async function ends(calls: number, before?: (scene: Scene) => void | Promise<void>): Promise<readonly WaitEnd[]> {
  const scene = lineOf();
  const { clock, line, join } = scene;
  await before?.(scene);
  line.callFailed();
  const first = line.grantFromStock(false);
  if (!first) throw new Error('no grant');
  const waiting = Array.from({ length: calls - 1 }, () => join());
  for (const end of waiting)
    void end.then((grant) => {
      if (typeof grant === 'string') return;
      line.use(grant);
      line.retryFailed(clock.now());
      line.endGrant(grant, 'failed');
    });
  line.use(first);
  line.retryFailed(clock.now());
  line.endGrant(first, 'failed');
  await clock.advance(5_000);
  if (line.length > 0 || clock.pending > 0) throw new Error('calls still wait');
  return Promise.all(waiting);
}

const granted = (all: readonly WaitEnd[]): number => all.filter((end) => typeof end === 'object').length;

describe('a few calls that failed at the same moment', () => {
  it('all have their retries: each may fail for a reason of its own', async () => {
    for (const calls of [2, 5, 14]) expect(granted(await ends(calls))).toBe(calls - 1);
  });

  it('are fourteen at most: more are an outage', async () => {
    // The other call, which tries in place of the first, and no further one.
    expect(granted(await ends(15))).toBe(1);
  });

  it('have theirs right after an answer, and a minute after it, but not where the server was silent for a while', async () => {
    const answeredBefore =
      (ms: number) =>
      async ({ clock, stock }: Scene): Promise<void> => {
        stock.earn();
        await clock.advance(ms);
      };
    const grantedAfter = async (ms: number): Promise<number> => granted(await ends(5, answeredBefore(ms)));
    expect([await grantedAfter(5_000), await grantedAfter(5_001)]).toEqual([4, 1]);
    expect([await grantedAfter(59_999), await grantedAfter(60_000)]).toEqual([1, 4]);
  });

  it('are refused where attempts time out at a server that has answered', async () => {
    const stall = ({ stock, line }: Scene): void => {
      stock.earn();
      line.callFailed({ isTimeout: true });
    };
    expect(granted(await ends(4, stall))).toBe(1);
  });

  it('are refused where no granted retry has failed: then the budget was spent before', async () => {
    const { clock, stock, join } = lineOf();
    stock.spend(2);
    const end = join();
    await clock.advance(1_000);
    expect(await end).toBe('refused');
  });
});

describe('the next call of a sequence whose first call has failed for good', () => {
  /** The next call begins `afterMs` after the end of the first one, and fails at once. */
  async function next(
    afterMs: number,
    how: HowFailed = {},
    given: Partial<RetryDemand> = {},
  ): Promise<Scene & { end: WaitEnd }> {
    const scene = lineOf();
    const { clock, stock, line, join } = scene;
    if (how.isTimeout) stock.earn();
    line.callFailed(how);
    const first = line.grantFromStock(false);
    if (!first) throw new Error('no grant');
    await clock.advance(1_000);
    line.use(first);
    line.retryFailed(clock.now(), how);
    line.endGrant(first, 'failed');
    await clock.advance(afterMs);
    const end = join(given);
    await clock.advance(1_000);
    return { ...scene, end: await end };
  }

  it('retries once, and if that is in vain, no further call does', async () => {
    const { clock, line, join, end } = await next(50);
    if (typeof end === 'string') throw new Error(end);
    expect(end.left).toBe(1);
    line.use(end);
    line.retryFailed(clock.now());
    line.endGrant(end, 'failed');
    const third = join();
    await clock.advance(1_000);
    expect(await third).toBe('refused');
  });

  it('does not retry where it began later or before, where it has timed out, or where the server does not answer in time', async () => {
    expect((await next(51)).end).toBe('refused');
    expect((await next(0, {}, { startedAt: 0 })).end).toBe('refused');
    expect((await next(0, {}, { isAfterTimeout: true })).end).toBe('refused');
    expect((await next(0, { isTimeout: true })).end).toBe('refused');
  });
});

it('a call probes for as long as it has waited for less than four seconds, however long others have failed', async () => {
  const { clock, line, join } = lineOf();
  const first = line.grantFromStock(false);
  if (!first) throw new Error('no grant');
  line.use(first);
  for (let call = 0; call < 30; call++) line.callFailed();
  line.endGrant(first, 'failed');
  await clock.advance(5_000);
  const end = join();
  await clock.advance(100);
  expect(await end).toBeTypeOf('object');
});
