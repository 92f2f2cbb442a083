import { given } from '../kernel/given.ts';
import type { Issue } from './api-answer.ts';
import { isEcho } from './echo.ts';
import { firstOf, isObject, type Members, membersOf, plainName, textOf } from './members.ts';

/** More issues than this are left out: no person reads them. */
export const mostIssues = 100;
const deepest = 5;
const wholeNames = new Set(['nonfielderrors', 'base', 'errors', 'messages', 'all']);

/** Members that hold an error, and are not fields. */
const envelopes = new Set(['error', 'errors', 'fault', 'exception', 'failure', 'problem', 'meta', 'data', 'response']);

/** An object under such a name, as under `applicationError`, is an error of its own kind; a list is that of a field. */
const errorOfKind = /[a-z]Error$/;

/** A whole body is a map of fields only if each member is a list or an object, and none of them is an envelope. */
export function isFieldMap(root: unknown): boolean {
  if (!isObject(root)) return false;
  const members = Object.entries(root);
  return members.every(
    ([key, value]) =>
      // A key of linked data, or an address.
      !key.includes('@') &&
      (Array.isArray(value) || !errorOfKind.test(key)) &&
      // A field may be called `url`: then there are problems.
      (!isEcho(plainName(key)) || isListOfTexts(value) || [value].flat().every(isProblem)) &&
      typeof value === 'object' &&
      value !== null &&
      !envelopes.has(plainName(key)),
  );
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

/** `{message: 'Enter a valid URL.', code: 'invalid'}`, and nothing that a caller would have sent. */
function isProblem(value: unknown): boolean {
  return messageIn(value) !== undefined && [...membersOf(value).keys()].every((name) => ofProblems.has(name));
}

const ofProblems = new Set(['message', 'msg', 'code', 'kind', 'type', 'path', 'param', 'location', 'properties']);

export function mapOfFields(value: unknown): readonly Issue[] | undefined {
  return isFieldMap(value) ? byField(value) : undefined;
}

/** `{name: ['is taken'], items: [{}, {quantity: ['is no number']}]}`: texts by field, at any depth. */
export function byField(value: unknown, isStrict = false): readonly Issue[] | undefined {
  const found: Issue[] = [];
  return isObject(value) && collect(value, '', 0, { found, isStrict }) && found.length > 0 ? found : undefined;
}

/** The same of a member that may also hold something else: only lists of sentences. */
export function sentencesByField(value: unknown): readonly Issue[] | undefined {
  if (!isObject(value)) return undefined;
  const lists = Object.values(value);
  return lists.every(isListOfSentences) ? byField(value) : undefined;
}

/** `{latitude: 'must be at most 90'}`: a sentence for each field. */
export function mapOfTexts(value: unknown): readonly Issue[] | undefined {
  if (!isObject(value)) return undefined;
  const texts = Object.values(value);
  return texts.every(isSentence) ? byField(value) : undefined;
}

/** Beside a message, `data` with texts for each field, or with a code and a message for each. */
export function dataOfFields(members: Members): readonly Issue[] | undefined {
  const data = members.get('data');
  if (!isObject(data) || members.has('errors') || !(members.has('message') || members.has('msg'))) return undefined;
  const isOfFields = Object.entries(data).every(([key, value]) =>
    Array.isArray(value) || isEcho(plainName(key))
      ? isListOfSentences(value)
      : membersOf(value).has('code') && messageIn(value) !== undefined,
  );
  return isOfFields ? byField(data) : undefined;
}

/** The words of a validator, and not those of the caller, such as the tags of an article. */
export function isSentence(text: unknown): boolean {
  return typeof text === 'string' && (/\S\s+\S/.test(text) || /^(?:required|invalid|missing|taken|blank)$/i.test(text));
}

function isListOfSentences(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isSentence);
}

/** What was found so far. A whole body is read strictly: a bare text within it is no problem of a field. */
interface Collection {
  readonly found: Issue[];
  readonly isStrict: boolean;
}

/** False if this is not a map of fields. */
function collect(value: unknown, path: string, depth: number, to: Collection): boolean {
  const { found } = to;
  if (depth > deepest) return false;
  if (found.length >= mostIssues) return true;
  const text = textOf(value, 500);
  if (text !== undefined) return path !== '' && found.push({ path, message: text }) > 0;
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item === 'string'))
      return value.every((item) => collect(item, path, depth + 1, to));
    return value.slice(0, mostIssues).every((item, at) => {
      const below = messageIn(item) === undefined ? `${path}.${at}` : path;
      return collect(item, below, depth + 1, to);
    });
  }
  if (!isObject(value)) return false;
  const message = messageIn(value);
  if (message !== undefined && path !== '') {
    const code = codeOf(value['code'] ?? value['error']);
    return found.push({ path, message, ...given({ code }) }) > 0;
  }
  return Object.keys(value)
    .slice(0, mostIssues)
    .every((key) => {
      if (to.isStrict && typeof value[key] === 'string') return false;
      const isWhole = wholeNames.has(key.replaceAll('_', '').toLowerCase()) && path !== '';
      return collect(value[key], isWhole ? path : join(path, key), depth + 1, to);
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
