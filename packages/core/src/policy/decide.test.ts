import { describe, expect, it } from 'vitest';
import type { Decision } from '../kernel/decision.ts';
import type { Outcome } from '../kernel/outcome.ts';
import { constantBackoff, exponentialBackoff } from './backoff.ts';
import { factsOf, failure, levelsOf, network, postFacts, status, timedOut } from './cases.vectors.ts';
import { decide, judge } from './decide.ts';
import type { Facts } from './facts.ts';
import { accept, failFast, type RetryPolicy, refreshCredentials, retry } from './policies.ts';

const soon = { 'retry-after': '2' };
/** An exhausted quota, and the time at which it is renewed. */
const spent = { 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '2' };

/** A decision in one line, for the tables below. */
const line = ({ action, because, applied, reason }: Decision): string => `${action}|${because}|${applied}|${reason}`;

describe('the default table', () => {
  it.each<[Outcome, string]>([
    [status(200), 'accept|policy|yes|200 → accept'],
    [status(204), 'accept|policy|yes|204 → accept'],
    [status(304), 'accept|policy|yes|304 → accept'],
    [status(400), 'fail|policy|no|400 → fail fast'],
    [status(401), 'refreshCredentials|policy|no|401 → refresh the credentials, then send it again'],
    [status(403), 'fail|policy|no|403 → fail fast'],
    [status(404), 'fail|policy|no|404 → fail fast'],
    [status(409), 'fail|policy|no|409 → fail fast'],
    [status(410), 'fail|policy|no|410 → fail fast'],
    [status(418), 'fail|policy|no|418 → fail fast'],
    [status(421), 'fail|policy|no|421 → fail fast'],
    [status(422), 'fail|policy|no|422 → fail fast'],
    [status(408), 'retry|policy|unknown|408 → retry 1 of 2 in 250 ms (backoff)'],
    [status(425), 'retry|policy|no|425 → retry 1 of 2 in 250 ms (backoff)'],
    [status(429), 'retry|policy|no|429 → retry 1 of 2 in 1000 ms (backoff)'],
    [status(500), 'retry|policy|unknown|500 → retry 1 of 2 in 250 ms (backoff)'],
    [status(502), 'retry|policy|unknown|502 → retry 1 of 2 in 250 ms (backoff)'],
    [status(503), 'retry|policy|unknown|503 → retry 1 of 2 in 250 ms (backoff)'],
    [status(503, soon), 'retry|policy|no|503 → retry 1 of 2 in 2200 ms (Retry-After)'],
    [status(504), 'retry|policy|unknown|504 → retry 1 of 2 in 250 ms (backoff)'],
    [status(403, soon), 'retry|policy|no|403 → retry 1 of 2 in 2200 ms (Retry-After)'],
    [status(403, spent), 'retry|policy|no|403 → retry 1 of 2 in 2200 ms (X-RateLimit-Reset)'],
    [status(403, { 'x-ratelimit-reset': '2' }), 'fail|policy|no|403 → fail fast'],
    [status(403, { ...spent, 'x-ratelimit-remaining': '1' }), 'fail|policy|no|403 → fail fast'],
    [status(418, soon), 'retry|policy|no|418 → retry 1 of 2 in 2200 ms (Retry-After)'],
    [status(418, spent), 'retry|policy|no|418 → retry 1 of 2 in 2200 ms (X-RateLimit-Reset)'],
    [status(503, spent), 'retry|policy|unknown|503 → retry 1 of 2 in 250 ms (backoff)'],
    [status(500, { 'x-rate-limit-reset': '2' }), 'retry|policy|unknown|500 → retry 1 of 2 in 250 ms (backoff)'],
    [status(413), 'fail|policy|no|413 → fail fast'],
    [status(413, spent), 'fail|policy|no|413 → fail fast'],
    [status(413, soon), 'retry|policy|no|413 → retry 1 of 2 in 2200 ms (Retry-After)'],
    [status(413, { 'retry-after': 'soon' }), 'retry|policy|no|413 → retry 1 of 2 in 250 ms (backoff)'],
    [status(501), 'fail|policy|no|501 → fail fast'],
    [status(505), 'fail|policy|no|505 → fail fast'],
    [status(511), 'fail|policy|unknown|511 → fail fast'],
    [status(526), 'fail|policy|unknown|526 → fail fast'],
    [status(561), 'fail|policy|unknown|561 → fail fast'],
    [status(507), 'retry|policy|unknown|507 → retry 1 of 2 in 250 ms (backoff)'],
    [status(520), 'retry|policy|unknown|520 → retry 1 of 2 in 250 ms (backoff)'],
    [status(524), 'retry|policy|unknown|524 → retry 1 of 2 in 250 ms (backoff)'],
    [status(529), 'retry|policy|unknown|529 → retry 1 of 2 in 250 ms (backoff)'],
    [status(529, soon), 'retry|policy|no|529 → retry 1 of 2 in 2200 ms (Retry-After)'],
    [status(530, soon), 'retry|policy|no|530 → retry 1 of 2 in 2200 ms (Retry-After)'],
    [status(520, soon), 'retry|policy|unknown|520 → retry 1 of 2 in 2200 ms (Retry-After)'],
    [status(599), 'retry|policy|unknown|599 → retry 1 of 2 in 250 ms (backoff)'],
    [timedOut, 'retry|policy|unknown|timeout → retry 1 of 2 in 250 ms (backoff)'],
    [network('ECONNREFUSED'), 'retry|policy|no|network error (ECONNREFUSED) → retry 1 of 2 in 250 ms (backoff)'],
    [network('ENOTFOUND'), 'retry|policy|no|network error (ENOTFOUND) → retry 1 of 2 in 250 ms (backoff)'],
    [network('ECONNRESET'), 'retry|policy|unknown|network error (ECONNRESET) → retry 1 of 2 in 250 ms (backoff)'],
    [network(), 'retry|policy|unknown|network error → retry 1 of 2 in 250 ms (backoff)'],
    [failure('ECONNRESET'), 'retry|policy|unknown|ECONNRESET → retry 1 of 2 in 250 ms (backoff)'],
    [
      network('CERT_HAS_EXPIRED'),
      'fail|policy|unknown|network error (CERT_HAS_EXPIRED) → fail: a second attempt would have the same result',
    ],
    [failure('UNKNOWN'), 'fail|policy|unknown|UNKNOWN → fail: a second attempt would have the same result'],
    [failure('CIRCUIT_OPEN'), 'fail|policy|no|CIRCUIT_OPEN → fail: refused before sending'],
    [failure('QUEUE_FULL'), 'fail|policy|no|QUEUE_FULL → fail: refused before sending'],
    [failure('QUEUE_TIMEOUT'), 'fail|policy|no|QUEUE_TIMEOUT → fail: refused before sending'],
    [failure('CREDENTIALS'), 'fail|policy|no|CREDENTIALS → fail: refused before sending'],
    [failure('CLIENT_CLOSED'), 'fail|policy|no|CLIENT_CLOSED → fail: refused before sending'],
    [failure('ABORTED'), 'fail|cancelled|unknown|ABORTED → stop: the caller gave up'],
    [failure('DEADLINE_EXCEEDED'), 'fail|deadline|unknown|DEADLINE_EXCEEDED → fail: the time for the whole call is up'],
  ])('decides %j as %s', (outcome, expected) => {
    const decision = decide(outcome, factsOf());
    expect(line(decision)).toBe(expected);
    expect(decision.rule).toBe('default');
  });

  it('needs no more facts than the public interface names', () => {
    const facts: Facts = {
      method: 'GET',
      url: '/',
      attempt: 2,
      elapsedMs: 10,
      remainingMs: 5000,
      replayable: true,
      tokensLeft: 3,
      random: () => 0.5,
    };
    expect(decide(status(503), facts)).toEqual({
      action: 'retry',
      because: 'policy',
      reason: '503 → retry 2 of 2 in 250 ms (backoff)',
      rule: 'default',
      applied: 'unknown',
      delayMs: 250,
    });
  });

  it('gives its reason in one line, whatever the code of an error is', () => {
    expect(decide(failure('TWO\nLINES'), factsOf()).reason).toBe(
      'TWO LINES → fail: a second attempt would have the same result',
    );
  });

  it('counts the retries by the attempts where no count is given', () => {
    expect(decide(status(500), factsOf({ attempt: 3 })).because).toBe('limitReached');
    expect(decide(status(500), factsOf({ attempt: 3, retries: 1 })).reason).toBe(
      '500 → retry 2 of 2 in 500 ms (backoff)',
    );
  });

  it('says how many retries were used up', () => {
    expect(decide(status(500), factsOf({ attempt: 3 })).reason).toBe('500 → fail: all 2 retries are used up');
  });
});

