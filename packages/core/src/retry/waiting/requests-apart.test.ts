import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Clock } from '../../kernel/clock.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { Stock } from '../stock.ts';
import { RetryLine } from './retry-line.ts';
import { beOutage, waitingDemand } from './scene.test-support.ts';
import type { RetryDemand, WaitEnd } from './waiting-retry.ts';

/**
 * As on Cloudflare Workers: a timer ends with the incoming request that set it, and no request settles a promise of
 * another one.
 */
beforeEach(() => {
  vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

function lineOfRequests() {
  const clock = new ManualClock();
  let isRequestOver = false;
  const clockOfRequest: Clock = {
    now: () => clock.now(),
    wallNow: () => clock.wallNow(),
    setTimer: (callback, ms) => (isRequestOver ? undefined : clock.setTimer(callback, ms)),
    clearTimer: (timer) => clock.clearTimer(timer),
  };
  const line = new RetryLine(new Stock({ ratio: 0.1, minPerSecond: 0.01 }, clock), clockOfRequest);
  const join = (given: Partial<RetryDemand> = {}): Promise<WaitEnd> => {
    const failedAt = line.callFailed();
    const { signal } = new AbortController();
    return line.wait({ ...waitingDemand, signal, failedAt, ...given }).end;
  };
  /** Ends the incoming request of this call at once, and its timers with it. */
  const joinAndEnd = (): void => {
    isRequestOver = true;
    void join();
    isRequestOver = false;
  };
  const first = line.grantFromStock(false);
  if (!first) throw new Error('no grant');
  line.use(first);
  return { clock, line, first, join, joinAndEnd };
}

it('a call polls whether another one has released it', async () => {
  const { clock, line, first, join } = lineOfRequests();
  const ends: unknown[] = [];
  void join().then((end) => ends.push(typeof end));
  line.endGrant(first, 'answered');
  await Promise.resolve();
  expect(ends).toEqual([]);
  await clock.advance(25);
  expect(ends).toEqual(['object']);
  expect(clock.pending).toBe(0);
});

it('a call whose request has ended without notice is skipped', async () => {
  const { clock, line, first, join, joinAndEnd } = lineOfRequests();
  joinAndEnd();
  const alive = join();
  await clock.advance(1001);
  line.answered();
  await clock.advance(25);
  expect(await alive).toBeTypeOf('object');
  expect(line.length).toBe(0);
  line.endGrant(first, 'handedOn');
});

it('a grant whose request has ended without notice is lost after a minute, and the next call polls', async () => {
  const { clock, line, first, join } = lineOfRequests();
  beOutage(line, first);
  const ends: unknown[] = [];
  void join({ isOrdered: true }).then((end) => ends.push(end));
  // Another call is released meanwhile, and its incoming request ends without notice, too.
  void join({ isOrdered: true });
  await clock.advance(3_000);
  expect(line.length).toBe(1);
  first.usedAt = clock.now();
  await clock.advance(59_900);
  expect(ends).toEqual([]);
  await clock.advance(1_126);
  expect(ends).toEqual(['refused']);
  expect(clock.pending).toBe(0);
});

it('all are refused in an outage, each when it polls', async () => {
  const { clock, line, first, join } = lineOfRequests();
  beOutage(line, first);
  const [one, other] = [join(), join()];
  line.endGrant(first, 'failed');
  await clock.advance(25);
  const second = await other;
  if (typeof second !== 'object') throw new Error(`no grant, but ${second}`);
  line.endGrant(second, 'failed');
  await clock.advance(1_025);
  expect(await one).toBe('refused');
  expect(clock.pending).toBe(0);
});

it('an abort ends the wait at once', async () => {
  const { clock, line, join } = lineOfRequests();
  const controller = new AbortController();
  const end = join({ signal: controller.signal });
  controller.abort();
  expect(await end).toBe('left');
  await clock.advance(25);
  expect(line.length).toBe(0);
  expect(clock.pending).toBe(0);
});
