import { isFinalServerStatus } from '../api-answer/final-statuses.ts';
import { longestTimerMs } from '../kernel/clock.ts';
import type { Outcome } from '../kernel/outcome.ts';
import { defused } from '../options/defused.ts';
import { numberBetween, OptionError, show } from '../options/validate.ts';
import { policyByAnswer, retryIfInProgress, retryIfTimed } from './by-answer.ts';
import { isTimeoutCode } from './classify.ts';
import type { Facts } from './facts.ts';
import type { FoundPolicy } from './policies.ts';
import {
  checkPolicy,
  failFast,
  type Policy,
  type PolicyOrFunction,
  type RetryPolicy,
  refreshCredentials,
  retry,
} from './policies.ts';
import type { RetryOverride } from './retry-override.ts';
import { type ResolvedRule, type Rule, resolveRules } from './rules.ts';

declare module '../kernel/call-context.ts' {
  interface CallSettings {
    /** Whose policies count, first asked first. */
    readonly levels: readonly PolicyLevel[];
  }
}

/**
 * Which policy decides? First the call's options, then the client's, then the defaults. Within a level the rules come
 * first, in their order, then the exact status, then its class, then `default`; then ky's `retry`, if it was given
 * there.
 */
export interface PolicyLevel {
  readonly rules: readonly ResolvedRule[];
  readonly table: ReadonlyMap<string, PolicyOrFunction>;
  readonly override?: RetryOverride;
  /** The longest server-asked wait that is waited for, in milliseconds. */
  readonly maxRetryAfter?: number;
  /** May it have something to say of an answer below 400? */
  readonly judgesSuccess: boolean;
  /** True if a rule or a function of the user's goes by what an answer of this status says. */
  looksAt?(status: number, request: Pick<Facts, 'method' | 'url'>): boolean;
  /** The options that it was made of: two levels that were made of equal ones say the same. */
  readonly given?: unknown;
}

/** Policies by exact status (`429`), class (`'5xx'`), `network`, `timeout`, `default`. */
export type PolicyTable = {
  readonly [Key in number | `${1 | 2 | 3 | 4 | 5}xx` | 'network' | 'timeout' | 'default']?: PolicyOrFunction;
};

export interface PolicyOptions {
  readonly policies?: PolicyTable | undefined;
  readonly rules?: readonly Rule[] | undefined;
  readonly maxRetryAfter?: number | undefined;
}

/**
 * Checks the policies of one options object; `undefined` where it has none.
 *
 * @throws TypeError or RangeError for a bad key, a policy that is none, a bad rule, naming path, value and remedy.
 */
export function resolvePolicyLevel(
  options: PolicyOptions,
  where: string,
  override?: RetryOverride,
): PolicyLevel | undefined {
  const { policies, rules, maxRetryAfter = override?.maxRetryAfter } = options;
  if (policies === undefined && rules === undefined && maxRetryAfter === undefined && override === undefined) {
    return undefined;
  }
  if (maxRetryAfter !== undefined) {
    numberBetween(maxRetryAfter, 0, Number.POSITIVE_INFINITY, `${where}: maxRetryAfter`, 'milliseconds');
  }
  const table = resolveTable(policies === undefined ? {} : policies, where);
  const resolvedRules = resolveRules(rules === undefined ? [] : rules, where);
  return {
    rules: resolvedRules,
    table,
    ...(override && { override }),
    ...(maxRetryAfter !== undefined && { maxRetryAfter }),
    judgesSuccess:
      resolvedRules.some((rule) => rule.judgesSuccess) || [...table.keys()].some((key) => /^[123]/.test(key)),
    looksAt: (status, request) =>
      resolvedRules.some((rule) => rule.looksAt(status, request)) ||
      keysOfStatus(status).some((key) => typeof table.get(key) === 'function'),
  };
}

function resolveTable(policies: PolicyTable, where: string): Map<string, PolicyOrFunction> {
  if (typeof policies !== 'object' || policies === null || Array.isArray(policies)) {
    throw new OptionError(`${where}: policies`, policies, 'must be an object such as {429: retry({limit: 5})}');
  }
  const table = new Map<string, PolicyOrFunction>();
  for (const [key, policy] of Object.entries(policies)) {
    if (policy === undefined) continue;
    const path = `${where}: policies${pathOf(key)}`;
    if (!/^([1-5]\d\d|[1-5]xx|network|timeout|default)$/.test(key)) {
      throw new TypeError(
        `${path}: ${show(key)} is not a status; use one from 100 to 599, a class such as '5xx', 'network', 'timeout' or 'default'`,
      );
    }
    checkPolicy(policy, path);
    table.set(key, policy);
  }
  return table;
}

/** Asks the levels in order; the last is the default table, which always answers. */
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

/** 501 and its like say "never": a `retry()` for a class, or by default, does not mean them, only one for that very status. */
function saysNever(outcome: Outcome, key: string): boolean {
  return outcome.kind === 'response' && isFinalServerStatus(outcome.status) && key !== String(outcome.status);
}

