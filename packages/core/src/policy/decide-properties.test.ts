import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseServerTiming } from '../api-answer/header-timing.ts';
import type { Outcome } from '../kernel/outcome.ts';
import { anyHeaders } from '../server-timing/any-headers.test-support.ts';
import { constantBackoff, exponentialBackoff, linearBackoff } from './backoff.ts';
import { failure, levelsOf, network, timedOut } from './cases.vectors.ts';
import { decide, judge } from './decide.ts';
import type { Facts } from './facts.ts';
import { accept, failFast, type Policy, refreshCredentials, retry } from './policies.ts';
import type { PolicyLevel } from './table.ts';

const anyResponse = fc
  .record({ code: fc.integer({ min: 200, max: 599 }), headers: anyHeaders })
  .map(({ code, headers }): Outcome => {
    const response = { status: code, headers, body: null } as unknown as Response;
    return { kind: 'response', status: code, headers, response };
  });
const anyError = fc.oneof(
  fc.constantFrom('ECONNREFUSED', 'ECONNRESET', 'CERT_HAS_EXPIRED', undefined).map(network),
  fc.constant(timedOut),
  fc
    .oneof(fc.string(), fc.constantFrom('UNKNOWN', 'ABORTED', 'QUEUE_FULL', 'DEADLINE_EXCEEDED'))
    .map((code) => failure(code)),
);
const anyOutcome = fc.oneof({ weight: 3, arbitrary: anyResponse }, anyError);

const anyNumber = fc.oneof(
  fc.integer({ min: -10, max: 100_000 }),
  fc.double(),
  fc.constantFrom(0, 1, Number.POSITIVE_INFINITY),
);
const anyFacts: fc.Arbitrary<Facts> = fc.record(
  {
    method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'delete'),
    url: fc.webUrl(),
    attempt: fc.integer({ min: 1, max: 9 }),
    retries: fc.nat(5),
    elapsedMs: fc.nat(),
    remainingMs: anyNumber,
    replayable: fc.boolean(),
    oneShotBody: fc.boolean(),
    tokensLeft: anyNumber,
    random: fc.oneof(fc.double(), fc.double({ min: 0, max: 1, noNaN: true }), fc.func(fc.double())),
    refreshable: fc.boolean(),
    refreshed: fc.boolean(),
    shouldRetry: fc.boolean(),
    retriedBelow: fc.boolean(),
    forced: fc.record({ delayMs: anyNumber }, { requiredKeys: [] }),
    wallNow: fc.nat(),
  },
  { requiredKeys: ['method', 'url', 'attempt', 'elapsedMs', 'remainingMs', 'replayable', 'tokensLeft', 'random'] },
);

const anyBackoff = fc.oneof(
  fc.integer({ min: 0, max: 50_000 }).map((delayMs) => constantBackoff({ delayMs, jitter: 'equal' })),
  fc.constant(exponentialBackoff({ factor: 1e9, maxMs: 2 ** 31 - 1 })),
  fc.constant(linearBackoff({ jitter: (_delay, random) => random * 1e12 })),
  fc.double().map((nonsense) => ({ ...exponentialBackoff(), delayMs: () => nonsense })),
);
const anyPolicy: fc.Arbitrary<Policy> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({
        limit: fc.nat(6),
        backoff: anyBackoff,
        respectServerTiming: fc.boolean(),
        methods: fc.constantFrom('any', 'replayable', ['GET']),
      })
      .map((options) => retry(options as never)),
  },
  fc.constantFrom<Policy>(failFast(), accept(), refreshCredentials(), failFast({ fallback: 1 })),
);
const anyLevels: fc.Arbitrary<readonly PolicyLevel[]> = fc.oneof(
  fc.constant(levelsOf({})),
  fc
    .record(
      { default: anyPolicy, '5xx': anyPolicy, '2xx': anyPolicy, network: anyPolicy, 429: anyPolicy },
      { requiredKeys: [] },
    )
    .chain((policies) =>
      fc
        .option(fc.nat(200_000), { nil: undefined })
        .map((maxRetryAfter) => levelsOf({ policies, ...(maxRetryAfter !== undefined && { maxRetryAfter }) })),
    ),
);
const anyCase = fc.tuple(anyOutcome, anyFacts, anyLevels);
/** Few in `npm test`, many in `npm run test:long`. */
const runs = { seed: 2026, numRuns: Number(process.env['PROPERTY_RUNS'] ?? 400) };

