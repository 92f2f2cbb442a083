import { expect, test } from 'vitest';
import { epoch, type HeaderLines, iso, nowMs, read } from './read.ts';

/** The quota headers of real APIs, with their names, forms and units, read with the general rules alone. */

type Quota = Readonly<{ bucket?: string; limit?: number; remaining?: number; inMs?: number; counts?: string }>;

function quotasOf(status: number, headers: HeaderLines): readonly Quota[] {
  return read(status, headers).quotas.map(({ resetAt, ...quota }) => ({
    ...quota,
    ...(resetAt !== undefined && { inMs: resetAt - nowMs }),
  }));
}

const three = (prefix: string, limit: string, remaining: string, reset: string): HeaderLines => ({
  [`${prefix}limit`]: limit,
  [`${prefix}remaining`]: remaining,
  [`${prefix}reset`]: reset,
});
const whole = { limit: 100, remaining: 0, inMs: 7000 };
const dateText = new Date(nowMs + 7000);

test.each<[api: string, headers: HeaderLines, quotas: readonly Quota[]]>([
  [
    'GitHub',
    { ...three('x-ratelimit-', '100', '0', epoch(7)), 'x-ratelimit-used': '100', 'x-ratelimit-resource': 'search' },
    [{ ...whole, bucket: 'search' }],
  ],
  [
    'Reddit',
    { 'x-ratelimit-remaining': '0.0', 'x-ratelimit-used': '600', 'x-ratelimit-reset': '7' },
    [{ remaining: 0, inMs: 7000 }],
  ],
  [
    'Datadog',
    { ...three('x-ratelimit-', '100', '0', '7'), 'x-ratelimit-period': '60', 'x-ratelimit-name': 'query' },
    [{ ...whole, bucket: 'query' }],
  ],
  ['OpenRouter', three('x-ratelimit-', '100', '0', String(nowMs + 7000)), [whole]],
  ['Vimeo', three('x-ratelimit-', '100', '0', '2026-11-29T13:00:07+01:00'), [whole]],
  [
    'Jira',
    {
      ...three('x-ratelimit-', '100', '0', '2026-11-29T12:15Z'),
      'x-ratelimit-nearlimit': 'true',
      'ratelimit-reason': 'jira-burst-based',
    },
    [{ ...whole, inMs: 900_000 }],
  ],
  ['lemlist', three('x-ratelimit-', '100', '0', String(dateText)), [whole]],
  ['an HTTP date', three('x-ratelimit-', '100', '0', dateText.toUTCString()), [whole]],
  [
    'Brave Search',
    { ...three('x-ratelimit-', '1, 15000', '0, 1000', '1, 7'), 'x-ratelimit-policy': '1;w=1, 15000;w=2592000' },
    [
      { limit: 1, remaining: 0, inMs: 1000 },
      { limit: 15_000, remaining: 1000, inMs: 7000 },
    ],
  ],
  ['Envoy', three('x-ratelimit-', '100, 100;w=1, 500;w=60', '0', '7'), [whole]],
  [
    'Discord',
    {
      ...three('x-ratelimit-', '100', '0', `${epoch(7)}.5`),
      'x-ratelimit-reset-after': '7',
      'x-ratelimit-bucket': 'abc',
      'x-ratelimit-scope': 'user',
    },
    [{ ...whole, bucket: 'abc' }],
  ],
  [
    'OpenAI',
    {
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-remaining-requests': '59',
      'x-ratelimit-reset-requests': '1s',
      'x-ratelimit-limit-tokens': '150000',
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-reset-tokens': '6m0s',
    },
    [
      { limit: 60, remaining: 59, inMs: 1000, counts: 'requests' },
      { limit: 150_000, remaining: 0, inMs: 360_000, counts: 'tokens' },
    ],
  ],
  [
    'Mistral',
    { 'x-ratelimit-limit-req-minute': '100', 'x-ratelimit-remaining-req-minute': '0' },
    [{ limit: 100, remaining: 0 }],
  ],
  [
    'Azure OpenAI',
    { 'x-ratelimit-remaining-requests': '9', 'x-ratelimit-remaining-tokens': '0' },
    [
      { remaining: 9, counts: 'requests' },
      { remaining: 0, counts: 'tokens' },
    ],
  ],
  [
    'Anthropic',
    {
      'anthropic-ratelimit-requests-limit': '50',
      'anthropic-ratelimit-requests-remaining': '49',
      'anthropic-ratelimit-requests-reset': iso(1),
      'anthropic-ratelimit-input-tokens-limit': '30000',
      'anthropic-ratelimit-input-tokens-remaining': '0',
      'anthropic-ratelimit-input-tokens-reset': iso(7),
    },
    [
      { limit: 30_000, remaining: 0, inMs: 7000, counts: 'tokens', bucket: 'input-tokens' },
      { limit: 50, remaining: 49, inMs: 1000, counts: 'requests' },
    ],
  ],
  ['Linear', three('x-ratelimit-complexity-', '100', '0', String(nowMs + 7000)), [{ ...whole, counts: 'cost' }]],
  [
    'Linear, endpoint',
    three('x-ratelimit-endpoint-requests-', '100', '0', String(nowMs + 7000)),
    [{ ...whole, bucket: 'endpoint-requests' }],
  ],
  ['RapidAPI', three('x-ratelimit-requests-', '100', '0', '7'), [whole]],
  ['X, Okta', three('x-rate-limit-', '100', '0', epoch(7)), [whole]],
  ['Zendesk', { 'x-rate-limit': '100', 'x-rate-limit-remaining': '0', 'ratelimit-reset': '7' }, [whole]],
  [
    'Mapbox',
    { 'x-rate-limit-interval': '60', 'x-rate-limit-limit': '100', 'x-rate-limit-reset': epoch(7) },
    [{ limit: 100, inMs: 7000 }],
  ],
  ['PagerDuty', three('ratelimit-', '100', '0', '7'), [whole]],
  [
    'GitLab',
    {
      ...three('ratelimit-', '100', '0', epoch(7)),
      'ratelimit-observed': '100',
      'ratelimit-name': 'throttle',
      'ratelimit-resettime': dateText.toUTCString(),
    },
    [{ ...whole, bucket: 'throttle' }],
  ],
  [
    'Docker Hub',
    { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '0;w=21600', 'docker-ratelimit-source': '192.0.2.1' },
    [{ limit: 100, remaining: 0 }],
  ],
  ['Yelp', { 'ratelimit-dailylimit': '100', 'ratelimit-remaining': '0', 'ratelimit-resettime': iso(7) }, [whole]],
  [
    'Cloudflare',
    { ratelimit: '"default";r=0;t=7;pk=:QQ==:', 'ratelimit-policy': '"default";q=100;w=60' },
    [{ ...whole, bucket: 'default;pk=41' }],
  ],
  [
    'Hugging Face',
    { ratelimit: '"api";r=0;t=7', 'ratelimit-policy': '"fixed window";"api";q=500;w=300' },
    [{ remaining: 0, inMs: 7000, limit: 500, bucket: 'api' }],
  ],
  ['Honeycomb', { ratelimit: 'limit=100, remaining=0, reset=7', 'ratelimit-policy': '100;w=60' }, [whole]],
  [
    'Composio',
    { 'x-ratelimit': '100', 'x-ratelimit-remaining': '0', 'x-ratelimit-window-size': '600s' },
    [{ limit: 100, remaining: 0 }],
  ],
  ['Shopify REST', { 'x-shopify-shop-api-call-limit': '32/40' }, [{ limit: 40, remaining: 8 }]],
  ['Salesforce', { 'sforce-limit-info': 'api-usage=18/5000' }, [{ limit: 5000, remaining: 4982 }]],
  [
    'HubSpot',
    {
      'x-hubspot-ratelimit-max': '100',
      'x-hubspot-ratelimit-remaining': '0',
      'x-hubspot-ratelimit-interval-milliseconds': '10000',
      'x-hubspot-ratelimit-daily': '250000',
      'x-hubspot-ratelimit-daily-remaining': '240000',
    },
    [
      { limit: 100, remaining: 0 },
      { bucket: 'daily', limit: 250_000, remaining: 240_000 },
    ],
  ],
  [
    'Azure Resource Manager',
    { 'x-ms-ratelimit-remaining-subscription-reads': '0' },
    [{ remaining: 0, bucket: 'subscription-reads' }],
  ],
  [
    'Contentful',
    {
      'x-contentful-ratelimit-reset': '7',
      'x-contentful-ratelimit-second-limit': '100',
      'x-contentful-ratelimit-second-remaining': '0',
    },
    [whole],
  ],
  [
    'Sentry',
    {
      ...three('x-sentry-rate-limit-', '100', '0', epoch(7)),
      'x-sentry-rate-limit-concurrentlimit': '25',
      'x-sentry-rate-limit-concurrentremaining': '24',
    },
    [whole, { limit: 25, remaining: 24 }],
  ],
  [
    'Xero',
    { 'x-minlimit-remaining': '0', 'x-daylimit-remaining': '4000' },
    [
      { remaining: 0, bucket: 'min' },
      { remaining: 4000, bucket: 'day' },
    ],
  ],
])('the quotas of %s are read', (_api, headers, quotas) => {
  const found = quotasOf(429, headers);
  expect(found).toHaveLength(quotas.length);
  for (const quota of quotas) expect(found).toContainEqual(expect.objectContaining(quota));
});

test.each<[about: string, headers: HeaderLines]>([
  ['a page size', { 'x-page-limit': '20' }],
  ['a version', { 'x-ratelimit-version': '2' }],
  ['the weight that was used', { 'x-mbx-used-weight-1m': '6001' }],
  ['percentages', { 'x-app-usage': '{"call_count":100,"total_time":25}' }],
  ['the longest upload', { 'x-upload-limit': '1048576' }],
  ['an unlimited plan', three('x-ratelimit-', '0', '0', '7')],
  ['an unlimited plan in words', three('x-ratelimit-', 'unlimited', '0', '7')],
  ['an unlimited plan in another number', three('x-ratelimit-', '-1', '-1', '0')],
  ['a policy alone', { 'ratelimit-policy': '"burst";q=100;w=60' }],
  ['empty values', three('x-ratelimit-', '', '', '')],
  ['words', three('x-ratelimit-', 'many', 'some', 'soon')],
])('%s is no quota', (_about, headers) => {
  expect(quotasOf(200, headers)).toEqual([]);
});
