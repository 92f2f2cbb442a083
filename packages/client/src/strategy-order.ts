import {
  attemptTimeout,
  type CredentialsKeeper,
  credentialsRing,
  deadline,
  type ErrorLinks,
  fallback,
  type RetryBudget,
  retryRing,
  type Strategy,
} from '@holdfast/core';

/** What the rings share, made once for a client and what `extend()` makes of it. */
export interface StrategyParts {
  readonly links: ErrorLinks;
  readonly budget: RetryBudget | undefined;
  readonly credentials: CredentialsKeeper | undefined;
  readonly authOrigins: readonly string[];
  readonly perCall: readonly Strategy[];
  readonly perAttempt: readonly Strategy[];
}

/**
 * One request, one list: whoever has read it has read the architecture. Outermost first.
 *
 * The circuit's gate belongs between `perCall` and the attempt's own rings, the limiter after it, the circuit itself
 * before the credentials; the cache outside the deadline. Each comes with its package.
 */
export function strategyOrder({
  links,
  budget,
  credentials,
  authOrigins,
  perCall,
  perAttempt,
}: StrategyParts): Strategy[] {
  return [
    fallback(links),
    // cache
    deadline(),
    ...perCall,
    retryRing({ budget, credentials }),
    // circuitGate
    // rateLimiter
    // circuit
    ...(credentials ? [credentialsRing(credentials, authOrigins)] : []),
    ...perAttempt,
    attemptTimeout(),
  ];
}