/** A retry that the caller's own code asks for where no policy would: the default one, as the `retry` options change it. */
export function orderedRetry(levels: readonly PolicyLevel[], status: number | undefined): RetryPolicy {
  return levels.reduceRight<RetryPolicy>(
    (policy, { override }) => override?.change(override.replaces ? retry() : policy, status) ?? policy,
    retry(),
  );
}

/** Does any policy name this method, so that a retry of it is to be reckoned with although it is not idempotent? */
export function retriesMethod(levels: readonly PolicyLevel[], method: string): boolean {
  const names = ({ methods }: Pick<RetryPolicy, 'methods'>): boolean =>
    methods === 'any' || (methods !== 'replayable' && methods.includes(method.toUpperCase()));
  const retries = (entry: PolicyOrFunction): boolean =>
    typeof entry === 'object' && entry.kind === 'retry' && names(entry);
  return (
    names(orderedRetry(levels, undefined)) ||
    levels.some(({ rules, table }) => rules.some(({ policy }) => retries(policy)) || [...table.values()].some(retries))
  );
}

/** May any policy ask for a refresh of the credentials? A function of the user's may give any policy. */
export function refreshes(levels: readonly PolicyLevel[]): boolean {
  const asks = (entry: PolicyOrFunction | undefined): boolean =>
    typeof entry === 'function' || entry?.kind === 'refreshCredentials';
  const forUnauthorized = ['401', '4xx', 'default'];
  let decided = false;
  for (const level of levels) {
    const { rules, table } = level;
    if (rules.some(({ policy }) => asks(policy))) return true;
    const entry = forUnauthorized.map((key) => table.get(key)).find((one) => one !== undefined);
    // The first level that says anything of a 401 decides on it.
    if (!decided && asks(entry)) return true;
    decided ||= entry !== undefined;
    if (!isOurs(level) && [...table.values()].some(asks)) return true;
  }
  return false;
}

function keysOf(outcome: Outcome): readonly string[] {
  if (outcome.kind === 'response') {
    return keysOfStatus(outcome.status);
  }
  if (isTimeoutCode(outcome.code)) return ['timeout', 'default'];
  return ['network', 'default'];
}

function keysOfStatus(status: number): readonly string[] {
  const keys = [String(status), `${Math.trunc(status / 100)}xx`];
  return status < 400 ? keys : [...keys, 'default'];
}

function chosen(entry: PolicyOrFunction, outcome: Outcome, facts: Facts, path: string): Policy | undefined {
  if (typeof entry !== 'function') return entry;
  const policy: unknown = defused(entry(outcome, facts));
  if (policy === undefined) return undefined;
  if (typeof policy === 'function')
    throw new OptionError(path, policy, 'must return a policy, or undefined to leave it');
  checkPolicy(policy, path);
  return policy as Policy;
}

function pathOf(key: string): string {
  return /^\d+$/.test(key) ? `[${key}]` : /^[a-z]+$/.test(key) ? `.${key}` : `['${key}']`;
}

/** The policies that apply without any user setting. */
const defaultLevel: PolicyLevel = {
  rules: [],
  table: new Map<string, PolicyOrFunction>([
    ['401', refreshCredentials()],
    ...['408', '425', '429', '5xx', 'network', 'timeout'].map((key): [string, Policy] => [key, retry()]),
    ['409', retryIfInProgress],
    ['413', retryIfTimed],
    ['default', failFast()],
  ]),
  maxRetryAfter: 60_000,
  judgesSuccess: false,
  // A fetch and a call in ky's manner may share a request, although they differ on early data.
  given: 'defaults',
};

/** The levels where no policy is given. */
export const defaultLevels: readonly PolicyLevel[] = [defaultLevel];

/**
 * Those of a fetch, which hands on what the server says of early data: 425 is retried where the user says so.
 *
 * @see Fetch standard; RFC 8470 section 5.2
 */
const ofFetch: PolicyLevel = {
  ...defaultLevel,
  table: new Map([...defaultLevel.table].filter(([key]) => key !== '425')),
};

function isOurs(level: PolicyLevel): boolean {
  return level === defaultLevel || level === ofFetch;
}

/** The levels of `client.fetch`. */
export function levelsOfFetch(levels: readonly PolicyLevel[]): readonly PolicyLevel[] {
  return levels.map((level) => (level === defaultLevel ? ofFetch : level));
}

/** The longest wait that a server may ask for, in milliseconds. What no timer can hold is too long in any case. */
export function longestServerWait(levels: readonly PolicyLevel[]): number {
  const asked = levels.find(({ maxRetryAfter }) => maxRetryAfter !== undefined)?.maxRetryAfter ?? 60_000;
  return Math.min(asked, longestTimerMs);
}

/**
 * Is the server's timing respected for this status? Rules and functions ask for more than a status, and are taken not to
 * mind.
 */
export function respectsServerTiming(levels: readonly PolicyLevel[], response: Response): boolean {
  const { status, headers } = response;
  const tables = levels.map((level) => ({ ...withoutFunctions(level), rules: [] }));
  const { policy } = findPolicy(tables, { kind: 'response', status, headers, response }, {} as Facts);
  return policy.kind !== 'retry' || honours(policy, status);
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
