import { given } from '../kernel/given.ts';
import { numberBetween, OptionError, show } from '../options/validate.ts';
import type { Facts } from './facts.ts';
import { checkPolicy, type PolicyOrFunction } from './policies.ts';
import type { RetryOverride } from './retry-override.ts';
import { type ResolvedRule, type Rule, resolveRules } from './rules.ts';

declare module '../kernel/call-context.js' {
  interface CallSettings {
    /** Whose policies count, in the order in which they are tried. */
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
  /** The longest wait that a server may ask for, in milliseconds. */
  readonly maxRetryAfter?: number;
  /** May a rule or a function in it judge an answer below 400? */
  readonly judgesSuccess: boolean;
  /** True if a rule or a user's function depends on what an answer of this status says. */
  looksAt?(status: number, request: Pick<Facts, 'method' | 'url'>): boolean;
  /** True if a failed answer may be shown to a user's function, or be taken for a success: its response may be read by then. */
  readonly handsOut?: boolean;
  /** The options that the level was made from: levels with equal options say the same. */
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
 * @throws TypeError or RangeError for an invalid key, policy or rule, naming path, value and remedy.
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
  const resolved = resolveRules(rules === undefined ? [] : rules, where);
  const handsOut = (policy: PolicyOrFunction): boolean => typeof policy === 'function' || policy.kind === 'accept';
  return {
    ...given({ rules: resolved, table, override, maxRetryAfter }),
    judgesSuccess: resolved.some((rule) => rule.judgesSuccess) || [...table.keys()].some((key) => /^[123]/.test(key)),
    looksAt: (status, request) =>
      resolved.some((rule) => rule.looksAt(status, request)) ||
      keysOfStatus(status).some((key) => typeof table.get(key) === 'function'),
    handsOut: resolved.some(({ looks }) => looks) || policiesOf({ rules: resolved, table }).some(handsOut),
  };
}

/** All policies of a level, with those of its rules. */
export function policiesOf({ rules, table }: Pick<PolicyLevel, 'rules' | 'table'>): readonly PolicyOrFunction[] {
  return [...rules.map(({ policy }) => policy), ...table.values()];
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

/** The keys of a table under which a status may stand, the most exact first. */
export function keysOfStatus(status: number): readonly string[] {
  const keys = [String(status), `${Math.trunc(status / 100)}xx`];
  return status < 400 ? keys : [...keys, 'default'];
}

/** How a message writes a key: `[429]`, `.network`. */
export function pathOf(key: string): string {
  return /^\d+$/.test(key) ? `[${key}]` : /^[a-z]+$/.test(key) ? `.${key}` : `['${key}']`;
}
