import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../testing/manual-clock.ts';
import { type RetryBudget, retryBudget } from './budget.ts';

const budgetOf = (options = {}): { budget: RetryBudget; clock: ManualClock } => {
  const clock = new ManualClock();
  return { budget: retryBudget(options, clock), clock };
};

const spentBudget = (options = {}): ReturnType<typeof budgetOf> => {
  const made = budgetOf(options);
  for (let retry = 0; retry < 2; retry++) made.budget.spend('a');
  return made;
};

describe('the retry budget', () => {
  it('starts with two tokens, so that a lone call has its retries', () => {
    const { budget } = budgetOf();
    expect(budget.tokens('a')).toBe(2);
  });

  it('has two again with the first call that is answered', () => {
    const { budget } = spentBudget();
    expect(budget.tokens('a')).toBe(0);
    budget.earn('a');
    expect(budget.tokens('a')).toBe(2);
  });

  it('earns a tenth of a retry with each call that is answered: ten make one', () => {
    const { budget } = budgetOf();
    for (let call = 0; call < 10; call++) budget.earn('a');
    expect(budget.tokens('a')).toBe(3);
  });

  it('earns by the ratio it was given', () => {
    const { budget } = budgetOf({ ratio: 0.5 });
    budget.earn('a');
    expect(budget.tokens('a')).toBe(2.5);
  });

  it('earns nothing with a ratio of 0', () => {
    const { budget } = spentBudget({ ratio: 0 });
    for (let call = 0; call < 100; call++) budget.earn('a');
    expect(budget.tokens('a')).toBe(0);
  });

  it('gets back two with time alone, one in a hundred seconds, and no more', async () => {
    const { budget, clock } = spentBudget();
    await clock.advance(50_000);
    expect(budget.tokens('a')).toBe(0.5);
    await clock.advance(50_000);
    expect(budget.tokens('a')).toBe(1);
    await clock.advance(1e9);
    expect(budget.tokens('a')).toBe(2);
  });

  it('keeps for ten seconds what it has, all but two', async () => {
    const { budget, clock } = budgetOf({ ratio: 1 });
    for (let call = 0; call < 9; call++) budget.earn('a');
    budget.spend('a');
    expect(budget.tokens('a')).toBe(10);
    await clock.advance(5000);
    expect(budget.tokens('a')).toBe(5);
    await clock.advance(5000);
    expect(budget.tokens('a')).toBe(2);
  });

  it.each([
    { perSecond: 0.8, tokens: 2 },
    { perSecond: 5, tokens: 5 },
    { perSecond: 50, tokens: 50 },
  ])('holds $tokens after an hour of $perSecond calls a second', ({ perSecond, tokens }) => {
    const { budget, wait } = steppedBudget();
    for (let call = 0; call < 3600 * perSecond; call++) {
      budget.earn('a');
      wait(1000 / perSecond);
    }
    expect(Math.abs(budget.tokens('a') - tokens)).toBeLessThanOrEqual(0.05 * tokens);
  });

  it('counts a busy minute after a quiet hour', async () => {
    const { budget, clock } = budgetOf();
    budget.earn('a');
    await clock.advance(3_600_000);
    for (let call = 0; call < 600; call++) {
      budget.earn('a');
      await clock.advance(100);
    }
    expect(budget.tokens('a')).toBeGreaterThan(9);
  });

  it('refills at the given rate', async () => {
    const { budget, clock } = spentBudget({ minPerSecond: 10 });
    await clock.advance(100);
    expect(budget.tokens('a')).toBe(1);
    const { budget: still, clock: other } = spentBudget({ minPerSecond: 0 });
    await other.advance(1e9);
    expect(still.tokens('a')).toBe(0);
  });

  it('saves a hundred at most', () => {
    const { budget } = budgetOf({ ratio: 10 });
    for (let call = 0; call < 50; call++) budget.earn('a');
    expect(budget.tokens('a')).toBe(100);
  });

  it('is never negative', () => {
    const { budget } = budgetOf();
    for (let retry = 0; retry < 5; retry++) budget.spend('a');
    expect(budget.tokens('a')).toBe(0);
  });

  it('charges retries that did not help, and says so for ten seconds', async () => {
    const { budget, clock } = budgetOf();
    expect(budget.isNowInVain('a')).toBe(false);
    budget.spendInVain('a', 2);
    expect([budget.tokens('a'), budget.isNowInVain('a'), budget.isNowInVain('b')]).toEqual([0, true, false]);
    await clock.advance(10_000);
    expect(budget.isNowInVain('a')).toBe(true);
    await clock.advance(1);
    expect(budget.isNowInVain('a')).toBe(false);
  });

  it('says so no longer once a call was answered', () => {
    const { budget } = budgetOf();
    budget.spendInVain('a', 2);
    budget.earn('a');
    expect(budget.isNowInVain('a')).toBe(false);
  });

  it('keeps one for each origin', () => {
    const { budget } = budgetOf();
    budget.spend('a');
    expect(budget.tokens('b')).toBe(2);
    budget.earn('b');
    expect(budget.snapshot()).toEqual([
      { key: 'a', tokens: 1 },
      { key: 'b', tokens: 2.1 },
    ]);
  });

  it('is read without a change', () => {
    const { budget } = budgetOf();
    budget.tokens('a');
    expect(budget.snapshot()).toEqual([]);
  });

  it('keeps a thousand origins at most, and removes the least recently used first', () => {
    const { budget } = budgetOf();
    budget.spend('busy');
    for (let key = 0; key < 3000; key++) {
      budget.earn(`origin ${key}`);
      budget.spend('busy');
      // If the budget were removed in between, it would start again with two tokens.
      expect(budget.tokens('busy')).toBeLessThan(1);
    }
    expect(budget.snapshot()).toHaveLength(1000);
    expect(budget.snapshot().map(({ key }) => key)).toContain('busy');
    expect(budget.snapshot().map(({ key }) => key)).not.toContain('origin 0');
  });

  it('of a thousand fresh clients is a thousand times two, and not a thousand full buckets', () => {
    let tokens = 0;
    for (let client = 0; client < 1000; client++) tokens += budgetOf().budget.tokens('a');
    expect(tokens).toBe(2000);
  });

  it.each([
    { what: 'a client of 0.8 calls a second whose calls fail at once', perSecond: 0.8, most: 1.3 },
    { what: 'a client of 50 calls a second whose calls fail at once', perSecond: 50, most: 1.11 },
  ])('in an outage of ten seconds, $what makes at most $most attempts per call', (outage) => {
    const { budget, wait } = steppedBudget();
    const { perSecond, most } = outage;
    for (let call = 0; call < 600 * perSecond; call++) {
      budget.earn('a');
      wait(1000 / perSecond);
    }
    const calls = 10 * perSecond;
    let attempts = 0;
    for (let call = 0; call < calls; call++) {
      attempts++;
      for (let retry = 0; retry < 2 && budget.tokens('a') >= 1; retry++) {
        budget.spend('a');
        attempts++;
      }
      wait(1000 / perSecond);
    }
    expect(attempts).toBeGreaterThan(calls);
    expect(attempts / calls).toBeLessThanOrEqual(most);
  });

  it('allows every retry of a healthy service', () => {
    const { budget } = budgetOf();
    let denied = 0;
    for (let call = 0; call < 2000; call++) {
      budget.earn('a');
      if (call % 20 !== 0) continue;
      if (budget.tokens('a') < 1) denied++;
      else budget.spend('a');
    }
    expect(denied).toBe(0);
  });

  it('never spends more than was earned', () => {
    const step = fc.oneof(
      fc.constant({ kind: 'earn' as const }),
      fc.constant({ kind: 'spend' as const }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(60_000) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        let now = 0;
        const clock = {
          ...new ManualClock(),
          now: () => now,
          wallNow: () => now,
          setTimer: () => 0,
          clearTimer: () => undefined,
        };
        const budget = retryBudget({}, clock);
        let earned = 2;
        let spent = 0;
        for (const one of steps) {
          if (one.kind === 'wait') {
            now += one.ms;
            earned += (one.ms / 1000) * 0.01;
          } else if (one.kind === 'earn') {
            // An answer restores the two reserved tokens, or adds a tenth.
            earned += Math.max(0.1, 2 - budget.tokens('a'));
            budget.earn('a');
          } else if (budget.tokens('a') >= 1) {
            budget.spend('a');
            spent++;
          }
          expect(budget.tokens('a')).toBeGreaterThanOrEqual(0);
          expect(budget.tokens('a')).toBeLessThanOrEqual(100);
        }
        expect(spent).toBeLessThanOrEqual(earned + 1e-3);
      }),
      { seed: 2026, numRuns: 300 },
    );
  });
});

