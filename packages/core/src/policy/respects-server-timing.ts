import { findPolicy, honours, withoutFunctions } from './find-policy.ts';
import { noFacts } from './no-facts.ts';
import type { PolicyLevel } from './table.ts';

/**
 * Is the server's timing respected for this status? Rules and functions need more than a status, so they are passed
 * over.
 */
export function respectsServerTiming(levels: readonly PolicyLevel[], response: Response): boolean {
  const { status, headers } = response;
  const tables = levels.map((level) => ({ ...withoutFunctions(level), rules: [] }));
  const { policy } = findPolicy(tables, { kind: 'response', status, headers, response }, noFacts);
  return policy.kind !== 'retry' || honours(policy, status);
}
