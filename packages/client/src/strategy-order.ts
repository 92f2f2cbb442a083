import type { CircuitBreaker } from '@holdfast/circuit-breaker';
import type { Strategy } from '@holdfast/core';
import {
  type CredentialsKeeper,
  type ErrorLinks,
  isResponse,
  OptionError,
  type RetryBudget,
} from '@holdfast/core/internal';
import type { Features } from './feature/feature.ts';

/** The parts that the rings share: made once for a client and for the clients that `extend()` makes from it. */
export interface StrategyParts {
  readonly links: ErrorLinks;
  readonly budget: RetryBudget | undefined;
  readonly credentials: CredentialsKeeper | undefined;
  readonly breaker: CircuitBreaker | undefined;
  readonly limiter: Strategy | undefined;
  /** They see how each attempt ends, including rejections by an open circuit, and delay none. */
  readonly watchers: readonly Strategy[];
  readonly cache: Strategy | undefined;
  readonly authOrigins: readonly string[];
  readonly coalesce: Strategy | undefined;
  readonly perCall: readonly Strategy[];
  readonly perAttempt: readonly Strategy[];
}

/**
 * The list, in three parts. Between them, a call may hold an answer back: to continue its body, or until its first
 * event.
 */
export interface StrategyOrder {
  readonly outside: readonly Strategy[];
  readonly around: readonly Strategy[];
  readonly inside: readonly Strategy[];
}

/**
 * One request, one list: it shows the whole architecture. Outermost first.
 */
export function strategyOrder(features: Features, parts: StrategyParts): StrategyOrder {
  const { links, budget, credentials: keeper, authOrigins, breaker, limiter, cache, perCall, perAttempt } = parts;
  const { fallbacks, deadlines, retries, credentials } = features;
  const outside: Strategy[] = [];
  if (fallbacks) outside.push(fallbacks.fallback(links));
  if (cache) outside.push(cache);
  if (deadlines) outside.push(deadlines.deadline());
  outside.push(...perCall);
  if (parts.coalesce) outside.push(parts.coalesce);
  if (retries) outside.push(retries.retryRing({ budget, credentials: keeper, authOrigins }));
  outside.push(...parts.watchers);
  if (breaker) outside.push(breaker.gate);
  if (keeper && limiter && credentials) outside.push(credentials.credentialsReady(keeper, authOrigins));
  if (limiter) outside.push(limiter);
  // At this place a body that breaks is continued: the permit is still held for it, and the circuit counts each
  // attempt.
  const around = breaker ? [breaker.strategy] : [];
  // At this place a stream's attempt waits for its first event: for the outer rings the attempt lasts until then.
  const inside: Strategy[] = [];
  if (keeper && credentials) inside.push(credentials.credentialsRing(keeper, authOrigins));
  inside.push(...perAttempt);
  if (keeper && credentials && perAttempt.length > 0) inside.push(credentials.credentialsFence(keeper, authOrigins));
  if (deadlines) inside.push(deadlines.attemptTimeout());
  return { outside, around, inside };
}

/** The user's own strategies, which may forget to return a Response; the error names the strategy. */
export function answering(strategies: readonly Strategy[], where: string): Strategy[] {
  return strategies.map((strategy, index) => ({
    name: strategy.name,
    ...(strategy.addsIdentity !== undefined && { addsIdentity: strategy.addsIdentity }),
    async execute(request, next, context) {
      const response = await strategy.execute(request, next, context);
      if (isResponse(response)) return response;
      throw new OptionError(`${where}[${index}] (${strategy.name})`, response, 'must return a Response');
    },
  }));
}
