/** One thing that is wrong with what was sent. */
export interface Issue {
  /** Where, as a dotted path: `items.0.name`; empty for the whole. */
  readonly path: string;
  readonly message: string;
  readonly code?: string;
}

const mostIssues = 100;
const deepest = 5;
const pathKeys = ['path', 'param', 'field', 'pointer', 'loc', 'property', 'attribute', 'name'];
const messageKeys = ['message', 'detail', 'description', 'msg', 'title', 'reason', 'error'];
const codeKeys = ['code', 'type', 'rule'];
const listKeys = ['issues', 'errors', 'details', 'fieldViolations'];

/** A plain object whose members are looked up by {@link member} alone, since its sender may mean harm. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** An object of JSON, if `value` is one; a list is none. */
export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/** A member that the body really has: `constructor` and `__proto__` are not inherited from anywhere. */
export function member(object: JsonObject | undefined, key: string): unknown {
  return object && Object.hasOwn(object, key) ? object[key] : undefined;
}

/** A non-empty string of at most `longest` characters; a code may be a number, too. */
export function textMember(object: JsonObject | undefined, key: string, longest: number): string | undefined {
  const value = member(object, key);
  return typeof value === 'string' && value !== '' ? value.slice(0, longest) : undefined;
}

/**
 * Reads the issues that an error answer lists under `issues`, `errors` or `details`.
 *
 * @remarks Lists of objects or of texts, problem details' `pointer`, and objects by field (`{name: ["is taken"]}`) are
 * understood. What is none of these is left out; depth and number are bounded.
 */
export function readIssues(...holders: readonly (JsonObject | undefined)[]): readonly Issue[] {
  const found: Issue[] = [];
  for (const holder of holders) {
    for (const key of listKeys) {
      if (found.length === 0) collect(member(holder, key), '', 0, found);
    }
  }
  return found;
}

function collect(value: unknown, path: string, depth: number, found: Issue[]): void {
  if (depth > deepest || found.length >= mostIssues) return;
  if (typeof value === 'string' && value !== '') {
    found.push({ path, message: value.slice(0, 500) });
  } else if (Array.isArray(value)) {
    for (const item of value.slice(0, mostIssues)) collect(item, path, depth + 1, found);
  } else {
    const object = asObject(value);
    if (object) collectObject(object, path, depth, found);
  }
}

function collectObject(object: JsonObject, path: string, depth: number, found: Issue[]): void {
  const message = firstOf(messageKeys, (key) => textMember(object, key, 500));
  if (message !== undefined) {
    const own =
      firstOf(pathKeys, (key) => toPath(member(object, key))) ??
      toPath(member(asObject(member(object, 'source')), 'pointer'));
    const code = firstOf(codeKeys, (key) => textMember(object, key, 200));
    found.push({ path: own ?? path, message, ...(code === undefined ? {} : { code }) });
    return;
  }
  const nested = listKeys.find((key) => Array.isArray(member(object, key)));
  if (nested !== undefined) {
    collect(member(object, nested), path, depth + 1, found);
    return;
  }
  for (const key of Object.keys(object).slice(0, mostIssues)) {
    const below = path === '' ? key : `${path}.${key}`;
    if (!key.startsWith('@')) collect(object[key], below.slice(0, 200), depth + 1, found);
  }
}

/** `#/items/0/name`, `['items', 0, 'name']` and `items.0.name` are one path. */
function toPath(value: unknown): string | undefined {
  if (Array.isArray(value)) {
    const parts = value.slice(0, 20).filter((part) => typeof part === 'string' || typeof part === 'number');
    return parts.join('.').slice(0, 200);
  }
  if (typeof value !== 'string') return undefined;
  const path = value.slice(0, 200);
  if (!/^#?\//.test(path)) return path;
  const parts = path.replace(/^#?\//, '').split('/');
  return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~')).join('.');
}

function firstOf<T>(keys: readonly string[], read: (key: string) => T | undefined): T | undefined {
  for (const key of keys) {
    const value = read(key);
    if (value !== undefined) return value;
  }
  return undefined;
}
