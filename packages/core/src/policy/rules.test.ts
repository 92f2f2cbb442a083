import { describe, expect, it } from 'vitest';
import type { Outcome } from '../kernel/outcome.ts';
import { factsOf, network, status, timedOut } from './cases.vectors.ts';
import { failFast } from './policies.ts';
import { type ResolvedRule, type Rule, resolveRules } from './rules.ts';

const policy = failFast();
const rule = (when: unknown): ResolvedRule => resolveRules([{ when, policy } as Rule], 'client')[0] as ResolvedRule;
const enveloped = (code: number, api: { code?: string; type?: string }): Outcome =>
  ({ ...status(code), api: { code: undefined, type: undefined, ...api } }) as unknown as Outcome;

describe('a condition', () => {
  it.each<[unknown, Outcome, Parameters<typeof factsOf>[0], boolean]>([
    [{}, status(404), {}, true],
    [{}, network(), {}, true],
    [{}, timedOut, {}, true],
    [{}, status(200), {}, false],
    [{ status: 503 }, status(503), {}, true],
    [{ status: 503 }, status(500), {}, false],
    [{ status: '503' }, status(503), {}, true],
    [{ status: '5xx' }, status(599), {}, true],
    [{ status: '5xx' }, status(499), {}, false],
    [{ status: [404, '5xx'] }, status(502), {}, true],
    [{ status: [404, '5xx'] }, status(404), {}, true],
    [{ status: [404, '5xx'] }, status(403), {}, false],
    [{ status: 503 }, network(), {}, false],
    [{ status: '2xx' }, status(202), {}, true],
    [{ status: [] }, status(503), {}, false],
    [{ method: 'post' }, status(503), { method: 'POST' }, true],
    [{ method: 'POST' }, status(503), { method: 'post' }, true],
    [{ method: ['PUT', 'POST'] }, status(503), { method: 'GET' }, false],
    [{ method: 'GET' }, network(), {}, true],
    [{ method: 'POST' }, network(), {}, false],
    [{ method: 'GET' }, status(200), {}, false],
    [{ errorCode: 'quota' }, enveloped(429, { code: 'quota' }), {}, true],
    [{ errorCode: 'quota' }, enveloped(429, { code: 'other' }), {}, false],
    [{ errorCode: ['a', 'quota'] }, enveloped(429, { code: 'quota' }), {}, true],
    [{ errorCode: 'quota' }, status(429), {}, false],
    [{ errorCode: 'quota' }, network(), {}, false],
    [{ errorType: 'validation_error' }, enveloped(400, { type: 'validation_error' }), {}, true],
    [{ errorType: 'validation_error', errorCode: 'x' }, enveloped(400, { type: 'validation_error' }), {}, false],
    [{ status: 503, method: 'GET', path: '/orders/*' }, status(503), {}, true],
    [{ status: 503, method: 'PUT', path: '/orders/*' }, status(503), {}, false],
    [{ status: 503, method: 'GET', path: '/users/*' }, status(503), {}, false],
  ])('%j of %j with %j: %s', (when, outcome, facts, expected) => {
    expect(rule(when).matches(outcome, factsOf(facts))).toBe(expected);
  });

  it.each<[string | RegExp, string, boolean]>([
    ['/orders', 'https://api.example.com/orders', true],
    ['/orders', 'https://api.example.com/orders/', true],
    ['/orders', 'https://api.example.com/orders?page=2', true],
    ['/orders', 'https://api.example.com/orders#top', true],
    ['/orders', 'https://api.example.com/orders/42', false],
    ['/orders', 'https://api.example.com/v1/orders', false],
    ['/orders/*', 'https://api.example.com/orders/42', true],
    ['/orders/*', 'https://api.example.com/orders/', false],
    ['/orders/*', 'https://api.example.com/orders/42/lines', false],
    ['/orders/**', 'https://api.example.com/orders/42/lines', true],
    ['/orders/:id/lines', 'https://api.example.com/orders/42/lines', true],
    ['/orders/:id/lines', 'https://api.example.com/orders/42/43/lines', false],
    ['**/lines', 'https://api.example.com/orders/42/lines', true],
    ['/', 'https://api.example.com', true],
    ['/', 'https://api.example.com?x=1', true],
    ['/a.b', 'https://api.example.com/axb', false],
    ['/a.b', 'https://api.example.com/a.b', true],
    ['/(a|b)+$', 'https://api.example.com/(a|b)+$', true],
    ['/orders/42', '/orders/42', true],
    ['/orders/42', '/orders/42?x', true],
    [/^\/ord/, 'https://api.example.com/orders', true],
    [/ORDERS/i, 'https://api.example.com/orders', true],
    [/example/, 'https://api.example.com/orders', false],
    ['/orders', 'https://api.example.com/x?next=/orders', false],
  ])('path %s of %s: %s', (path, url, expected) => {
    expect(rule({ path }).matches(status(503), factsOf({ url }))).toBe(expected);
  });

  it('with a sticky or global expression gives the same answer each time', () => {
    const { matches } = rule({ path: /orders/gy });
    const sticky = rule({ path: /\/orders/y });
    for (let time = 0; time < 3; time++) {
      expect(matches(status(503), factsOf())).toBe(true);
      expect(sticky.matches(status(503), factsOf())).toBe(true);
    }
  });

  it('takes little time for a hostile URL', () => {
    const url = `https://api.example.com/${'a/'.repeat(20_000)}`;
    expect(rule({ path: '/**/b/**/c' }).matches(status(503), factsOf({ url }))).toBe(false);
  });

  it('does not notice when the list it was given changes later', () => {
    const statuses = [503];
    const { matches } = rule({ status: statuses });
    statuses.push(404);
    expect(matches(status(404), factsOf())).toBe(false);
  });
});

