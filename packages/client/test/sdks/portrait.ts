/** What naturally differs from one request to the next. */
const volatile = new Set(['date', 'stack', 'socket', 'x-stripe-client-telemetry', 'created']);

/**
 * All that a user can see of a value, as plain data, so that two runs can be compared: the class, name, message and every
 * member of an error; a Response's status, headers and body.
 */
export async function portrait(value: unknown, seen: readonly unknown[] = []): Promise<unknown> {
  if (typeof value === 'function') return '[function]';
  if (typeof value !== 'object' || value === null) return withoutChance(value);
  if (seen.includes(value)) return '[seen]';
  const within = [...seen, value];
  if (value instanceof Headers) return portrait(Object.fromEntries(value), within);
  if (value instanceof Response) {
    const { status, statusText, type, redirected, url, headers, bodyUsed } = value;
    const body = bodyUsed ? 'used' : await value.text();
    return portrait({
      Response: { status, statusText, type, redirected, url, headers: Object.fromEntries(headers), body },
    });
  }
  if (Array.isArray(value)) return Promise.all(value.map((item) => portrait(item, within)));
  const members: Record<string, unknown> = {};
  if (value.constructor !== Object) members['class'] = value.constructor?.name;
  const own = Object.getOwnPropertyNames(value);
  const names = value instanceof Error ? new Set(['name', 'message', 'cause', ...own]) : own;
  for (const name of names) {
    if (!volatile.has(name)) members[name] = await portrait((value as Record<string, unknown>)[name], within);
  }
  return members;
}

/** Replaces random boundaries and keys. */
export function withoutChance(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return value.replace(/stripe-node-retry-[0-9a-f-]{36}/g, '[key]').replace(/-{2,}formdata-undici-\d+/g, '[boundary]');
}
