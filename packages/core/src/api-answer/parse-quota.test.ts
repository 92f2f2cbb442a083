import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyHeaders } from '../server-timing/any-headers.test-support.ts';
import { readQuotaPolicies } from '../server-timing/rate-limit-fields.ts';
import { rateLimitLines, rateLimitPolicyLines } from '../server-timing/rate-limit-fields.vectors.ts';
import { parseQuota } from './header-timing.ts';

const now = Date.UTC(2026, 6, 1, 12);
const quota = (given: Readonly<Record<string, string>>) => parseQuota(new Headers(given), now);

describe('parseQuota', () => {
  it('finds no quota if the server names none', () => {
    expect(quota({})).toBeUndefined();
    expect(quota({ 'Retry-After': '5' })).toBeUndefined();
    expect(quota({ 'RateLimit-Policy': '"burst";q=100;w=60' })).toBeUndefined();
  });

  it.each(rateLimitLines)('follows the draft on RateLimit: %s', (text, items) => {
    const [, { q, r, t }] = items[0] ?? ['', {}];
    const expected = {
      ...(q !== undefined && { limit: q }),
      ...(r !== undefined && { remaining: r }),
      ...(t !== undefined && { resetAt: now + Number(t) * 1000 }),
    };
    expect(quota({ RateLimit: text })).toEqual(r === undefined ? undefined : expected);
  });

  it.each(rateLimitPolicyLines)('follows the draft on RateLimit-Policy: %s', (text, items) => {
    expect([...readQuotaPolicies(new Headers({ 'RateLimit-Policy': text }))]).toEqual(
      items.map(([name, { q, qu }]) => [name, { limit: q, unit: qu ?? 'requests' }]),
    );
  });

  it('reports the policy with the least remaining', () => {
    const policies = '"hour";q=1000;w=3600, "day";q=5000;w=86400';
    expect(quota({ RateLimit: '"hour";r=900;t=60, "day";r=100;t=36000', 'RateLimit-Policy': policies })).toEqual({
      limit: 5000,
      remaining: 100,
      resetAt: now + 36_000_000,
    });
    expect(quota({ RateLimit: '"hour";r=0;t=60, "day";r=0;t=36000', 'RateLimit-Policy': policies })).toEqual({
      limit: 5000,
      remaining: 0,
      resetAt: now + 36_000_000,
    });
  });

  it('compares no bytes with requests', () => {
    const policies = '"bytes";q=65535;qu="content-bytes", "calls";q=100;qu="requests"';
    const limits = '"bytes";r=1;t=10, "calls";r=50;t=20';
    expect(quota({ RateLimit: limits, 'RateLimit-Policy': policies })).toEqual({
      limit: 100,
      remaining: 50,
      resetAt: now + 20_000,
    });
    expect(quota({ RateLimit: '"bytes";r=1;t=10', 'RateLimit-Policy': policies })).toBeUndefined();
  });

  it('leaves out what is malformed', () => {
    expect(quota({ RateLimit: '"a";r=5;t=-1', 'RateLimit-Policy': '"a";q="many"' })).toEqual({ remaining: 5 });
    expect(quota({ RateLimit: '"a";r=5', 'RateLimit-Policy': '"a' })).toEqual({ remaining: 5 });
    expect(quota({ RateLimit: '"a', 'X-RateLimit-Remaining': '7' })).toEqual({ remaining: 7 });
    expect(quota({ 'X-RateLimit-Remaining': '-3', 'X-RateLimit-Limit': '100' })).toEqual({ limit: 100, remaining: 0 });
    expect(quota({ 'X-RateLimit-Remaining': '-1', 'X-RateLimit-Reset': '9' })).toEqual({ resetAt: now + 9000 });
  });

  it.each<[about: string, given: Record<string, string>, expected: unknown]>([
    ['draft 7', { RateLimit: 'limit=100, remaining=42, reset=5', 'RateLimit-Policy': '100;w=60' }, [100, 42, 5000]],
    ['draft 6', { 'RateLimit-Limit': '100', 'RateLimit-Remaining': '42', 'RateLimit-Reset': '5' }, [100, 42, 5000]],
    [
      'draft 3, with its policies',
      { 'RateLimit-Limit': '10, 10;w=1, 1000;w=3600', 'RateLimit-Remaining': '9', 'RateLimit-Reset': '1' },
      [10, 9, 1000],
    ],
    [
      'GitHub',
      {
        'X-RateLimit-Limit': '5000',
        'X-RateLimit-Remaining': '4999',
        'X-RateLimit-Reset': `${now / 1000 + 3600}`,
        'X-RateLimit-Used': '1',
      },
      [5000, 4999, 3_600_000],
    ],
    [
      'Discord',
      {
        'X-RateLimit-Limit': '5',
        'X-RateLimit-Remaining': '4',
        'X-RateLimit-Reset': '1470173023.123',
        'X-RateLimit-Reset-After': '64.57',
      },
      [5, 4, 64_570],
    ],
    [
      'Twitter',
      {
        'x-rate-limit-limit': '900',
        'x-rate-limit-remaining': '899',
        'x-rate-limit-reset': `${now / 1000 + 900}`,
      },
      [900, 899, 900_000],
    ],
  ])('reads the headers of %s', (_about, given, expected) => {
    const [limit, remaining, wait] = expected as number[];
    expect(quota(given)).toEqual({ limit, remaining, resetAt: now + (wait ?? 0) });
  });

  it("gives the reset by our clock, even if the server's is an hour behind", () => {
    const given = { Date: 'Wed, 01 Jul 2026 11:00:00 GMT', 'X-RateLimit-Reset': `${now / 1000 - 3600 + 60}` };
    expect(quota(given)).toEqual({ resetAt: now + 60_000 });
  });

  it('puts together what a server sends under names of two families', () => {
    const given = { 'X-Rate-Limit': '700', 'X-Rate-Limit-Remaining': '3', 'RateLimit-Reset': '9' };
    expect(quota(given)).toEqual({ limit: 700, remaining: 3, resetAt: now + 9000 });
  });

  it.each(['0', '-1', 'unlimited'])('leaves out a limit of %s, which means that there is none', (limit) => {
    const headers = { 'X-RateLimit-Limit': limit, 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': '9' };
    expect(quota(headers)).toBeUndefined();
  });

  it('reports used-up bytes, which block every request', () => {
    const given = { RateLimit: '"bytes";r=0;t=10', 'RateLimit-Policy': '"bytes";q=65535;qu="content-bytes"' };
    expect(quota(given)).toEqual({ limit: 65_535, remaining: 0, resetAt: now + 10_000 });
  });

  it('keeps absurd numbers finite', () => {
    const endless = '9'.repeat(400);
    expect(quota({ 'X-RateLimit-Limit': endless, 'X-RateLimit-Remaining': endless })).toEqual({
      limit: Number.MAX_SAFE_INTEGER,
      remaining: Number.MAX_SAFE_INTEGER,
    });
  });

  it('never throws, and gives finite numbers of 0 or more', () => {
    fc.assert(
      fc.property(anyHeaders, fc.nat(), (headers, wallNowMs) => {
        for (const value of Object.values(parseQuota(headers, wallNowMs) ?? {})) {
          expect(Number.isFinite(value) && value >= 0).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
