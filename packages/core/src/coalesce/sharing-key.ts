import type { CallContext } from '../kernel/call-context.ts';
import type { PolicyLevel } from '../policy/table.ts';
import { overridesMethod } from '../sharing/may-change.ts';
import { textOf } from '../sharing/text-of.ts';

/**
 * What must be equal in two calls that share a request: all that the server sees of it, and all that says how it is sent.
 * `undefined` where a call goes alone: for its method, for its body, or for hooks between the attempts, which belong to
 * one call and may change its request.
 *
 * It does not contain the sender where that is put on further inside; see `coalesce.ts`.
 */
export function sharingKey(request: Request, { settings, body, init }: CallContext): string | undefined {
  const { method, url, headers } = request;
  if ((method !== 'GET' && method !== 'HEAD') || overridesMethod(request)) return undefined;
  if (body.kind !== 'none' || settings.hooks) return undefined;
  const { mode, credentials, cache, redirect, referrer, referrerPolicy, integrity } = request;
  const { levels, timeout, fetch, readBody, idleTimeout, resumeBody, fence, dialects = [] } = settings;
  return JSON.stringify([
    ...[method, url, [...headers], mode, credentials, cache, redirect, referrer, referrerPolicy, integrity],
    ...[
      levels.map(textOfLevel),
      timeout,
      textOf(fetch),
      textOf(init ?? {}),
      // For these, no value is the same as `false`.
      readBody || false,
      idleTimeout || false,
      resumeBody || false,
      fence?.names,
      textOf(dialects),
    ],
  ]);
}

const texts = new WeakMap<PolicyLevel, string>();

/** A call's own policies are resolved again for each call, so they are compared by what they were made from. */
function textOfLevel(level: PolicyLevel): string {
  const text = texts.get(level) ?? textOf(level.given ?? level);
  texts.set(level, text);
  return text;
}
