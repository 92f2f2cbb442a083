import type { Outcome } from '../kernel/outcome.ts';
import type { ServerTiming } from '../server-timing/wait.ts';
import type { Facts } from './facts.ts';
import { findPolicy, withoutFunctions } from './find-policy.ts';
import type { FallbackValue, FoundPolicy } from './policies.ts';
import type { PolicyLevel } from './table.ts';

/**
 * An open circuit has decided already: the call fails at once. Only a policy function that looks at outcomes can decide
 * otherwise, since `network: retry()` is about the server, and this attempt never reached it.
 *
 * @returns what a user's rule or `default` function says, if any does.
 */
export function policyForOpenCircuit(
  levels: readonly PolicyLevel[],
  outcome: Outcome,
  facts: Facts,
): FoundPolicy | undefined {
  if (outcome.kind !== 'error' || outcome.code !== 'CIRCUIT_OPEN') return undefined;
  const found = findPolicy(levels.map(onlyFunctions), outcome, facts);
  return found.rule === 'default' ? undefined : found;
}

function onlyFunctions({ rules, table }: PolicyLevel): PolicyLevel {
  const entry = table.get('default');
  return {
    rules: rules.map((rule) => (rule.looks ? rule : { ...rule, matches: () => false })),
    table: new Map(typeof entry === 'function' ? [['default', entry]] : []),
    judgesSuccess: false,
  };
}

/**
 * A call that was refused before it was sent, by an open circuit or a full queue, is not retried by `network: retry()`.
 * But the fallback of that policy applies to every call without an answer, all the more where the server is known to be
 * down.
 *
 * @returns the policy that a rule, `network` or `default` names, functions apart.
 */
export function fallbackForRejection(
  levels: readonly PolicyLevel[],
  outcome: Outcome,
  facts: Facts,
): { readonly fallback?: FallbackValue } {
  const { policy } = findPolicy(levels.map(withoutFunctions), outcome, facts);
  return 'fallback' in policy ? { fallback: policy.fallback } : {};
}

/** When the circuit lets a probe through: treated like a wait that a server asks for. */
export function timingOfCircuit(outcome: Outcome): ServerTiming | undefined {
  if (outcome.kind !== 'error' || outcome.code !== 'CIRCUIT_OPEN') return undefined;
  const { retryAfterMs } = Object(outcome.error) as { retryAfterMs?: unknown };
  return typeof retryAfterMs === 'number' ? { retryAfterMs, source: 'circuit' } : undefined;
}
