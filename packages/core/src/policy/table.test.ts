import { describe, expect, it } from 'vitest';
import { factsOf, levelsOf, status } from './cases.vectors.ts';
import { findPolicy, orderedRetry } from './find-policy.ts';
import { accept, failFast, retry } from './policies.ts';
import { resolvePolicyLevel } from './table.ts';

const resolve = (options: object): unknown => resolvePolicyLevel(options, 'createResilientClient');

describe('a level', () => {
  it('is not one where nothing was said of policies', () => {
    expect(resolve({})).toBeUndefined();
    expect(resolve({ policies: undefined, rules: undefined, maxRetryAfter: undefined })).toBeUndefined();
  });

  it.each([
    [{ policies: { 404: accept() } }, false],
    [{ policies: { default: accept(), network: retry() } }, false],
    [{ policies: { 202: retry() } }, true],
    [{ policies: { '3xx': failFast() } }, true],
    [{ rules: [{ when: { status: 503 }, policy: accept() }] }, false],
    [{ rules: [{ when: { method: 'GET' }, policy: accept() }] }, false],
    [{ rules: [{ when: { status: ['2xx', 500] }, policy: accept() }] }, true],
    [{ rules: [{ when: () => false, policy: accept() }] }, true],
  ])('%j judges successes: %s', (options, expected) => {
    expect(resolve(options)).toMatchObject({ judgesSuccess: expected });
  });

  it('takes every key there is, and leaves out what is undefined', () => {
    const policies = {
      100: retry(),
      599: retry(),
      '1xx': retry(),
      '5xx': retry(),
      network: retry(),
      timeout: retry(),
      default: retry(),
      404: undefined,
    };
    expect((resolve({ policies }) as { table: Map<string, unknown> }).table.size).toBe(7);
  });

  it.each<[object, typeof TypeError | typeof RangeError, string]>([
    [
      { policies: { 99: retry() } },
      TypeError,
      "createResilientClient: policies[99]: \"99\" is not a status; use one from 100 to 599, a class such as '5xx', 'network', 'timeout' or 'default'",
    ],
    [{ policies: { 600: retry() } }, TypeError, 'policies[600]: "600" is not a status'],
    [{ policies: { '6xx': retry() } }, TypeError, 'policies[\'6xx\']: "6xx" is not a status'],
    [{ policies: { '5XX': retry() } }, TypeError, 'policies[\'5XX\']: "5XX" is not a status'],
    [{ policies: { netwrok: retry() } }, TypeError, 'policies.netwrok: "netwrok" is not a status'],
    [{ policies: { toString: retry() } }, TypeError, 'is not a status'],
    [{ policies: { 429: 5 } }, TypeError, 'createResilientClient: policies[429] must be a policy such as retry()'],
    [{ policies: { '5xx': null } }, TypeError, "createResilientClient: policies['5xx'] must be a policy"],
    [
      { policies: { 429: { kind: 'retry', limit: -1 } } },
      RangeError,
      'createResilientClient: policies[429].limit must be an integer ≥ 0, got -1',
    ],
    [
      { policies: [] },
      TypeError,
      'createResilientClient: policies must be an object such as {429: retry({limit: 5})}, got an array of 0',
    ],
    [{ policies: null }, TypeError, 'createResilientClient: policies must be an object'],
    [{ rules: null }, TypeError, 'createResilientClient: rules must be a list of {name, when, policy}, got null'],
    [{ policies: retry() }, TypeError, 'policies.kind: "kind" is not a status'],
    [
      { maxRetryAfter: -1 },
      RangeError,
      'createResilientClient: maxRetryAfter must be a number ≥ 0 (milliseconds), got -1',
    ],
    [{ maxRetryAfter: Number.NaN }, RangeError, 'maxRetryAfter must be'],
    [{ maxRetryAfter: '60s' }, TypeError, 'maxRetryAfter must be a number ≥ 0 (milliseconds), got "60s"'],
    [
      { rules: {} },
      TypeError,
      'createResilientClient: rules must be a list of {name, when, policy}, got an object with no keys',
    ],
  ])('refuses %j', (options, kind, message) => {
    expect(() => resolve(options)).toThrow(kind);
    expect(() => resolve(options)).toThrow(message);
  });
});

describe('findPolicy', () => {
  it('fails fast where there are no levels at all', () => {
    expect(findPolicy([], status(503), factsOf())).toEqual({ policy: failFast(), rule: 'default' });
  });

  it('names what decided as it stands in the options', () => {
    const levels = levelsOf({ policies: { 429: retry(), '5xx': retry(), network: retry() } });
    const ruleOf = (code: number): string => findPolicy(levels, status(code), factsOf()).rule;
    expect([ruleOf(429), ruleOf(503), ruleOf(408), ruleOf(404)]).toEqual([
      'policies[429]',
      "policies['5xx']",
      'default',
      'default',
    ]);
  });
});

describe('orderedRetry', () => {
  it('is the default retry, changed by each level’s retry option, the nearest last', () => {
    const levels = levelsOf({ retry: { limit: 1 } }, levelsOf({ retry: { limit: 9, methods: ['patch'] } }));
    expect(orderedRetry(levels, 404)).toMatchObject({ limit: 1, methods: ['PATCH'] });
    expect(orderedRetry(levelsOf({}), 404)).toEqual(retry());
  });
});
