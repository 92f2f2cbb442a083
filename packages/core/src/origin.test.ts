import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { originOf } from './origin.ts';

describe('originOf', () => {
  it.each([
    ['https://api.example.com/orders?x=1#top', 'https://api.example.com'],
    ['http://localhost:8080/', 'http://localhost:8080'],
    ['https://[::1]:3000/x', 'https://[::1]:3000'],
    ['https://api.example.com', 'https://api.example.com'],
    ['https://api.example.com?x', 'https://api.example.com'],
    ['https://api.example.com#x', 'https://api.example.com'],
    ['', ''],
  ])('of %s is %s', (url, origin) => {
    expect(originOf(url)).toBe(origin);
  });

  it('is what a URL object says of any normalized URL', () => {
    fc.assert(
      fc.property(fc.webUrl({ withFragments: true, withQueryParameters: true }), (text) => {
        const url = new URL(text);
        expect(originOf(url.href)).toBe(url.origin);
      }),
      { seed: 2026, numRuns: 300 },
    );
  });
});