describe('whatever the outcome, the facts and the policies', () => {
  it('a wait is a whole number that a timer can hold, and less than what is left', () => {
    fc.assert(
      fc.property(anyCase, ([outcome, facts, levels]) => {
        const { action, delayMs } = decide(outcome, facts, levels);
        expect(delayMs === undefined).toBe(action !== 'retry');
        if (action !== 'retry') return;
        expect(Number.isInteger(delayMs)).toBe(true);
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(2 ** 31 - 1);
        expect(delayMs).toBeLessThan(facts.remainingMs);
      }),
      runs,
    );
  });

  it('no call comes back sooner than the server asked, unless a policy or a hook says so', () => {
    fc.assert(
      fc.property(anyResponse, anyFacts, fc.nat(6), (outcome, { forced: _, ...facts }, limit) => {
        const levels = levelsOf({ policies: { default: retry({ limit, methods: 'any' }) }, maxRetryAfter: 1e12 });
        const decision = decide(outcome, facts, levels);
        if (decision.action !== 'retry' || outcome.kind === 'error') return;
        const timing = parseServerTiming(outcome.headers, facts.wallNow ?? 0, outcome.status);
        expect(decision.retryAfterMs).toBe(timing?.retryAfterMs);
        expect(decision.delayMs).toBeGreaterThanOrEqual(timing?.retryAfterMs ?? 0);
      }),
      runs,
    );
  });

  it('a body that can be sent only once is never sent again', () => {
    fc.assert(
      fc.property(anyCase, ([outcome, facts, levels]) => {
        const { action } = decide(outcome, { ...facts, oneShotBody: true }, levels);
        expect(['retry', 'refreshCredentials']).not.toContain(action);
      }),
      runs,
    );
  });

  it('without a token only what is free, or what a hook asks for, is sent again', () => {
    fc.assert(
      fc.property(anyCase, ([outcome, facts, levels]) => {
        const { decision, free } = judge(outcome, { ...facts, tokensLeft: 0 }, levels);
        if (decision.action === 'retry') expect(free === true || facts.forced !== undefined).toBe(true);
      }),
      runs,
    );
  });

  it('nothing is sent again after the caller has left, beyond the limit, or where it may have been done already', () => {
    fc.assert(
      fc.property(anyCase, ([outcome, facts, levels]) => {
        const { action, applied, reason } = decide(outcome, facts, levels);
        if (action !== 'retry') return;
        expect(outcome.kind === 'error' && outcome.code === 'ABORTED').toBe(false);
        const [, next, limit] = /retry (\d+) of (\d+)/.exec(reason) ?? [];
        expect(Number(next)).toBe((facts.retries ?? facts.attempt - 1) + 1);
        expect(Number(next)).toBeLessThanOrEqual(Number(limit));
        const safe = facts.replayable || applied === 'no' || facts.forced !== undefined;
        const allowed = [...levels].some(({ table }) =>
          [...table.values()].some((one) => 'methods' in one && one.methods !== 'replayable'),
        );
        expect(safe || allowed).toBe(true);
      }),
      runs,
    );
  });

  it('the answer is frozen, its reason one line, and the same when asked again', () => {
    fc.assert(
      fc.property(anyCase, ([outcome, facts, levels]) => {
        const decision = decide(outcome, Object.freeze(facts), levels);
        expect(Object.isFrozen(decision)).toBe(true);
        expect(decision.reason).toMatch(/^[^\r\n\u2028\u2029]* → [^\r\n\u2028\u2029]+$/);
        expect(decision.reason).not.toMatch(/NaN ms \(|undefined|Infinity ms/);
        expect(decide(outcome, facts, levels)).toEqual(decision);
        expect(JSON.parse(JSON.stringify(decision))).toEqual(decision);
      }),
      runs,
    );
  });
});
