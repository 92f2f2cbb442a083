import type { Dialect } from '@holdfast/core';

/** The cost of a query, as Shopify's GraphQL API reports it. */
interface Cost {
  readonly requestedQueryCost?: number;
  readonly throttleStatus?: {
    readonly maximumAvailable?: number;
    readonly currentlyAvailable?: number;
    readonly restoreRate?: number;
  };
}

/** Shopify, REST and GraphQL: a bucket that leaks at a constant rate, and a throttle that is a 200. */
export function shopify(): Dialect {
  return {
    name: 'shopify',
    error: {
      code: ['errors[0].extensions.code'],
      message: ['errors[0].message'],
      helpUrl: ['errors[0].extensions.documentation'],
    },
    failure: { when: { path: 'errors[0]' } },
    verdicts: [
      { when: { code: 'THROTTLED' }, kind: 'rateLimited', retry: true, applied: 'no' },
      { when: { code: 'ACCESS_DENIED' }, kind: 'forbidden' },
      { when: { code: 'INTERNAL_SERVER_ERROR' }, kind: 'failed' },
    ],
    quotas: [
      {
        limit: 'extensions.cost.throttleStatus.maximumAvailable',
        remaining: 'extensions.cost.throttleStatus.currentlyAvailable',
        counts: 'cost',
      },
    ],
    read({ data }) {
      const cost = (data as { readonly extensions?: { readonly cost?: Cost } } | undefined)?.extensions?.cost;
      const waitMs = cost && waitForCost(cost);
      return waitMs === undefined ? undefined : { waitMs, waitSource: 'the cost of the query' };
    },
  };
}

/** How long the bucket needs until it holds the cost of the query. */
function waitForCost({ requestedQueryCost, throttleStatus }: Cost): number | undefined {
  const { currentlyAvailable, restoreRate } = throttleStatus ?? {};
  if (requestedQueryCost === undefined || currentlyAvailable === undefined || !restoreRate) return undefined;
  const missing = requestedQueryCost - currentlyAvailable;
  return missing <= 0 ? undefined : Math.ceil((missing / restoreRate) * 1000);
}
