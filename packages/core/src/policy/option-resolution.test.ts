import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryBudget } from '../retry/budget.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { constantBackoff, decorrelatedBackoff, exponentialBackoff, linearBackoff } from './backoff.ts';
import { failFast, retry } from './policies.ts';
import { translateKyRetry } from './retry-override.ts';
import { resolvePolicyLevel } from './table.ts';

const runs = { seed: 2026, numRuns: 1000 };
const junk = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withSparseArray: true,
});
const halfJunk = (...keys: string[]): fc.Arbitrary<unknown> =>
  fc.oneof(
    junk,
    fc.dictionary(
      fc.constantFrom(...keys),
      fc.oneof(
        junk,
        fc.integer(),
        fc.double(),
        fc.string(),
        fc.constant(() => 1),
      ),
    ),
  );

type Resolver = readonly [name: string, resolve: (options: unknown) => unknown, keys: readonly string[]];

const resolvers: readonly Resolver[] = [
  ['retry', (options) => retry(options as never), ['limit', 'backoff', 'respectServerTiming', 'methods', 'fallback']],
  ['failFast', (options) => failFast(options as never), ['fallback']],
  ['exponentialBackoff', (options) => exponentialBackoff(options as never), ['initialMs', 'factor', 'maxMs', 'jitter']],
  ['constantBackoff', (options) => constantBackoff(options as never), ['delayMs', 'jitter']],
  ['linearBackoff', (options) => linearBackoff(options as never), ['initialMs', 'stepMs', 'maxMs', 'jitter']],
  ['decorrelatedBackoff', (options) => decorrelatedBackoff(options as never), ['initialMs', 'maxMs']],
  [
    'client: retry',
    (option) => translateKyRetry(option as never, 'client'),
    [
      'limit',
      'methods',
      'statusCodes',
      'afterStatusCodes',
      'maxRetryAfter',
      'backoffLimit',
      'delay',
      'jitter',
      'retryOnTimeout',
      'shouldRetry',
    ],
  ],
  [
    'client: policies',
    (policies) => resolvePolicyLevel({ policies: policies as never }, 'client'),
    ['429', '5xx', 'network', '99', 'default'],
  ],
  ['client: rules', (rules) => resolvePolicyLevel({ rules: rules as never }, 'client'), ['0']],
  ['client: rules[0]', (rule) => resolvePolicyLevel({ rules: [rule] as never }, 'client'), ['name', 'when', 'policy']],
  [
    'client: rules[0].when',
    (when) => resolvePolicyLevel({ rules: [{ when, policy: failFast() }] as never }, 'client'),
    ['status', 'method', 'path', 'errorCode', 'errorType'],
  ],
  [
    'client: maxRetryAfter',
    (maxRetryAfter) => resolvePolicyLevel({ maxRetryAfter: maxRetryAfter as never }, 'client'),
    ['x'],
  ],
  ['retryBudget', (options) => retryBudget(options as never, new ManualClock()), ['ratio', 'minPerSecond']],
];

describe('whatever is given as options', () => {
  it.each(resolvers)('%s takes it, or says in one line what is wrong with which', (name, resolve, keys) => {
    fc.assert(
      fc.property(halfJunk(...keys), (options) => {
        try {
          resolve(options);
        } catch (error) {
          expect(error instanceof TypeError || error instanceof RangeError).toBe(true);
          expect((error as Error).message.startsWith(name)).toBe(true);
          expect((error as Error).message).toMatch(/^[^\r\n]+$/);
        }
      }),
      runs,
    );
  });

  it('good ones come out as they went in', () => {
    const good = fc.record(
      {
        limit: fc.oneof(fc.nat(), fc.constant(Number.POSITIVE_INFINITY)),
        respectServerTiming: fc.boolean(),
        methods: fc.oneof(fc.constantFrom('any', 'replayable'), fc.array(fc.constantFrom('GET', 'POST'))),
        fallback: fc.oneof(fc.string(), fc.object()),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(good, (options) => {
        expect(retry(options as never)).toEqual({ ...retry(), ...options });
        const level = resolvePolicyLevel({ policies: { 429: retry(options as never) } }, 'client');
        expect(level?.table.get('429')).toEqual({ ...retry(), ...options });
      }),
      runs,
    );
  });
});
