import { type BareItem, type Dictionary, type List, parseDictionary, parseList, Token } from 'structured-headers';
import type { HeaderLines } from './header-lines.ts';

/**
 * The fields of the IETF draft in which servers report their quota.
 *
 * The grammar of `RateLimit` has changed: today it is a list of policies (`"burst";r=0;t=5, "daily";r=99;t=3600`), in
 * draft 7 it was one dictionary (`limit=100, remaining=0, reset=5`), which some servers still send. No text is valid as
 * both. Malformed parts are ignored, as the draft demands: the whole field if it does not parse, otherwise the one
 * item.
 */

/** What one policy has left. */
export interface ServiceLimit {
  /** The policy that it belongs to; empty in the form of draft 7. */
  readonly policy: string;
  readonly remaining: number;
  /** The policy's quota, if this field has it. */
  readonly limit: number | undefined;
  /** Seconds from now. */
  readonly resetSeconds: number | undefined;
  /** The key of the partition that is counted, as hexadecimal digits: a user, a project. */
  readonly partition?: string;
}

/** The bucket that a policy counts: the policy, and the partition where the server counts several; absent in draft 7. */
export function bucketOf({ policy, partition }: ServiceLimit): string | undefined {
  if (policy === '') return undefined;
  return (partition === undefined ? policy : `${policy};pk=${partition}`).slice(0, longestBucket);
}

const longestBucket = 200;

/** What one policy grants. */
export interface QuotaPolicy {
  readonly limit: number;
  /** `requests` unless the server says otherwise. */
  readonly unit: string;
}

const none: readonly ServiceLimit[] = [];

/**
 * Reads the `RateLimit` field; empty if it is absent or malformed.
 *
 * @see {@link https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-11#section-4 | draft 11 §4}
 */
export function readServiceLimits(headers: HeaderLines): readonly ServiceLimit[] {
  const text = headers.get('RateLimit');
  if (text === null) {
    return none;
  }
  const list = attempt(parseList, text);
  if (list !== undefined) {
    return namedItems(list).flatMap(({ name, params }) => {
      const remaining = count(params.get('r'));
      return remaining === undefined
        ? []
        : [{ policy: name, remaining, limit: count(params.get('q')), ...resetAndPartition(params) }];
    });
  }
  const members: Dictionary | undefined = attempt(parseDictionary, text);
  const remaining = count(members?.get('remaining')?.[0]);
  return remaining === undefined
    ? none
    : [
        {
          policy: '',
          remaining,
          limit: count(members?.get('limit')?.[0]),
          resetSeconds: count(members?.get('reset')?.[0]),
        },
      ];
}

function resetAndPartition(params: ReadonlyMap<string, BareItem>): Pick<ServiceLimit, 'resetSeconds' | 'partition'> {
  const key = params.get('pk');
  const resetSeconds = count(params.get('t'));
  if (!(key instanceof ArrayBuffer) || key.byteLength > longestPartition) return { resetSeconds };
  const partition = Array.from(new Uint8Array(key), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return { resetSeconds, partition };
}

const longestPartition = 100;

/**
 * Reads the `RateLimit-Policy` field, by the policies' names; empty if it is absent or malformed.
 *
 * @see {@link https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-11#section-3 | draft 11 §3}
 */
export function readQuotaPolicies(headers: HeaderLines): ReadonlyMap<string, QuotaPolicy> {
  const policies = new Map<string, QuotaPolicy>();
  const list = attempt(parseList, headers.get('RateLimit-Policy') ?? '') ?? [];
  for (const { name, params } of namedItems(list)) {
    const limit = count(params.get('q'));
    const unit = params.get('qu') ?? 'requests';
    if (limit !== undefined && typeof unit === 'string') {
      policies.set(name, { limit, unit });
    }
  }
  return policies;
}

interface NamedItem {
  readonly name: string;
  readonly params: ReadonlyMap<string, BareItem>;
}

/** The draft names policies by strings, and some of its examples use tokens; inner lists and numbers are not names. */
function namedItems(list: List): NamedItem[] {
  return list.flatMap(([name, params]) =>
    typeof name === 'string' || name instanceof Token ? [{ name: name.toString(), params }] : [],
  );
}

/** A non-negative integer, the only kind of number in these fields. */
function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined;
}

function attempt<T>(parse: (text: string) => T, text: string): T | undefined {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}