describe('levels', () => {
  const reasonAt = (outcome: Outcome, ...options: Parameters<typeof levelsOf>[0][]): string => {
    const levels = options.reduceRight((below, one) => levelsOf(one, below), levelsOf({}));
    const { rule, reason } = decide(outcome, factsOf(), levels);
    return `${rule}: ${reason}`;
  };

  it.each<[string, Outcome, Parameters<typeof levelsOf>[0][], string]>([
    [
      'an exact status over its class',
      status(503),
      [{ policies: { '5xx': retry({ limit: 1 }), 503: failFast() } }],
      'policies[503]: 503 → fail fast',
    ],
    [
      'a class over the default of the table',
      status(503),
      [{ policies: { '5xx': failFast(), default: retry() } }],
      "policies['5xx']: 503 → fail fast",
    ],
    [
      'the default of a level over the levels below',
      status(404),
      [{ policies: { default: accept() } }, { policies: { 404: retry() } }],
      'policies.default: 404 → accept',
    ],
    [
      'a rule over the table',
      status(503),
      [{ policies: { 503: retry() }, rules: [{ name: 'down', when: { status: 503 }, policy: failFast() }] }],
      'rules[0] (down): 503 → fail fast',
    ],
    [
      'the first of two rules',
      status(503),
      [
        {
          rules: [
            { when: { status: 500 }, policy: accept() },
            { when: { status: '5xx' }, policy: failFast() },
            { when: {}, policy: accept() },
          ],
        },
      ],
      'rules[1]: 503 → fail fast',
    ],
    [
      'the call over the client, whatever stands where',
      status(503),
      [{ policies: { '5xx': failFast() } }, { rules: [{ when: { status: 503 }, policy: accept() }] }],
      "policies['5xx']: 503 → fail fast",
    ],
    [
      'the table over the retry option of the same level',
      status(503),
      [{ retry: 0, policies: { 503: retry({ limit: 4 }) } }],
      'policies[503]: 503 → retry 1 of 4 in 250 ms (backoff)',
    ],
    [
      'the retry option over the levels below',
      status(503),
      [{ retry: 0 }, { policies: { 503: retry({ limit: 4 }) } }],
      'retry: 503 → fail: retries are off',
    ],
    [
      'what is said of the network',
      network('ECONNRESET'),
      [{ policies: { network: failFast() } }],
      'policies.network: network error (ECONNRESET) → fail fast',
    ],
    [
      'what is said of the timeout',
      timedOut,
      [{ policies: { timeout: failFast() } }],
      'policies.timeout: timeout → fail fast',
    ],
    [
      'the default also where there is no answer',
      timedOut,
      [{ policies: { default: failFast() } }],
      'policies.default: timeout → fail fast',
    ],
    [
      'a success that a class speaks of',
      status(202),
      [{ policies: { '2xx': retry() } }],
      "policies['2xx']: 202 → retry 1 of 2 in 250 ms (backoff)",
    ],
    ['a default, but not of a success', status(200), [{ policies: { default: failFast() } }], 'default: 200 → accept'],
    [
      'a function',
      status(503),
      [{ policies: { 503: (outcome) => (outcome.kind === 'response' ? failFast() : undefined) } }],
      'policies[503]: 503 → fail fast',
    ],
    [
      'what a function leaves',
      status(503),
      [{ policies: { 503: () => undefined } }],
      'default: 503 → retry 1 of 2 in 250 ms (backoff)',
    ],
    [
      'what a rule leaves',
      status(503),
      [{ rules: [{ when: {}, policy: () => undefined }], policies: { 503: failFast() } }],
      'policies[503]: 503 → fail fast',
    ],
    [
      'accept() where there is nothing to accept',
      timedOut,
      [{ policies: { timeout: accept() } }],
      'policies.timeout: timeout → fail: there is no answer to accept',
    ],
  ])('respect %s', (_what, outcome, options, expected) => {
    expect(reasonAt(outcome, ...options)).toBe(expected);
  });

  it.each([501, 505, 511, 526, 561])('treat a %d as final unless it is named itself', (code) => {
    const waits = { '5xx': retry(), default: retry() };
    expect(reasonAt(status(code), { policies: waits })).toBe(`default: ${code} → fail fast`);
    expect(reasonAt(status(code), { policies: { ...waits, [code]: retry() } })).toBe(
      `policies[${code}]: ${code} → retry 1 of 2 in 250 ms (backoff)`,
    );
    expect(reasonAt(status(code), { policies: { '5xx': accept() } })).toBe(`policies['5xx']: ${code} → accept`);
  });

  it('do not retry a hopeless failure, even if a policy says retry', () => {
    const levels = levelsOf({ policies: { network: retry(), default: retry() } });
    expect(decide(network('CERT_HAS_EXPIRED'), factsOf(), levels).reason).toContain(
      'a second attempt would have the same result',
    );
  });

  it('hand a policy function the outcome and the facts', () => {
    const facts = factsOf({ attempt: 2 });
    const outcome = status(503);
    const seen: unknown[] = [];
    decide(outcome, facts, levelsOf({ policies: { 503: (...given) => void seen.push(...given) } }));
    expect(seen).toEqual([{ ...outcome, api: expect.objectContaining({ kind: 'overloaded' }) }, facts]);
  });

  it.each([
    [null, 'client: policies[503] must be a policy'],
    ['retry', 'must be a policy'],
    [{ kind: 'retry' }, 'limit must be an integer ≥ 0, got undefined'],
    [() => retry(), 'must return a policy, or undefined to leave it to the next one'],
  ])('refuse a function that gives %s', (given, message) => {
    const levels = levelsOf({ policies: { 503: () => given as never } });
    expect(() => decide(status(503), factsOf(), levels)).toThrow(TypeError);
    expect(() => decide(status(503), factsOf(), levels)).toThrow(message.replace('client: ', ''));
  });

  it('rethrow the error of a policy function', () => {
    const thrown = new Error('mine');
    const levels = levelsOf({
      policies: {
        503: () => {
          throw thrown;
        },
      },
    });
    expect(() => decide(status(503), factsOf(), levels)).toThrow(thrown);
  });
});

