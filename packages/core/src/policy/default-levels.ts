import { retryIfInProgress, retryIfTimed } from './by-answer.ts';
import { failFast, type Policy, type PolicyOrFunction, refreshCredentials, retry } from './policies.ts';
import type { PolicyLevel } from './table.ts';

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
 * The levels of a fetch, which returns what the server says about early data: 425 is retried only if the user says so.
 *
 * @see Fetch standard; RFC 8470 section 5.2
 */
const ofFetch: PolicyLevel = {
  ...defaultLevel,
  table: new Map([...defaultLevel.table].filter(([key]) => key !== '425')),
};

/** Is it one of the levels that no user has given? */
export function isOurs(level: PolicyLevel): boolean {
  return level === defaultLevel || level === ofFetch;
}

/** The levels of `client.fetch`. */
export function levelsOfFetch(levels: readonly PolicyLevel[]): readonly PolicyLevel[] {
  return levels.map((level) => (level === defaultLevel ? ofFetch : level));
}
