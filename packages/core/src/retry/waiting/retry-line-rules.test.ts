import { describe, expect, it } from 'vitest';
import { lineOf, probes, type Scene, waitingDemand } from './scene.test-support.ts';

it('a call waits behind the waiting calls, although there are tokens', async () => {
  const { stock, line, join } = lineOf();
  line.grantFromStock(false);
  void join();
  stock.earn();
  expect(line.isClosed).toBe(true);
  expect(line.grantFromStock(false)).toBeUndefined();
});

it('failures before an answer give no credit for probing', async () => {
  const scene = lineOf();
  for (let call = 0; call < 40; call++) scene.line.callFailed();
  scene.line.answered();
  expect(await probes({ calls: 15, takesMs: 10 }, scene)).toBe(2);
});

it('retries beyond the credit are a debt that outlives an answer', async () => {
  const scene = lineOf();
  const first = scene.line.grantFromStock(false);
  if (!first) throw new Error('no grant');
  for (let retry = 0; retry < 5; retry++) scene.line.use(first);
  scene.line.endGrant(first, 'answered');
  scene.stock.earn();
  scene.line.answered();
  expect(await probes({ calls: 40, takesMs: 10 }, scene)).toBe(2);
});

it('a grant from stock covers one retry after a timeout, however many retries calls needed before', () => {
  const { stock, line } = lineOf();
  stock.earn();
  const first = line.grantFromStock(true);
  if (!first) throw new Error('no grant');
  for (let retry = 0; retry < 3; retry++) line.use(first);
  line.endGrant(first, 'answered');
  stock.earn();
  expect(line.grantFromStock(true)).toMatchObject({ left: 1 });
});

it('after a timeout of a server that has answered before, no second call tries', async () => {
  const { clock, stock, line, join } = lineOf();
  stock.earn();
  line.callFailed({ isTimeout: true });
  const first = line.grantFromStock(true);
  if (!first) throw new Error('no grant');
  const ends = Promise.all([join(), join()]);
  line.use(first);
  line.endGrant(first, 'failed');
  await clock.advance(1_000);
  expect(await ends).toEqual(['refused', 'refused']);
});

it('a call that was aborted hands its grant on', async () => {
  const { line, join } = lineOf();
  const first = line.grantFromStock(false);
  const end = join();
  if (!first) throw new Error('no grant');
  line.endGrant(first, 'handedOn');
  expect(line.length).toBe(0);
  expect(await end).toBeTypeOf('object');
});

it('a call that is late leaves the line, which the next one finds open', async () => {
  const { clock, stock, line, join } = lineOf();
  const first = line.grantFromStock(false);
  if (!first) throw new Error('no grant');
  line.use(first);
  const end = join({ lateMs: 100 });
  await clock.advance(100);
  expect(await end).toBe('late');
  expect(line.length).toBe(0);
  line.endGrant(first, 'answered');
  stock.earn();
  line.answered();
  expect(line.isClosed).toBe(false);
});

it('a call that has waited for long is refused as soon as most retries fail', async () => {
  const { clock, stock, line, join } = lineOf();
  const grants = Array.from({ length: 5 }, () => {
    stock.earn();
    return line.grantFromStock(false);
  });
  const end = join();
  await clock.advance(1_600);
  expect(line.length).toBe(1);
  for (const grant of grants.slice(1)) if (grant) line.endGrant(grant, 'failed');
  expect(line.length).toBe(0);
  expect(await end).toBe('refused');
});

it('with no retry under way a call waits for its own backoff, so that others can join', async () => {
  const { clock, line, join } = lineOf();
  const first = line.grantFromStock(false);
  if (!first) throw new Error('no grant');
  line.endGrant(first, 'handedOn');
  for (let call = 0; call < 10; call++) line.callFailed();
  const end = join({ delayMs: 100 });
  await clock.advance(99);
  expect(line.length).toBe(1);
  await clock.advance(1);
  expect(await end).toBeTypeOf('object');
});

it('retries that were under way together fail at one moment', async () => {
  const { clock, line, join } = lineOf();
  line.grantFromStock(false);
  await clock.advance(10);
  line.retryFailed(0);
  line.retryFailed(5);
  await clock.advance(2_000);
  void join();
  expect(line.leastDelayMs(0, () => 0)).toBe(350);
  line.retryFailed(clock.now());
  expect(line.leastDelayMs(0, () => 0)).toBe(700);
});

