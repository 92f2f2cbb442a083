import { expect, test } from 'vitest';
import { type Figures, figuresOf } from './figures.ts';
import { noRetry } from './rules/clients.ts';
import { holdfast } from './rules/holdfast.ts';
import { scenarios } from './scenarios.ts';
import { type Rule, simulate } from './world.ts';

/** All of it happens in virtual time: the same seed gives the same figures on any machine. */
const figures = async (name: string, rule: Rule = holdfast, seed = 1): Promise<Figures> => {
  const scenario = scenarios.find((one) => one.name === name);
  if (!scenario) throw new Error(`no scenario ${name}`);
  return figuresOf(await simulate(scenario, rule, seed));
};

test('a burst of 1,000 slow calls on a healthy server ends as soon as without any of this', async () => {
  const [ours, bare] = [await figures('S0'), await figures('S0', noRetry)];
  expect(ours.lastMs).toBe(bare.lastMs);
  expect(ours.answeredDuring).toBe(1);
});

test.each(['S1', 'S2', 'S3', 'S7', 'S8', 'S9', 'S10', 'S11', 'S12'])(
  'in %s the defaults answer no fewer calls than no retry at all, and nearly all of them afterwards',
  async (name) => {
    const [ours, bare] = [await figures(name), await figures(name, noRetry)];
    expect(ours.answeredDuring).toBeGreaterThanOrEqual(bare.answeredDuring);
    expect(ours.answeredAfter).toBeGreaterThanOrEqual(Math.min(bare.answeredAfter, 0.99));
    expect(ours.answeredAfter).toBeGreaterThan(0.95);
  },
);

test.each(['S1', 'S7'])('after the stall of %s 95 %% are answered again within 3 s', async (name) => {
  expect((await figures(name)).backMs).toBeLessThanOrEqual(3000);
});

test.each(['S1', 'S3', 'S7', 'S8'])('a full outage, as in %s, costs at most 1.2 attempts per call', async (name) => {
  expect((await figures(name)).attemptsPerCall).toBeLessThanOrEqual(1.2);
});

test('two hundred tiny clients do not keep a stalled server down', async () => {
  const [tiny, server] = ['S6', 'S1'].map((name) => scenarios.find((one) => one.name === name));
  if (!tiny || !server) throw new Error('no such scenarios');
  const scenario = { ...tiny, callsPerSecond: server.callsPerSecond, clients: 200, server: server.server };
  const [ours, bare] = [figuresOf(await simulate(scenario, holdfast)), figuresOf(await simulate(scenario, noRetry))];
  expect(ours.answeredAfter).toBeGreaterThan(bare.answeredAfter - 0.05);
  expect(ours.attemptsPerCall).toBeLessThan(1.5);
});

test('all calls are answered where 5 % of the attempts fail', async () => {
  const { answeredDuring, attemptsPerCall } = await figures('S4');
  expect(answeredDuring).toBe(1);
  expect(attemptsPerCall).toBeLessThan(1.06);
});

test('where 60 % fail at once, more are answered than without retries', async () => {
  expect((await figures('S5')).answeredDuring).toBeGreaterThan((await figures('S5', noRetry)).answeredDuring);
});

test('the same seed gives the same figures', async () => {
  expect(await figures('S1')).toEqual(await figures('S1'));
});