describe('credentials', () => {
  const refused = (challenge: string): Outcome => status(401, { 'www-authenticate': challenge });

  it.each<[string, Outcome, Partial<Facts>, string]>([
    [
      'are refreshed once',
      status(401),
      {},
      'refreshCredentials|policy|no|401 → refresh the credentials, then send it again',
    ],
    [
      'are refreshed for a POST, which did nothing',
      status(401),
      { method: 'POST', replayable: false },
      'refreshCredentials|policy|no|401 → refresh the credentials, then send it again',
    ],
    [
      'are not refreshed twice',
      status(401),
      { refreshed: true },
      'fail|alreadyRefreshed|no|401 → fail: refused again after a refresh',
    ],
    [
      'can’t be refreshed',
      status(401),
      { refreshable: false },
      'fail|noCredentials|no|401 → fail: no credentials that can be refreshed',
    ],
    [
      'lack a scope',
      refused('Bearer error="insufficient_scope", scope="orders:write"'),
      {},
      'fail|insufficientScope|no|401 → fail: the credentials are good but lack a scope, which no refresh gives',
    ],
    [
      'lack a scope, and can’t be refreshed',
      refused('Bearer error=insufficient_scope'),
      { refreshable: false },
      'fail|insufficientScope|no|401 → fail: the credentials are good but lack a scope, which no refresh gives',
    ],
    [
      'have expired',
      refused('Bearer error="invalid_token"'),
      {},
      'refreshCredentials|policy|no|401 → refresh the credentials, then send it again',
    ],
    [
      'are not for a body that is spent',
      status(401),
      { oneShotBody: true },
      'fail|notReplayable|no|401 → fail: its body is a stream that can be sent only once',
    ],
  ])('%s', (_title, outcome, over, expected) => {
    expect(line(decide(outcome, factsOf(over)))).toBe(expected);
  });

  it('are refreshed for whatever status the policies name', () => {
    const levels = levelsOf({ policies: { 403: refreshCredentials() } });
    expect(decide(status(403), factsOf(), levels)).toMatchObject({
      action: 'refreshCredentials',
      rule: 'policies[403]',
    });
  });

  it('take nothing from the retries or the budget', () => {
    expect(decide(status(401), factsOf({ attempt: 9, tokensLeft: 0 })).action).toBe('refreshCredentials');
  });
});

