import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answeredUrl, isFromElsewhere, originOf } from './origin.ts';

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

describe('an answer', () => {
  const asked = { url: 'https://api.example.com/a' };
  const answer = (url: string, redirected: boolean): Response =>
    Object.defineProperties(new Response(), { url: { value: url }, redirected: { value: redirected } });

  it.each<[about: string, response: Response, url: string, elsewhere: boolean]>([
    ['without a redirect comes from where it was asked for', answer(asked.url, false), asked.url, false],
    ['that a test made has no URL', new Response(), asked.url, false],
    [
      'after a redirect within its origin comes from there',
      answer('https://api.example.com/b', true),
      'https://api.example.com/b',
      false,
    ],
    [
      'after a redirect to another origin comes from elsewhere',
      answer('https://evil.example/', true),
      'https://evil.example/',
      true,
    ],
    ['that says it was redirected, and not where, is taken for the origin’s own', answer('', true), asked.url, false],
  ])('%s', (_about, response, url, elsewhere) => {
    expect([answeredUrl(asked, response), isFromElsewhere(asked, response)]).toEqual([url, elsewhere]);
  });
});