describe('grants that answered retries have brought', () => {
  /** A call fails, and its retry is answered. */
  const helped = ({ stock, line }: Scene): void => {
    const grant = line.grantFromStock(false);
    if (!grant) throw new Error('no grant');
    line.use(grant);
    stock.earn();
    line.answered();
    line.endGrant(grant, 'answered');
  };
  const failed = ({ clock, line }: Scene): void => {
    const grant = line.grantFromStock(false);
    if (!grant) throw new Error('no grant');
    line.use(grant);
    line.retryFailed(clock.now());
    line.endGrant(grant, 'failed');
  };

  it('let later calls retry, although a retry has failed in between', () => {
    const scene = lineOf();
    helped(scene);
    failed(scene);
    expect(scene.line.isClosed).toBe(false);
    helped(scene);
    expect(scene.line.isClosed).toBe(false);
  });

  it('are at most five, and come before those of the stock', () => {
    const scene = lineOf();
    for (let call = 0; call < 10; call++) helped(scene);
    for (let call = 0; call < 5; call++) failed(scene);
    expect(scene.stock.tokens).toBe(2);
    expect(scene.line.isClosed).toBe(true);
  });

  it('are worth nothing ten seconds later', async () => {
    const scene = lineOf();
    helped(scene);
    await scene.clock.advance(10_001);
    failed(scene);
    expect(scene.line.isClosed).toBe(true);
  });
});

describe('before the first answer, while few connections have been lost', () => {
  /** A call that has a grant, and whose retry has lost its connection as well; two other calls wait. */
  const twoWaiting = () => {
    const scene = lineOf();
    scene.line.callFailed({ isCut: true });
    const grant = scene.line.grantFromStock(false);
    if (!grant) throw new Error('no grant');
    const ends = [0, 1].map(() => {
      scene.line.callFailed({ isCut: true });
      return scene.line.wait({ ...waitingDemand, signal: new AbortController().signal }).end;
    });
    return { ...scene, grant, ends };
  };

  it('a call that has retried lets those go first that have not', async () => {
    const { line, grant, ends } = twoWaiting();
    expect(line.letsOthersGo(grant)).toBe(false);
    line.use(grant);
    line.retryFailed(0, { isCut: true });
    expect(line.letsOthersGo(grant)).toBe(true);
    line.endGrant(grant, 'handedOn');
    expect(await Promise.all(ends)).toMatchObject([{ left: 1 }, { left: 1 }]);
    expect(line.letsOthersGo(grant)).toBe(false);
  });

  it('no call is refused for the sake of patience', async () => {
    const { clock, line, ends } = twoWaiting();
    for (let call = 0; call < 4; call++) {
      line.answered();
      const given = await ends[call];
      if (typeof given === 'object') line.endGrant(given, 'failed');
      line.callFailed({ isCut: true });
      ends.push(line.wait({ ...waitingDemand, signal: new AbortController().signal }).end);
    }
    const before = line.length;
    expect(before).toBeGreaterThan(0);
    await clock.advance(1_600);
    expect(line.length).toBe(before);
  });
});

describe('another call is let through, once,', () => {
  it('whatever the moment at which it failed, where its caller orders the retry', async () => {
    const { clock, line, join } = lineOf();
    const first = line.grantFromStock(false);
    if (!first) throw new Error('no grant');
    line.use(first);
    await clock.advance(900);
    const end = join({ isOrdered: true });
    line.endGrant(first, 'failed');
    expect(await end).toMatchObject({ left: 1 });
  });

  it('with all its retries, where the granted retry takes longer than 2.5 s', async () => {
    const { clock, line, join } = lineOf();
    const first = line.grantFromStock(false);
    if (!first) throw new Error('no grant');
    line.use(first);
    const ends = [join(), join(), join()];
    await clock.advance(2_499);
    expect(line.length).toBe(3);
    await clock.advance(1);
    const other = await ends[2];
    expect(other).toMatchObject({ left: Number.POSITIVE_INFINITY });
    await clock.advance(20_000);
    expect(line.length).toBe(2);
    if (typeof other !== 'object') throw new Error('no grant');
    line.use(other);
    line.endGrant(other, 'answered');
    expect(await Promise.all(ends.slice(0, 2))).toMatchObject([{ taken: 0 }, { taken: 0 }]);
    expect(clock.pending).toBe(0);
  });

  it('but not after a timeout of a server that has answered before', async () => {
    const { clock, stock, line, join } = lineOf();
    stock.earn();
    const first = line.grantFromStock(true);
    if (!first) throw new Error('no grant');
    line.use(first);
    void join();
    await clock.advance(10_000);
    expect(line.length).toBe(1);
  });
});