describe('a rate limit that is reported as 403 or 418', () => {
  it.each([403, 418])('takes nothing from the budget if it names a time: %i', (code) => {
    const broke = factsOf({ tokensLeft: 0 });
    expect(decide(status(code, soon), broke).action).toBe('retry');
    expect(decide(status(413, soon), broke)).toMatchObject({ action: 'fail', because: 'budgetExhausted' });
  });

  it.each([403, 418, 429])('is sent again whatever the method: %i', (code) => {
    expect(decide(status(code, spent), postFacts()).action).toBe('retry');
  });

  it('says when to try again if the wait is too long', () => {
    const hour = { ...spent, 'x-ratelimit-reset': '3600' };
    expect(decide(status(403, hour), factsOf())).toMatchObject({
      ...{ action: 'fail', because: 'retryAfterTooLong', retryAfterMs: 3_600_000 },
    });
  });

  it('can be changed by a policy of the user', () => {
    const levels = levelsOf({ policies: { 403: failFast() } });
    expect(decide(status(403, soon), factsOf(), levels)).toMatchObject({ action: 'fail', rule: 'policies[403]' });
  });
});

describe('safe to send again', () => {
  it('is not proven by a quota that is sent with every answer: a POST without a key that got a 503 is sent once', () => {
    for (const headers of [spent, { ratelimit: '"default";r=0;t=2' }, { 'x-rate-limit-reset': '2' }]) {
      expect(decide(status(503, headers), postFacts())).toMatchObject({
        ...{ action: 'fail', because: 'notReplayable', applied: 'unknown' },
      });
    }
  });

  const proven = [429, 425, 421, 413].map((code) => status(code)).concat(status(503, soon), network('ECONNREFUSED'));
  const unproven = [500, 502, 503, 504, 408]
    .map((code) => status(code))
    .concat(network('ECONNRESET'), network(), timedOut);
  const everything = levelsOf({ policies: { 421: retry(), 413: retry() } });

  it.each(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY', 'PUT', 'DELETE', 'get'])(
    'is a %s, whatever its outcome was',
    (method) => {
      for (const outcome of [...proven, ...unproven])
        expect(decide(outcome, factsOf({ method }), everything).action).toBe('retry');
    },
  );

  it.each(['POST', 'PATCH', 'post'])('is a %s with an idempotency key, whatever its outcome was', (method) => {
    const facts = factsOf({ method, idempotencyKey: 'k', replayable: true });
    for (const outcome of [...proven, ...unproven]) expect(decide(outcome, facts, everything).action).toBe('retry');
  });

  it.each(['POST', 'PATCH', 'LOCK'])('is a %s without a key only where the server surely did nothing', (method) => {
    for (const outcome of proven) expect(decide(outcome, postFacts({ method }), everything).action).toBe('retry');
    for (const outcome of unproven) {
      const decision = decide(outcome, postFacts({ method }), everything);
      expect(decision).toMatchObject({ action: 'fail', because: 'notReplayable', applied: 'unknown' });
      expect(decision.reason).toMatch(
        new RegExp(`→ fail: the server may have acted on this ${method}, and it has no idempotency key$`),
      );
    }
  });

  it('is never a body that can be sent only once, whatever the method, the policy or the outcome', () => {
    const any = levelsOf({ policies: { default: retry({ methods: 'any' }) } });
    for (const facts of [
      factsOf({ oneShotBody: true }),
      factsOf({ replayable: false }),
      postFacts({ oneShotBody: true }),
      postFacts({ idempotencyKey: 'k' }),
    ]) {
      for (const outcome of [...proven, ...unproven]) {
        const { because, reason } = decide(outcome, facts, any);
        expect(because).toBe('notReplayable');
        expect(reason).toMatch(/→ fail: its body is a stream that can be sent only once$/);
      }
    }
  });

  it('is any method where the policy says so', () => {
    const levels = levelsOf({ policies: { 500: retry({ methods: 'any' }) } });
    expect(decide(status(500), postFacts(), levels).action).toBe('retry');
  });

  it('are the methods that the policy lists, and no others', () => {
    const levels = levelsOf({ policies: { 500: retry({ methods: ['post', 'GET'] }) } });
    expect(decide(status(500), postFacts(), levels).action).toBe('retry');
    expect(decide(status(500), factsOf({ method: 'put' }), levels)).toMatchObject({
      because: 'notReplayable',
      reason: '500 → fail: PUT is not among the methods to retry (POST, GET)',
    });
  });
});

