import type { Issue } from './api-answer.ts';
import { firstOf, isObject, membersOf, plainName, textOf } from './members.ts';

/** More issues than this are left out: no person reads them. */
export const mostIssues = 100;
const deepest = 5;
const wholeNames = new Set(['nonfielderrors', 'base', 'errors', 'all']);

/** Members that hold an error, and are not fields. */
const envelopes = new Set(['error', 'errors', 'fault', 'exception', 'failure', 'problem', 'meta', 'data', 'response']);

/** A whole body is a map of fields only if each member is a list or an object, and none of them is an envelope. */
export function isFieldMap(root: unknown): boolean {
  if (!isObject(root)) return false;
  const members = Object.entries(root);
  return members.every(([key, value]) => typeof value === 'object' && value !== null && !envelopes.has(plainName(key)));
}

export function mapOfFields(value: unknown): readonly Issue[] | undefined {
  return isFieldMap(value) ? byField(value) : undefined;
}

/** `{name: ['is taken'], items: [{}, {quantity: ['is no number']}]}`: texts by field, at any depth. */
export function byField(value: unknown): readonly Issue[] | undefined {
  const found: Issue[] = [];
  return isObject(value) && collect(value, '', 0, found) && found.length > 0 ? found : undefined;
}

/** False if this is not a map of fields. */
function collect(value: unknown, path: string, depth: number, found: Issue[]): boolean {
  if (depth > deepest) return false;
  if (found.length >= mostIssues) return true;
  const text = textOf(value, 500);
  if (text !== undefined) return path !== '' && found.push({ path, message: text }) > 0;
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item === 'string'))
      return value.every((item) => collect(item, path, depth + 1, found));
    return value.slice(0, mostIssues).every((item, at) => {
      const below = messageIn(item) === undefined ? `${path}.${at}` : path;
      return collect(item, below, depth + 1, found);
    });
  }
  if (!isObject(value)) return false;
  const message = messageIn(value);
  if (message !== undefined && path !== '') {
    const code = codeOf(value['code'] ?? value['error']);
    return found.push({ path, message, ...(code !== undefined && { code }) }) > 0;
  }
  return Object.keys(value)
    .slice(0, mostIssues)
    .every((key) => {
      const isWhole = wholeNames.has(key.replaceAll('_', '').toLowerCase()) && path !== '';
      return collect(value[key], isWhole ? path : join(path, key), depth + 1, found);
    });
}

function messageIn(value: unknown): string | undefined {
  return firstOf(membersOf(value), ['message', 'msg', 'description', 'detail'], (text) => textOf(text, 500));
}

function join(path: string, key: string): string {
  return (path === '' ? key : `${path}.${key}`).slice(0, 200);
}

export function codeOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  const text = textOf(value, 200);
  return text === undefined || /\s/.test(text) ? undefined : text;
}
