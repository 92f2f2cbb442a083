import type { ApiAnswer, Kind } from '../api-answer/api-answer.ts';
import { kinds } from '../api-answer/kinds.ts';
import type { Outcome } from '../kernel/outcome.ts';
import { anything, checkMembers, must, needed } from '../options/checks.ts';
import { defused, isThenable } from '../options/defused.ts';
import { pathPattern } from '../options/path-pattern.ts';
import { OptionError, oneOf, optionsObject } from '../options/validate.ts';
import type { Facts } from './facts.ts';
import { checkPolicy, type PolicyOrFunction } from './policies.ts';

/** A policy for the outcomes that a predicate selects; tried before the table, in order. */
export interface Rule {
  /** Named in the decision: `rules[0] (quota)`. */
  readonly name?: string;
  readonly when: RuleCondition | ((outcome: Outcome, facts: Facts) => boolean);
  readonly policy: PolicyOrFunction;
}

/** Which requests it applies to. All given conditions must hold; of a list, one. */
export interface RequestCondition {
  readonly method?: string | readonly string[];
  /** A pattern for the URL's path (`*` is one segment, `**` any number, `:id` one segment), or a regular expression. */
  readonly path?: string | RegExp;
}

/** Which outcomes it applies to. All given conditions must hold; of a list, one. */
export interface RuleCondition extends RequestCondition {
  /** A status, or a class such as `'5xx'`. */
  readonly status?: number | string | readonly (number | string)[];
  /** What happened, whatever the status is, such as `'rateLimited'`: `outcome.api.kind`. */
  readonly kind?: Kind | readonly Kind[];
  /** The API's own code: `outcome.api.code`. */
  readonly errorCode?: string | readonly string[];
  /** The API's own type of the error: `outcome.api.type`. */
  readonly errorType?: string | readonly string[];
}

export interface ResolvedRule {
  readonly name: string | undefined;
  readonly policy: PolicyOrFunction;
  matches(outcome: Outcome, facts: Facts): boolean;
  /** True if the rule depends on what a failed answer says, so that its body must be read first. */
  looksAt(status: number, facts: Pick<Facts, 'method' | 'url'>): boolean;
  readonly judgesSuccess: boolean;
  /** A user's function looks at the outcome. */
  readonly looks: boolean;
}

export function resolveRules(rules: readonly Rule[], where: string): readonly ResolvedRule[] {
  if (!Array.isArray(rules)) throw new OptionError(`${where}: rules`, rules, 'must be a list of {name, when, policy}');
  return Array.from(rules as readonly Rule[], (rule, index) => {
    const path = `${where}: rules[${index}]`;
    const isText = must((value) => typeof value === 'string', 'must be a string');
    checkMembers(rule, path, { name: isText, when: anything, policy: needed(checkPolicy) });
    const { name, when, policy } = rule;
    if (typeof when === 'function') {
      const matches = (outcome: Outcome, facts: Facts): boolean => {
        const matched = defused(when(outcome, facts));
        if (isThenable(matched)) {
          throw new OptionError(`${path}.when`, matched, 'must return true or false, not a promise of it');
        }
        return matched;
      };
      return { name, policy, matches, looksAt: (status) => status >= 400, judgesSuccess: true, looks: true };
    }
    const looks = typeof policy === 'function';
    return { name, policy, looks, ...resolveCondition(when, `${path}.when`, looks) };
  });
}

function resolveCondition(
  when: RuleCondition,
  path: string,
  looks: boolean,
): Omit<ResolvedRule, 'name' | 'policy' | 'looks'> {
  optionsObject(when, path, ['status', 'method', 'path', 'kind', 'errorCode', 'errorType']);
  const statuses = list(when.status)?.map((status) => statusPattern(status, `${path}.status`));
  const matchesRequest = requestMatcher(when, path);
  const codes = words(when.errorCode, `${path}.errorCode`);
  const types = words(when.errorType, `${path}.errorType`);
  const meant = words(when.kind, `${path}.kind`);
  for (const kind of meant ?? []) oneOf<string>(kind, kinds, `${path}.kind`);
  const readsAnswer = codes !== undefined || types !== undefined || meant !== undefined;

  const matchesStatus = (status: number): boolean =>
    allows(statuses, String(status)) || allows(statuses, `${Math.trunc(status / 100)}xx`);

  return {
    judgesSuccess: statuses?.some((status) => status < '4') ?? false,
    looksAt: (status, facts) =>
      (looks || readsAnswer) && status >= 400 && matchesStatus(status) && matchesRequest(facts),
    matches(outcome, facts) {
      if (!matchesRequest(facts)) return false;
      if (outcome.kind === 'error') return statuses === undefined && !readsAnswer;
      if (outcome.status < 400 && statuses === undefined) return false;
      if (!matchesStatus(outcome.status)) return false;
      if (!readsAnswer) return true;
      const { kind, code, type }: Partial<ApiAnswer> = outcome.api ?? {};
      return allows(codes, code) && allows(types, type) && allows(meant, kind);
    },
  };
}

/** Asks whether a request is one of those that are meant. */
export function requestMatcher(
  when: RequestCondition,
  where: string,
): (request: { readonly method: string; readonly url: string }) => boolean {
  const methods = words(when.method, `${where}.method`)?.map((method) => method.toUpperCase());
  const pattern = when.path === undefined ? undefined : pathPattern(when.path, `${where}.path`);
  return ({ method, url }) => allows(methods, method.toUpperCase()) && (pattern?.test(pathOf(url)) ?? true);
}

/** A condition that is not given allows any value. */
function allows(values: readonly string[] | undefined, value = ''): boolean {
  return values?.includes(value) ?? true;
}

function list<T>(value: T | readonly T[] | undefined): readonly T[] | undefined {
  if (value === undefined) return undefined;
  return Array.isArray(value) ? Array.from(value as readonly T[]) : [value as T];
}

function words(value: string | readonly string[] | undefined, path: string): readonly string[] | undefined {
  return list(value)?.map((one) => {
    if (typeof one !== 'string') throw new OptionError(path, one, 'must be a string or a list of strings');
    return one;
  });
}

function statusPattern(status: number | string, path: string): string {
  const known = typeof status === 'number' || typeof status === 'string';
  if (known && /^[1-5](\d\d|xx)$/.test(String(status))) return String(status);
  throw new OptionError(path, status, "must be a status from 100 to 599 or a class such as '5xx'");
}

function pathOf(url: string): string {
  return /^(?:[a-z][a-z0-9+.-]*:\/\/[^/?#]*)?([^?#]*)/i.exec(url)?.[1] || '/';
}