describe('server timing', () => {
  const wait = (outcome: Outcome, over: Partial<Facts> = {}, policy?: RetryPolicy): Decision =>
    decide(outcome, factsOf(over), policy ? levelsOf({ policies: { default: policy } }) : levelsOf({}));

  it('is waited for, and distinguished from the resulting wait', () => {
    expect(wait(status(429, soon), { random: 0 })).toEqual({
      action: 'retry',
      because: 'policy',
      reason: '429 → retry 1 of 2 in 2000 ms (Retry-After)',
      rule: 'default',
      applied: 'no',
      delayMs: 2000,
      retryAfterMs: 2000,
    });
  });

  it.each([
    [{ 'retry-after-ms': '350' }, 350, 'retry-after-ms'],
    [{ 'retry-after': '1.5' }, 1500, 'Retry-After'],
    [{ date: 'Thu, 01 Jan 2026 00:00:00 GMT', 'retry-after': 'Thu, 01 Jan 2026 00:00:07 GMT' }, 7000, 'Retry-After'],
    [{ ratelimit: '"day";r=0;t=3' }, 3000, 'RateLimit'],
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '4' }, 4000, 'X-RateLimit-Reset'],
  ])('is read from %j', (headers, ms, source) => {
    const decision = wait(status(429, headers), { random: 0 });
    expect(decision.delayMs).toBe(ms);
    expect(decision.reason).toContain(`(${source})`);
  });

  it('never makes the wait shorter than asked: a tenth at most, and half a second at most, is added at random', () => {
    expect(wait(status(429, soon), { random: 1 }).delayMs).toBe(2200);
    expect(wait(status(429, { 'retry-after': '30' }), { random: 1 }).delayMs).toBe(30_500);
  });

  it('is exact if the backoff has no jitter', () => {
    const policy = retry({ backoff: constantBackoff({ delayMs: 5 }) });
    expect(wait(status(429, soon), {}, policy).delayMs).toBe(2000);
  });

  it.each([{ 'retry-after': 'soon' }, { 'retry-after': '-1' }, { 'retry-after': '1e3' }, { 'retry-after': '' }])(
    'that is malformed (%j) is no timing at all',
    (headers) => {
      expect(wait(status(429, headers))).toMatchObject({
        delayMs: 1000,
        reason: '429 → retry 1 of 2 in 1000 ms (backoff)',
      });
      expect(wait(status(429, headers))).not.toHaveProperty('retryAfterMs');
    },
  );

  it.each([
    { 'retry-after': '0' },
    { 'retry-after-ms': '0' },
    { 'retry-after': 'Thu, 01 Jan 2026 00:00:00 GMT', date: 'Fri, 02 Jan 2026 00:00:00 GMT' },
  ])('of a moment that is past (%j) means now, with a spread of 50 ms at most', (headers) => {
    for (const code of [429, 503]) {
      const told = wait(status(code, headers));
      expect(told).toMatchObject({ delayMs: 50, retryAfterMs: 0, applied: 'no' });
      expect(told.reason).toMatch(/in 50 ms \(retry-after/i);
      expect(wait(status(code, headers), { random: 0 }).delayMs).toBe(0);
    }
    const exact = retry({ backoff: exponentialBackoff({ jitter: 'none' }) });
    expect(wait(status(503, headers), {}, exact).delayMs).toBe(0);
    expect(wait(status(503, headers), {}, retry({ respectServerTiming: false })).delayMs).toBe(250);
  });

  it('of a quota whose reset is past leaves the wait to the backoff', () => {
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '0' };
    expect(wait(status(429, headers))).toMatchObject({ delayMs: 1000, retryAfterMs: 0 });
  });

  it('is not obeyed, but reported, if the policy does not respect it', () => {
    const decision = wait(status(503, soon), {}, retry({ respectServerTiming: false }));
    expect(decision).toMatchObject({
      delayMs: 250,
      retryAfterMs: 2000,
      reason: '503 → retry 1 of 2 in 250 ms (backoff)',
    });
  });

  it('beyond a minute fails at once', () => {
    expect(wait(status(429, { 'retry-after': '61' }))).toMatchObject({
      action: 'fail',
      because: 'retryAfterTooLong',
      reason: '429 → fail: Retry-After asks for 61000 ms, more than the 60000 ms allowed',
      retryAfterMs: 61_000,
    });
  });

  it('beyond maxRetryAfter fails at once; the call’s counts before the client’s', () => {
    const client = levelsOf({ maxRetryAfter: 1000 });
    expect(decide(status(429, soon), factsOf(), client).because).toBe('retryAfterTooLong');
    expect(decide(status(429, soon), factsOf(), levelsOf({ maxRetryAfter: 5000 }, client)).action).toBe('retry');
    expect(decide(status(429, soon), factsOf(), levelsOf({ policies: { 404: accept() } }, client)).because).toBe(
      'retryAfterTooLong',
    );
  });

  it('that no timer could hold fails under any option', () => {
    const levels = levelsOf({ maxRetryAfter: Number.POSITIVE_INFINITY });
    expect(decide(status(429, { 'retry-after': '2147484' }), factsOf(), levels).because).toBe('retryAfterTooLong');
    expect(decide(status(429, { 'retry-after-ms': '2147483647' }), factsOf(), levels).delayMs).toBe(2 ** 31 - 1);
  });

  it('beyond the deadline fails at once, with the time to try again', () => {
    expect(wait(status(429, soon), { remainingMs: 1500.4 })).toMatchObject({
      because: 'deadline',
      reason: '429 → fail: a wait of 2200 ms is more than the 1500 ms left',
      retryAfterMs: 2000,
    });
  });
});