describe('a budget that makes no sense', () => {
  it.each<[unknown, typeof TypeError | typeof RangeError, string]>([
    [{ ratio: -1 }, RangeError, 'client: retryBudget.ratio must be a number from 0 to 1000, got -1'],
    [{ ratio: '10%' }, TypeError, 'client: retryBudget.ratio must be a number from 0 to 1000, got "10%"'],
    [{ minPerSecond: Number.NaN }, RangeError, 'client: retryBudget.minPerSecond must be a number'],
    [{ ration: 1 }, TypeError, 'client: retryBudget: unknown option "ration"; did you mean "ratio"?'],
    [true, TypeError, 'client: retryBudget takes an object with ratio, minPerSecond, got true'],
  ])('is refused: %j', (options, kind, message) => {
    const make = (): RetryBudget => retryBudget(options as never, new ManualClock(), 'client: retryBudget');
    expect(make).toThrow(kind);
    expect(make).toThrow(message);
  });
});

/** Many steps in time, without a turn for other work in each. */
function steppedBudget(): { readonly budget: RetryBudget; wait(ms: number): void } {
  let now = 0;
  const budget = retryBudget({}, Object.assign(new ManualClock(), { now: () => now }));
  const wait = (ms: number): void => {
    now += ms;
  };
  return { budget, wait };
}