describe('the body', () => {
  it.each<[unknown, number, string, boolean]>([
    [{ errorCode: 'x' }, 400, 'GET', true],
    [{ errorType: 'x' }, 400, 'GET', true],
    [{ errorCode: 'x' }, 200, 'GET', false],
    [{ errorCode: 'x', status: 400 }, 404, 'GET', false],
    [{ errorCode: 'x', method: 'POST' }, 400, 'GET', false],
    [{ errorCode: 'x', path: '/users' }, 400, 'GET', false],
    [{ status: 400 }, 400, 'GET', false],
    [{ kind: 'rateLimited' }, 400, 'GET', true],
    [{ kind: 'rateLimited', status: 403 }, 400, 'GET', false],
    [() => true, 400, 'GET', true],
    [() => true, 200, 'GET', false],
  ])('is read for %s after a %d to a %s: %s', (when, code, method, expected) => {
    expect(rule(when).looksAt(code, factsOf({ method }))).toBe(expected);
  });
});

describe('a rule by function', () => {
  it('gets the outcome and the facts', () => {
    const outcome = status(503);
    const facts = factsOf();
    expect(rule((...given: unknown[]) => given[0] === outcome && given[1] === facts).matches(outcome, facts)).toBe(
      true,
    );
  });
});

describe('rules that are invalid', () => {
  it.each<[unknown, string]>([
    ['x', 'client: rules must be a list of {name, when, policy}, got "x"'],
    [[null], 'client: rules[0] takes an object with name, when, policy, got null'],
    [
      Object.assign(new Array(2), [{ when: {}, policy }]),
      'client: rules[1] takes an object with name, when, policy, got undefined',
    ],
    [[{ when: {} }], 'client: rules[0].policy must be a policy'],
    [[{ when: {}, policy: 1 }], 'client: rules[0].policy must be a policy'],
    [
      [{ policy }],
      'client: rules[0].when takes an object with status, method, path, kind, errorCode, errorType, got undefined',
    ],
    [[{ when: 503, policy }], 'client: rules[0].when takes an object'],
    [[{ if: {}, policy }], 'client: rules[0]: unknown option "if"'],
    [[{ when: { stauts: 5 }, policy }], 'client: rules[0].when: unknown option "stauts"; did you mean "status"?'],
    [
      [{ when: { status: 99 }, policy }],
      "client: rules[0].when.status must be a status from 100 to 599 or a class such as '5xx', got 99",
    ],
    [[{ when: { status: [503, '5x'] }, policy }], 'client: rules[0].when.status must be'],
    [[{ when: { status: null }, policy }], 'client: rules[0].when.status must be'],
    [[{ when: { status: Symbol('s') }, policy }], 'client: rules[0].when.status must be'],
    [[{ when: { method: 5 }, policy }], 'client: rules[0].when.method must be a string or a list of strings, got 5'],
    [
      [{ when: { method: ['GET', null] }, policy }],
      'client: rules[0].when.method must be a string or a list of strings, got null',
    ],
    [[{ when: { errorCode: 5 }, policy }], 'client: rules[0].when.errorCode must be'],
    [[{ when: { errorType: {} }, policy }], 'client: rules[0].when.errorType must be'],
    [
      [{ when: { path: 5 }, policy }],
      "client: rules[0].when.path must be a pattern such as '/orders/*' or a RegExp, got 5",
    ],
    [[{ name: 5, when: {}, policy }], 'client: rules[0].name must be a string, got 5'],
  ])('are refused by name: %j', (rules, message) => {
    expect(() => resolveRules(rules as never, 'client')).toThrow(TypeError);
    expect(() => resolveRules(rules as never, 'client')).toThrow(message);
  });
});