describe('the deadline', () => {
  it.each([[250], [100], [0], [-5], [Number.NaN]])('forbids a wait of 250 ms where %d ms are left', (remainingMs) => {
    expect(decide(status(503), factsOf({ remainingMs })).because).toBe('deadline');
  });

  it('leaves a wait that fits', () => {
    expect(decide(status(503), factsOf({ remainingMs: 251 })).action).toBe('retry');
  });
});

describe('the budget', () => {
  it('denies what costs a token where there is none', () => {
    const decision = decide(status(503), factsOf({ tokensLeft: 0.99 }));
    expect(line(decision)).toBe('fail|budgetExhausted|unknown|503 → fail: the retry budget of this origin is spent');
    expect(decide(status(503), factsOf({ tokensLeft: 1 })).action).toBe('retry');
  });

  it.each<[string, Outcome, boolean]>([
    ['a refused connection', network('ECONNREFUSED'), true],
    ['a 429 with timing', status(429, soon), true],
    ['a 429 with a timing of nothing', status(429, { 'retry-after': '0' }), true],
    ['a bare 429', status(429), false],
    ['a 503 with timing', status(503, soon), false],
    ['a reset', network('ECONNRESET'), false],
    ['a timeout', timedOut, false],
  ])('%s: free is %s', (_what, outcome, free) => {
    const judgement = judge(outcome, factsOf({ tokensLeft: 0 }), levelsOf({}));
    expect(judgement.decision.action === 'retry').toBe(free);
    expect(judge(outcome, factsOf(), levelsOf({})).free).toBe(free);
  });

  it('is asked for a token where the timing of a 429 is not respected', () => {
    const levels = levelsOf({ policies: { 429: retry({ respectServerTiming: false }) } });
    expect(decide(status(429, soon), factsOf({ tokensLeft: 0 }), levels).because).toBe('budgetExhausted');
  });
});

