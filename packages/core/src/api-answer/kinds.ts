import type { Kind } from './api-answer.ts';

/** Every kind of failure, and the status as which a failure with another status counts. */
const statusOfKind: Readonly<Record<Kind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  notFound: 404,
  conflict: 409,
  rateLimited: 429,
  quotaSpent: 429,
  overloaded: 503,
  failed: 500,
};

export const kinds: readonly Kind[] = Object.keys(statusOfKind) as Kind[];

/** The status as which a failure with another status counts. */
export function statusOf(kind: Kind): number {
  return statusOfKind[kind];
}
