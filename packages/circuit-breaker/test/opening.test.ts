import { describe, expect, test } from 'vitest';
import { quick, scene } from './support/scene.ts';

test('a circuit opens at the ratio, not below it and not only above it', async () => {
  const { attempt, attempts, log } = scene({ failureRatio: 0.9, minimumCalls: 20 });
  await attempts(2, 200);
  await attempts(17, 503);
  expect(log.lines).toEqual([]);
  await attempt(503);
  expect(log.events).toMatchObject([
    { type: 'circuit.opened', because: 'failureRatio', failures: 18, successes: 2, retryAfterMs: 1000 },
  ]);
});

test('by default a circuit stays closed in a partial outage: 60 % of failures do not open it', async () => {
  const one = scene();
  for (let round = 0; round < 100; round++) {
    await one.attempts(3, 503);
    await one.attempts(2, 200);
  }
  expect(one.state).toBe('closed');
});

test('with a ratio of 1 it opens when everything failed', async () => {
  const all = scene({ ...quick, failureRatio: 1 });
  await all.attempts(4, 503);
  expect(all.state).toBe('open');
  const notAll = scene({ ...quick, failureRatio: 1 });
  await notAll.attempt(200);
  await notAll.attempts(50, 503);
  expect(notAll.state).toBe('closed');
});

test.each([
  // With these few calls, minimumCalls failures take longer than a window.
  { perSecond: 1, seconds: 31 },
  { perSecond: 10, seconds: 18 },
  { perSecond: 100, seconds: 18 },
])(
  'a server that dies after a minute of $perSecond calls a second is known to be dead within $seconds s',
  async ({ perSecond, seconds: most }) => {
    const { attempt, clock, log } = scene();
    const callsFor = async (seconds: number, status: number): Promise<void> => {
      for (let call = 0; call < seconds * perSecond && log.lines.length === 0; call++) {
        await attempt(status);
        await clock.advance(1000 / perSecond);
      }
    };
    await callsFor(60, 200);
    const diedAt = clock.now();
    await callsFor(60, 503);
    expect(log.lines).toEqual(['circuit.opened 1: failureRatio']);
    expect(clock.now() - diedAt).toBeLessThanOrEqual(most * 1000 + 100);
  },
);

test('one success in the newer part of the window is enough for it to stay closed', async () => {
  const { attempt, attempts, clock, log } = scene();
  await attempts(50, 200);
  await clock.advance(9_000);
  await attempt(200);
  await clock.advance(8_750);
  for (let moment = 0; moment < 5; moment++) {
    await attempts(200, 503);
    await clock.advance(1_250);
  }
  await attempts(100, 503);
  expect(log.lines).toEqual([]);
  await clock.advance(3_000);
  await attempt(503);
  expect(log.lines).toEqual(['circuit.opened 1: failureRatio']);
});

test('fewer failures than minimumCalls in the newer part of the window prove nothing', async () => {
  const { attempt, attempts, clock, log } = scene();
  await attempts(50, 200);
  await clock.advance(18_000);
  for (let failure = 0; failure < 19; failure++) {
    await attempt(503);
    await clock.advance(300);
  }
  expect(log.lines).toEqual([]);
  await attempt(503);
  expect(log.lines).toEqual(['circuit.opened 1: failureRatio']);
});

test('a success never opens it, whatever is in the window', async () => {
  const one = scene(quick);
  await one.attempts(3, 503);
  await one.attempt(200);
  expect(one.state).toBe('closed');
  await one.attempt(503);
  expect(one.state).toBe('open');
});

test('fewer outcomes than minimumCalls prove nothing', async () => {
  const { attempt, attempts, log } = scene({ ...quick, minimumCalls: 20 });
  await attempts(19, 503);
  expect(log.lines).toEqual([]);
  await attempt(503);
  expect(log.lines).toEqual(['circuit.opened 1: failureRatio']);
});

test('with an endless minimumCalls it never opens', async () => {
  const { attempts, log } = scene({ ...quick, minimumCalls: Number.POSITIVE_INFINITY });
  await attempts(100, 503);
  expect(log.lines).toEqual([]);
});

test('the window rolls: what failed a window ago is forgotten', async () => {
  const { attempts, breaker, clock, log } = scene(quick);
  await attempts(3, 503);
  await clock.advance(900);
  expect(breaker.snapshot()).toMatchObject([{ failures: 3 }]);
  await clock.advance(100);
  expect(breaker.snapshot()).toMatchObject([{ failures: 0 }]);
  await attempts(3, 503);
  expect(log.lines).toEqual([]);
});

test('the failures of a slow trickle do not add up', async () => {
  const { attempt, clock, log } = scene(quick);
  for (let round = 0; round < 50; round++) {
    await attempt(503);
    await clock.advance(400);
  }
  expect(log.lines).toEqual([]);
});

test('an open circuit rejects at once, without touching the network, and says when to try again', async () => {
  const { attempts, begin, clock, log } = scene(quick);
  await attempts(4, 503);
  await clock.advance(300);
  const begun = begin();
  expect(await begun.end).toBe('CIRCUIT_OPEN');
  expect(begun.sent).toBe(false);
  expect(await begun.error).toMatchObject({
    code: 'CIRCUIT_OPEN',
    key: 'https://api.example.com',
    retryAfterMs: 700,
    retryAt: clock.wallNow() + 700,
    message: 'Circuit for api.example.com is open; next probe in 700 ms; see `circuitBreaker`',
    applied: 'no',
  });
  expect(log.lines).toEqual(['circuit.opened 1: failureRatio', 'call.rejected 1: CIRCUIT_OPEN']);
  expect(log.events[1]).toMatchObject({ key: 'https://api.example.com' });
});