describe('the server’s own word', () => {
  const no = { 'x-should-retry': 'false' };
  const yes = { 'x-should-retry': 'true' };

  it.each([no, { 'x-should-retry': ' FALSE ' }, { 'stripe-should-retry': 'false' }])(
    'of no (%j) is final',
    (headers) => {
      expect(line(decide(status(503, headers), factsOf()))).toBe(
        `fail|serverSaysNo|unknown|503 → fail: the server says that another attempt will not help (${Object.keys(headers)[0]})`,
      );
      expect(decide(status(429, headers), factsOf())).toMatchObject({ because: 'serverSaysNo', rule: 'default' });
    },
  );

  it.each([yes, { 'stripe-should-retry': 'true' }])('of yes (%j) is a retry where the table has none', (headers) => {
    expect(line(decide(status(409, headers), factsOf()))).toBe(
      'retry|policy|no|409 → retry 1 of 2 in 250 ms (backoff)',
    );
    expect(decide(status(501, headers), factsOf()).action).toBe('retry');
  });

  it('makes no unsafe request replayable, and exceeds no limit', () => {
    expect(decide(status(500, yes), postFacts()).because).toBe('notReplayable');
    expect(decide(status(500, yes), factsOf({ attempt: 3 })).because).toBe('limitReached');
    expect(decide(status(500, yes), factsOf({ tokensLeft: 0 })).because).toBe('budgetExhausted');
  });

  it('does not take precedence over a policy of the user', () => {
    const levels = levelsOf({ policies: { 503: retry(), '4xx': failFast() } });
    expect(decide(status(503, no), factsOf(), levels).action).toBe('retry');
    expect(decide(status(409, yes), factsOf(), levels).because).toBe('policy');
    expect(decide(status(503, no), factsOf(), levelsOf({ retry: { statusCodes: [503] } })).action).toBe('retry');
    expect(decide(status(503, no), factsOf(), levelsOf({ retry: 5 })).because).toBe('serverSaysNo');
    expect(decide(status(409, yes), factsOf({ attempt: 3 }), levelsOf({ retry: 5 })).action).toBe('retry');
    expect(decide(status(409, yes), factsOf(), levelsOf({ retry: 0 })).because).toBe('limitReached');
  });

  it('leaves a refresh of credentials alone: with new ones it is another request', () => {
    expect(decide(status(401, no), factsOf()).action).toBe('refreshCredentials');
    expect(decide(status(401, yes), factsOf()).action).toBe('refreshCredentials');
    expect(decide(status(401, yes), factsOf({ refreshable: false })).action).toBe('retry');
    expect(decide(status(401, no), factsOf({ refreshable: false })).because).toBe('noCredentials');
  });

  it('that is invalid, or is on a success, is ignored', () => {
    expect(decide(status(404, { 'x-should-retry': 'maybe' }), factsOf()).because).toBe('policy');
    expect(decide(status(200, no), factsOf()).action).toBe('accept');
  });
});

describe('shouldRetry', () => {
  const yes = { shouldRetry: true } as const;

  it('of false forbids a retry, and nothing else', () => {
    expect(decide(status(503), factsOf({ shouldRetry: false })).reason).toBe('503 → fail: shouldRetry returned false');
    expect(decide(status(401), factsOf({ shouldRetry: false })).action).toBe('refreshCredentials');
  });

  it('of true orders one where no policy would', () => {
    expect(decide(status(404), factsOf(yes))).toMatchObject({
      action: 'retry',
      rule: 'retry',
      reason: '404 → retry 1 of 2 in 250 ms (backoff)',
    });
    expect(decide(failure('UNKNOWN'), factsOf(yes)).action).toBe('retry');
    expect(decide(status(401), factsOf({ ...yes, refreshable: false })).action).toBe('retry');
  });

  it('of true obeys the other fields of the retry option', () => {
    const levels = levelsOf({ retry: { limit: 5, methods: ['post'], delay: () => 70 } });
    expect(decide(status(404), postFacts(yes), levels).reason).toBe('404 → retry 1 of 5 in 70 ms (backoff)');
    expect(decide(status(404), factsOf(yes), levels).because).toBe('notReplayable');
  });

  it.each<[string, Outcome, Partial<Facts>, string]>([
    ['the limit', status(404), { attempt: 3 }, 'limitReached'],
    ['what may have been done', status(500), { method: 'POST', replayable: false }, 'notReplayable'],
    ['a body that is spent', status(404), { oneShotBody: true }, 'notReplayable'],
    ['the deadline', status(404), { remainingMs: 10 }, 'deadline'],
    ['the budget', status(404), { tokensLeft: 0 }, 'budgetExhausted'],
    ['the caller that aborted', failure('ABORTED'), {}, 'cancelled'],
    ['a call that was never sent', failure('CIRCUIT_OPEN'), {}, 'policy'],
  ])('of true does not overrule %s', (_what, outcome, over, because) => {
    expect(decide(outcome, factsOf({ ...yes, ...over }))).toMatchObject({ action: 'fail', because });
  });
});

describe('a retry that a hook asks for', () => {
  it.each<[Outcome, Partial<Facts>, string]>([
    [status(200), {}, '200 → retry 1 of 2 in 250 ms (asked for by a hook)'],
    [status(200), { attempt: 2 }, '200 → retry 2 of 2 in 500 ms (asked for by a hook)'],
    [status(422), { method: 'POST', replayable: false }, '422 → retry 1 of 2 in 250 ms (asked for by a hook)'],
    [status(503), { tokensLeft: 0 }, '503 → retry 1 of 2 in 250 ms (asked for by a hook)'],
    [status(429, soon), { forced: { delayMs: 5 } }, '429 → retry 1 of 2 in 5 ms (asked for by a hook)'],
    [status(429, soon), { forced: { delayMs: Number.NaN } }, '429 → retry 1 of 2 in 0 ms (asked for by a hook)'],
    [status(200), { forced: { delayMs: 1e12 } }, '200 → retry 1 of 2 in 2147483647 ms (asked for by a hook)'],
    [status(200), { attempt: 3 }, '200 → fail: all 2 retries are used up'],
    [status(200), { oneShotBody: true }, '200 → fail: its body is a stream that can be sent only once'],
    [status(200), { remainingMs: 100 }, '200 → fail: a wait of 250 ms is more than the 100 ms left'],
  ])('after %j', (outcome, over, reason) => {
    const decision = decide(outcome, factsOf({ forced: {}, ...over }));
    expect(decision).toMatchObject({ reason, rule: 'hooks' });
  });

  it('has the limit and the waits of the policy for that outcome, or else those of the retry option', () => {
    const levels = levelsOf({
      policies: { 503: retry({ limit: 7, backoff: constantBackoff({ delayMs: 1 }) }) },
      retry: { limit: 4, delay: () => 9 },
    });
    expect(decide(status(503), factsOf({ forced: {} }), levels).reason).toBe(
      '503 → retry 1 of 7 in 1 ms (asked for by a hook)',
    );
    expect(decide(status(200), factsOf({ forced: {} }), levels).reason).toBe(
      '200 → retry 1 of 4 in 9 ms (asked for by a hook)',
    );
  });

  it('is no longer wanted when the caller has left', () => {
    expect(decide(failure('ABORTED'), factsOf({ forced: {} })).because).toBe('cancelled');
  });
});

