import { describe, expect, test } from 'vitest';
import { chance, exponential } from './chance.ts';
import { EventQueue } from './event-queue.ts';
import { figuresOf } from './figures.ts';
import { ky, kyTimeouts, noRetry } from './rules/clients.ts';
import { ruleIn } from './rules/file.ts';
import { oracle } from './rules/oracle.ts';
import { rules } from './rules/rules.ts';
import { type Scenario, scenarios } from './scenarios.ts';
import { Server } from './server.ts';
import { simulate } from './world.ts';

const named = (name: string): Scenario => scenarios.find((one) => one.name === name) as Scenario;
const S1 = named('S1');

describe('the server', () => {
  test.each(['S1', 'S8', 'S9', 'S11', 'S12'])('loses no request and makes none up in %s', async (name) => {
    const { server, sentAt } = await simulate(named(name), kyTimeouts);
    const { received, lost, refused, answered, inVain, spared } = server.counts;
    expect(received).toBe(sentAt.length);
    expect(lost + refused + answered + inVain + spared).toBe(received);
    expect(server.held).toBe(0);
  });

  test('lets requests wait for as long as queueing theory says', async () => {
    // M/M/10 at 80 %: Erlang's C is 0.409, so the mean wait is C / (200 − 160 a second) = 10.2 ms.
    const clock = new EventQueue();
    const [service, arrivals] = [chance(5, 'service'), chance(5, 'arrivals')];
    const server = new Server(clock, { workers: 10, queue: 1e9, serviceMs: () => exponential(50, service) });
    let [count, totalMs, at] = [0, 0, 0];
    for (let call = 0; call < 100_000; call++) {
      at += exponential(1000 / 160, arrivals);
      clock.setTimer(() => {
        const sentAt = clock.now();
        server.receive(0, () => {
          count++;
          totalMs += clock.now() - sentAt;
        });
      }, at);
    }
    await clock.run();
    expect(count).toBe(100_000);
    expect(totalMs / count / (50 + 10.2)).toBeGreaterThan(0.95);
    expect(totalMs / count / (50 + 10.2)).toBeLessThan(1.05);
  });

  test('stands still while it has no speed, and continues where it was', async () => {
    const clock = new EventQueue();
    const server = new Server(clock, { workers: 1, queue: 1, serviceMs: () => 100 });
    const answeredAt: number[] = [];
    server.receive(0, () => answeredAt.push(clock.now()));
    for (const [at, speed] of [
      [40, 0],
      [1040, 0.5],
    ] as const) {
      clock.setTimer(() => {
        server.speed = speed;
      }, at);
    }
    await clock.run();
    expect(answeredAt).toEqual([1040 + 60 / 0.5]);
  });
});

describe('a run', () => {
  test.each(rules.map((rule) => [rule.name, rule] as const))(
    'by the rule %s is the same for the same seed',
    async (_, rule) => {
      const short = { ...S1, beforeMs: 2000, troubleMs: 2000, afterMs: 3000 };
      const [one, again, other] = [
        await simulate(short, rule, 3),
        await simulate(short, rule, 3),
        await simulate(short, rule, 4),
      ];
      expect(again.calls).toEqual(one.calls);
      expect(again.sentAt).toEqual(one.sentAt);
      expect(other.calls).not.toEqual(one.calls);
    },
  );

  test('has the same calls at the same times whatever the rule', async () => {
    const starts = async (rule = noRetry): Promise<readonly number[]> =>
      (await simulate(S1, rule)).calls.map(({ startedAt }) => startedAt).sort((one, other) => one - other);
    expect(await starts(ky)).toEqual(await starts());
  });
});

describe('known results', () => {
  test('the oracle wastes nothing, answers all, and no call waits for much longer than the stall lasted', async () => {
    const { answeredDuring, answeredAfter, attemptsPerCall, wasted, p99Ms } = figuresOf(await simulate(S1, oracle));
    expect([answeredDuring, answeredAfter]).toEqual([1, 1]);
    expect(attemptsPerCall).toBeLessThan(0.01);
    expect(wasted).toBeLessThan(0.01);
    expect(p99Ms / S1.troubleMs).toBeCloseTo(1, 1);
  });

  test('without retries, the server works off a full queue with its spare capacity', async () => {
    // 420 requests wait, 200 a second are served, 160 arrive: a wait of at most one second is reached after 220 / 40 =
    // 5.5 s.
    expect(figuresOf(await simulate(S1, noRetry)).backMs).toBeCloseTo(5500, -3);
  });

  test('retries of timeouts keep a server down for good after the cause has gone', async () => {
    expect(figuresOf(await simulate(S1, kyTimeouts)).answeredAfter).toBeLessThan(0.01);
  });
});

test.each([
  ['no-such-file.ts', /there is no such file/],
  ['benchmarks/simulation/scenarios.ts', /must have a default export/],
  ['README.md', /can't be loaded/],
])('a policy file that is not one is refused: %s', async (file, message) => {
  await expect(ruleIn(file)).rejects.toThrow(message);
});