test('it stays open to the millisecond', async () => {
  const { attempt, attempts, clock } = scene(quick);
  await attempts(4, 503);
  await clock.advance(999);
  expect(await attempt(200)).toBe('CIRCUIT_OPEN');
  await clock.advance(1);
  expect(await attempt(200)).toBe(200);
});

test('the open time is jittered, at most by a fifth, and never longer than openMs', async () => {
  const times = await Promise.all(
    [0, 0.5, 0.999].map(async (chance) => {
      const one = scene(quick, { random: () => chance });
      await one.attempts(4, 503);
      return one.retryAfterMs;
    }),
  );
  expect(times).toEqual([800, 900, 1000]);
});

test('after each failed probe the open time doubles, up to maxOpenMs; a success starts over', async () => {
  const { attempt, attempts, clock, log } = scene({ ...quick, maxOpenMs: 5000 });
  await attempts(4, 503);
  for (const openMs of [1000, 2000, 4000, 5000, 5000]) {
    expect(log.events.at(-1)).toMatchObject({ type: 'circuit.opened', retryAfterMs: openMs });
    await clock.advance(openMs);
    expect(await attempt(503)).toBe(503);
  }
  await clock.advance(5000);
  await attempt(200);
  await attempts(4, 503);
  expect(log.events.at(-1)).toMatchObject({ type: 'circuit.opened', because: 'failureRatio', retryAfterMs: 1000 });
});

test('at the cap the open times still differ', async () => {
  let chance = 0;
  const { attempt, attempts, clock, log } = scene({ ...quick, maxOpenMs: 1000 }, { random: () => chance });
  await attempts(4, 503);
  await clock.advance(1000);
  chance = 0.5;
  await attempt(503);
  expect(log.events.at(-1)).toMatchObject({ retryAfterMs: 900 });
});

describe('a Retry-After on the failure that opened it', () => {
  const busy = (retryAfter: string): Response =>
    new Response(null, { status: 503, headers: { 'retry-after': retryAfter } });

  test.each<[string, string, number]>([
    ['is respected where it is longer', '20', 20_500],
    ['may be a date', new Date(Date.UTC(2026, 0, 1, 0, 0, 10)).toUTCString(), 10_500],
    ['shortens nothing', '0', 1000],
    ['is ignored where it is malformed', 'soon', 1000],
    ['is held to an hour', '99999999', 3_600_500],
  ])('%s', async (_name, retryAfter, expected) => {
    const one = scene(quick);
    await one.attempts(3, 503);
    await one.attempt(busy(retryAfter));
    expect(one.retryAfterMs).toBe(expected);
  });

  test('is never undercut, and spread a little, so that not all clients come back at once', async () => {
    const times = await Promise.all(
      [0, 0.5].map(async (chance) => {
        const one = scene(quick, { random: () => chance });
        await one.attempts(3, 503);
        await one.attempt(busy('2'));
        return one.retryAfterMs;
      }),
    );
    expect(times).toEqual([2000, 2100]);
  });

  test('counts for the failure of a probe, too', async () => {
    const one = scene(quick);
    await one.attempts(4, 503);
    await one.clock.advance(1000);
    await one.attempt(busy('30'));
    expect(one.retryAfterMs).toBe(30_500);
  });

  test('of an earlier failure says nothing', async () => {
    const one = scene(quick);
    await one.attempt(busy('30'));
    await one.attempts(3, 503);
    expect(one.retryAfterMs).toBe(1000);
  });
});

describe('slow calls', () => {
  const slow = { ...quick, slowCallMs: 500, slowCallRatio: 0.75 };
  const slowly = async ({ begin, clock }: ReturnType<typeof scene>, ms: number, status = 200): Promise<void> => {
    const begun = begin();
    await clock.advance(ms);
    await begun.answer(status);
  };

  test('open a circuit at their ratio, though they succeed', async () => {
    const one = scene({ ...slow, windowMs: 10_000 });
    await one.attempt(200);
    await slowly(one, 500);
    await slowly(one, 500);
    expect(one.log.lines).toEqual([]);
    await slowly(one, 500);
    expect(one.log.events).toMatchObject([
      { type: 'circuit.opened', because: 'slowCallRatio', failures: 0, successes: 4, slowCalls: 3 },
    ]);
  });

  test('must take at least slowCallMs: a millisecond less is not slow', async () => {
    const one = scene({ ...slow, windowMs: 10_000 });
    for (let sent = 0; sent < 20; sent++) await slowly(one, 499);
    expect(one.breaker.snapshot()).toMatchObject([{ state: 'closed', slowCalls: 0 }]);
  });

  test('do not count unless slowCallMs is set', async () => {
    const one = scene({ ...quick, windowMs: 1_000_000 });
    for (let sent = 0; sent < 20; sent++) await slowly(one, 30_000);
    expect(one.state).toBe('closed');
    expect(one.breaker.snapshot()[0]).not.toHaveProperty('slowCalls');
  });

  test('that the caller gave up are neutral', async () => {
    const one = scene({ ...slow, windowMs: 1_000_000 });
    for (let sent = 0; sent < 20; sent++) {
      const begun = one.begin();
      await one.clock.advance(30_000);
      await begun.abort();
    }
    expect(one.breaker.snapshot()).toMatchObject([{ state: 'closed', slowCalls: 0 }]);
  });

  test('as probes open it again: a slow server has not recovered', async () => {
    const one = scene(slow);
    await one.attempts(4, 503);
    await one.clock.advance(1000);
    await slowly(one, 500);
    expect(one.log.events.at(-1)).toMatchObject({
      ...{ type: 'circuit.opened', because: 'probeFailed', successes: 1, slowCalls: 1, retryAfterMs: 2000 },
    });
  });
});