describe('a client inside this one', () => {
  it('that has given up is not asked again', () => {
    expect(decide(status(503), factsOf({ retriedBelow: true }))).toMatchObject({
      because: 'limitReached',
      reason: '503 → fail: a client inside this one has retried it already',
    });
  });

  it('that has no credentials leaves the refresh to this one', () => {
    expect(decide(status(401), factsOf({ retriedBelow: true })).action).toBe('refreshCredentials');
  });
});

describe('a fallback', () => {
  const fallback = { orders: [] };

  it('replaces the failure, which is still reported', () => {
    const levels = levelsOf({ policies: { 503: retry({ fallback }), 404: failFast({ fallback }) } });
    const judgement = judge(status(503), factsOf({ attempt: 3 }), levels);
    expect(judgement).toMatchObject({
      fallback,
      decision: {
        action: 'fallback',
        because: 'limitReached',
        reason: '503 → fail: all 2 retries are used up; use the fallback',
      },
    });
    expect(judge(status(404), factsOf(), levels).decision.reason).toBe('404 → fail fast; use the fallback');
  });

  it('waits until the retries are over', () => {
    const levels = levelsOf({ policies: { 503: retry({ fallback }) } });
    expect(judge(status(503), factsOf(), levels).decision.action).toBe('retry');
  });

  it('is not one where it is undefined', () => {
    const levels = levelsOf({
      policies: { 404: failFast({ fallback: undefined }), 503: retry({ limit: 0, fallback: undefined }) },
    });
    expect(decide(status(404), factsOf(), levels).action).toBe('fail');
    expect(decide(status(503), factsOf(), levels).action).toBe('fail');
  });
});

describe('purity', () => {
  it('means that the same question gets the same answer', () => {
    const facts = Object.freeze(factsOf({ random: 0.3 }));
    const outcome = Object.freeze(status(429, soon));
    expect(decide(outcome, facts)).toEqual(decide(outcome, facts));
  });

  it('means that an answer can’t be changed by its holder', () => {
    const levels = levelsOf({ policies: { 404: failFast({ fallback: 1 }) } });
    for (const outcome of [status(200), status(404), status(503), status(401)]) {
      expect(Object.isFrozen(decide(outcome, factsOf(), levels))).toBe(true);
    }
  });

  it('means that random numbers come with the facts, and are drawn only for a retry', () => {
    let drawn = 0;
    const random = (): number => {
      drawn++;
      return 0.5;
    };
    for (const outcome of [status(200), status(404), status(401)]) decide(outcome, factsOf({ random }));
    decide(status(503), factsOf({ random, attempt: 3 }));
    expect(drawn).toBe(0);
    expect(decide(status(503), factsOf({ random })).delayMs).toBe(125);
    expect(drawn).toBe(1);
  });

  it('is kept with a random function and a backoff that return nonsense', () => {
    for (const random of [Number.NaN, -1, 2, Number.POSITIVE_INFINITY]) {
      expect(decide(status(503), factsOf({ random })).delayMs).toBe(0);
      expect(decide(status(429, soon), factsOf({ random })).delayMs).toBe(2000);
    }
    for (const nonsense of [Number.NaN, -1, Number.NEGATIVE_INFINITY]) {
      const backoff = { ...exponentialBackoff(), delayMs: () => nonsense };
      expect(decide(status(503), factsOf(), levelsOf({ policies: { 503: retry({ backoff }) } })).delayMs).toBe(0);
    }
  });
});

describe('a date that the server names', () => {
  it('is ignored where the time is not known', () => {
    const decision = decide(status(503, { 'retry-after': 'Sun, 06 Nov 2094 08:49:37 GMT' }), factsOf());
    expect(decision).toMatchObject({ action: 'retry', because: 'policy' });
    expect(decision.retryAfterMs).toBeUndefined();
  });

  it("is read against the answer's own date", () => {
    const headers = { 'retry-after': 'Sun, 06 Nov 2094 08:49:39 GMT', date: 'Sun, 06 Nov 2094 08:49:37 GMT' };
    expect(decide(status(503, headers), factsOf()).retryAfterMs).toBe(2000);
  });
});
