/**
 * Access to JSON from a server that may be hostile: only own members count, names are compared without case, `_` and
 * `-`, and every walk is bounded.
 */

/** A JSON object, by its members' plain names. The first of two members with the same plain name counts. */
export type Members = ReadonlyMap<string, unknown>;

const noMembers: Members = new Map();
const mostMembers = 200;

/** The objects of the answer that is being read: reading is synchronous, and looks at each of them a dozen times. */
let known: Map<object, Members> | undefined;
const mostKnown = 500;

/** Forgets the objects of an answer that has been read. */
export function forgetMembers(): void {
  known = undefined;
}

/** An API has few names, and each of its answers has the same ones. */
const plainNames = new Map<string, string>();
const mostNames = 1_000;

/** `request_id`, `requestId`, `Request-ID` and, with the prefix of a namespace, `o:requestId` are one name. */
export function plainName(name: string): string {
  const before = plainNames.get(name);
  if (before !== undefined) return before;
  const plain = name
    .slice(0, 100)
    .toLowerCase()
    .replace(/^[a-z\d]{1,20}:(?=[a-z])/, '')
    .replace(/[_.\-\s]/g, '');
  if (plainNames.size < mostNames && name.length <= 100) plainNames.set(name, plain);
  return plain;
}

/** True for a JSON object; a list and `null` are none. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The members of a JSON object; none for anything else. */
export function membersOf(value: unknown): Members {
  if (!isObject(value)) return noMembers;
  known ??= new Map();
  const before = known.get(value);
  if (before) return before;
  const members = new Map<string, unknown>();
  let left = mostMembers;
  for (const key of Object.keys(value)) {
    if (left-- === 0) break;
    const name = plainName(key);
    if (!members.has(name)) members.set(name, value[key]);
  }
  if (known.size < mostKnown) known.set(value, members);
  return members;
}

/** The text of a member: trimmed, non-empty, at most `longest` characters. */
export function textOf(value: unknown, longest = 2000): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.slice(0, longest).trim();
  return text === '' ? undefined : text;
}

/** What `read` finds first in these items. */
export function firstFound<Item, Found>(
  items: readonly Item[],
  read: (item: Item) => Found | undefined,
): Found | undefined {
  for (const item of items) {
    const found = read(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The first of these names whose value `read` understands. */
export function firstOf<T>(
  members: Members,
  names: readonly string[],
  read: (value: unknown, name: string) => T | undefined,
): T | undefined {
  for (const name of names) {
    const found = members.has(name) ? read(members.get(name), name) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What `read` finds first in these members. */
export function firstMember<T>(members: Members, read: (value: unknown, name: string) => T | undefined): T | undefined {
  for (const [name, value] of members) {
    const found = read(value, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What `read` finds first in a list, which is long only if it is hostile; nothing in any other value. */
export function firstInList<T>(list: unknown, read: (entry: unknown) => T | undefined): T | undefined {
  return Array.isArray(list) ? firstFound(list.slice(0, 50), read) : undefined;
}

/**
 * Visits each member of each object within `value`, nearest first, until `visit` gives something.
 *
 * @param mayHold Whether to look into a member of this name.
 */
export function search<T>(
  value: unknown,
  visit: (name: string, value: unknown, holder: unknown) => T | undefined,
  mayHold: (name: string, beside: Members) => boolean,
  depth = 5,
): T | undefined {
  let level: unknown[] = [value];
  for (let left = 500, at = 0; at < depth && level.length > 0; at++) {
    const next: unknown[] = [];
    for (const node of level) {
      if (Array.isArray(node)) next.push(...node.slice(0, 50));
      const members = membersOf(node);
      for (const [name, inner] of members) {
        if (left-- <= 0) return undefined;
        const found = visit(name, inner, node);
        if (found !== undefined) return found;
        if (typeof inner === 'object' && inner !== null && mayHold(name, members)) next.push(inner);
      }
    }
    level = next.slice(0, 200);
  }
  return undefined;
}
