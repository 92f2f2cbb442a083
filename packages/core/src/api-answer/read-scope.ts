import type { HeaderLines } from '../server-timing/header-lines.ts';
import { firstFound, firstOf, membersOf, textOf } from './members.ts';
import { parseChallenges } from './www-authenticate.ts';

/** Reads the scope that a request lacked, from `WWW-Authenticate` or from the headers that list accepted scopes. */
export function readScope(status: number, headers: HeaderLines): string | undefined {
  if (status !== 401 && status !== 403 && status !== 404 && status >= 400) return undefined;
  const header = headers.get('www-authenticate');
  for (const { params } of header === null ? [] : parseChallenges(header)) {
    const { error, scope } = params;
    if (scope && (error === 'insufficient_scope' || error === undefined)) return scope.slice(0, 500);
  }
  if (status === 401) return undefined;
  const accepted = textOf(headers.get('x-accepted-oauth-scopes'), 500);
  if (accepted !== undefined && lacks(headers.get('x-oauth-scopes') ?? '', accepted)) return accepted;
  return status === 403 ? textOf(headers.get('x-accepted-github-permissions'), 500) : undefined;
}

/**
 * Reads the scope in a body that says that one is missing.
 *
 * @see RFC 6750 section 3.1 for `insufficient_scope`
 */
export function readScopeMember(holders: readonly unknown[], code = ''): string | undefined {
  if (!/scope/i.test(code)) return undefined;
  const names = ['scope', 'scopes', 'requiredscope', 'requiredscopes'];
  return firstFound(holders, (holder) => firstOf(membersOf(holder), names, scopeIn));
}

function scopeIn(value: unknown): string | undefined {
  const isList = Array.isArray(value) && value.every((scope) => typeof scope === 'string');
  return textOf(isList ? value.join(' ') : value, 500);
}

/** True if none of the accepted scopes was granted; each of them would have been enough. */
function lacks(granted: string, accepted: string): boolean {
  const had = new Set(granted.split(',').map((scope) => scope.trim()));
  return !accepted.split(',').some((scope) => had.has(scope.trim()));
}
