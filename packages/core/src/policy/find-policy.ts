import { isFinalServerStatus } from '../api-answer/statuses.ts';
import { longestTimerMs } from '../kernel/clock.ts';
import type { Outcome } from '../kernel/outcome.ts';
import { defused } from '../options/defused.ts';
import { OptionError } from '../options/validate.ts';
import { policyByAnswer } from './by-answer.ts';
import { isTimeoutCode } from './classify.ts';
import { isOurs } from './default-levels.ts';
import type { Facts } from './facts.ts';
import {
  checkPolicy,
  type FoundPolicy,
  failFast,
  type Policy,
  type PolicyOrFunction,
  type RetryPolicy,
  retry,
} from './policies.ts';
import { keysOfStatus, type PolicyLevel, pathOf, policiesOf } from './table.ts';

/** Tries the levels in order; the last is the default table, which always has a policy. */
export function findPolicy(
  levels: readonly PolicyLevel[],
  outcome: Outcome,
  facts: Facts,
  from = 0,
  replaced = false,
): FoundPolicy {
  const level = levels[from];
  if (level === undefined) return { policy: failFast(), rule: 'default' };
  const said = isOurs(level) ? policyByAnswer(outcome, facts) : undefined;
  if (said) return said;
  for (const [index, rule] of level.rules.entries()) {
    if (!rule.matches(outcome, facts)) continue;
    const path = `rules[${index}]${rule.name === undefined ? '' : ` (${rule.name})`}`;
    const policy = chosen(rule.policy, outcome, facts, path);
    if (policy) return { policy, rule: path };
  }
  for (const key of keysOf(outcome)) {
    const entry = level.table.get(key);
    if (entry === undefined) continue;
    const path = isOurs(level) ? 'default' : `policies${pathOf(key)}`;
    const policy = chosen(entry, outcome, facts, path);
    if (policy === undefined || (policy.kind === 'retry' && saysNever(outcome, key))) continue;
    return { policy, rule: path };
  }
  const { override } = level;
  const below = findPolicy(levels, outcome, facts, from + 1, replaced || override?.replaces);
  return override && !replaced ? override.apply(below, outcome) : below;
}

/**
 * 501 and similar statuses mean "never": a `retry()` for a class or for `default` does not include them; one for the
 * exact status does.
 */
function saysNever(outcome: Outcome, key: string): boolean {
  return outcome.kind === 'response' && isFinalServerStatus(outcome.status) && key !== String(outcome.status);
}

/**
 * The policy for a retry that the caller's own code asks for where no policy would retry: the default one, as the
 * `retry` options change it.
 */
export function orderedRetry(levels: readonly PolicyLevel[], status: number | undefined): RetryPolicy {
  return levels.reduceRight<RetryPolicy>(
    (policy, { override }) => override?.change(override.replaces ? retry() : policy, status) ?? policy,
    retry(),
  );
}

/** Does any policy name this method, so that a request may be retried although its method is not idempotent? */
export function retriesMethod(levels: readonly PolicyLevel[], method: string): boolean {
  const names = ({ methods }: Pick<RetryPolicy, 'methods'>): boolean =>
    methods === 'any' || (methods !== 'replayable' && methods.includes(method.toUpperCase()));
  const retries = (entry: PolicyOrFunction): boolean =>
    typeof entry === 'object' && entry.kind === 'retry' && names(entry);
  return names(orderedRetry(levels, undefined)) || levels.some((level) => policiesOf(level).some(retries));
}

/** May any policy ask for a refresh of the credentials? A user's function may give any policy. */
export function refreshes(levels: readonly PolicyLevel[]): boolean {
  const asks = (entry: PolicyOrFunction): boolean => typeof entry === 'function' || entry.kind === 'refreshCredentials';
  const ofUser = levels.filter((level) => !isOurs(level));
  if (ofUser.some((level) => policiesOf(level).some(asks))) return true;
  // The default for a 401 does, unless a policy of the user's decides on it.
  return !ofUser.some(({ table }) => keysOfStatus(401).some((key) => table.has(key)));
}

function keysOf(outcome: Outcome): readonly string[] {
  if (outcome.kind === 'response') return keysOfStatus(outcome.status);
  return [isTimeoutCode(outcome.code) ? 'timeout' : 'network', 'default'];
}

function chosen(entry: PolicyOrFunction, outcome: Outcome, facts: Facts, path: string): Policy | undefined {
  if (typeof entry !== 'function') return entry;
  const policy: unknown = defused(entry(outcome, facts));
  if (policy === undefined) return undefined;
  if (typeof policy === 'function')
    throw new OptionError(path, policy, 'must return a policy, or undefined to leave it to the next one');
  checkPolicy(policy, path);
  return policy as Policy;
}

/**
 * The longest wait that a server may ask for, in milliseconds. A wait that no timer can hold is too long in any case.
 */
export function longestServerWait(levels: readonly PolicyLevel[]): number {
  const asked = levels.find(({ maxRetryAfter }) => maxRetryAfter !== undefined)?.maxRetryAfter ?? 60_000;
  return Math.min(asked, longestTimerMs);
}

/** The policies that are given as values: no function is called for them. */
export function withoutFunctions(level: PolicyLevel): PolicyLevel {
  return {
    ...level,
    rules: level.rules.map((rule) => (rule.looks ? { ...rule, matches: () => false } : rule)),
    table: new Map([...level.table].filter(([, entry]) => typeof entry !== 'function')),
  };
}

/** Does a policy wait as the server asks? */
export function honours({ respectServerTiming }: RetryPolicy, status: number): boolean {
  return typeof respectServerTiming === 'boolean' ? respectServerTiming : respectServerTiming.includes(status);
}
