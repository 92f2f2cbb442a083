import type { Issue } from './api-answer.ts';
import { issueLists, issuesElsewhere, issuesIn } from './issue-entry.ts';
import { hasOwnPath, pathOf } from './issue-path.ts';
import { firstFound, firstInList, isObject, type Members, membersOf } from './members.ts';
import {
  byField,
  dataOfFields,
  isFieldMap,
  isSentence,
  mapOfFields,
  mapOfTexts,
  mostIssues,
  sentencesByField,
} from './read-field-maps.ts';

/**
 * The problems that an answer lists, one for each field. They have a dozen names, as lists, as texts by field, or as
 * the whole body. An object is an issue only if it has a message, or a path and a code: an invented issue sends its
 * reader to a field that does not exist.
 */

/** Members that are lists in some APIs, and maps from a field's name to its problems in others. */
const maps = new Set([
  'errors',
  'message',
  'fielderrors',
  'invalidfields',
  'validationerrors',
  'modelstate',
  'errormessages',
]);

/** Reads the issues in a JSON error; `message` is the error's own, which is not an issue by itself. */
export function readIssues(
  holders: readonly unknown[],
  root: unknown,
  message: string | undefined,
  status: number,
): readonly Issue[] {
  for (const holder of holders) {
    const members = membersOf(holder);
    // Most errors list nothing.
    if (!holdsMore(members)) continue;
    for (const name of issueLists) {
      if (!members.has(name)) continue;
      const found = issuesOf(members.get(name), name, message);
      if (found.length > 0) return found;
    }
    const within =
      byField(membersOf(members.get('data')).get('params')) ??
      listIn(members.get('details'), ['causes', 'fields', 'errors', 'fieldviolations']) ??
      listIn(members.get('contextinfo'), ['errors']) ??
      listIn(members.get('embedded'), ['errors']) ??
      listIn(members.get('innererror'), ['errordetails']) ??
      firstInList(members.get('details'), fieldViolations) ??
      listsWithin(members.get('elements')) ??
      listsWithin(members.get('results')) ??
      mapOfFields(members.get('details')) ??
      mapOfFields(members.get('fields')) ??
      mapOfTexts(members.get('fields')) ??
      dataOfFields(members) ??
      issuesElsewhere(members);
    if (within !== undefined && within.length > 0) return within;
  }
  // A list or an object without an error around it may be what the caller has sent.
  if (Array.isArray(root)) {
    const listed = issuesOf(root.filter(saysWhat), 'errors', undefined).filter(({ path }) => path !== '');
    return listed.length === 0 && message === undefined && isOfInput(status) ? byEntry(root) : listed;
  }
  const found = message === undefined && isFieldMap(root) ? byField(root, true) : undefined;
  return found?.some((issue) => isSentence(issue.message)) ? found : [];
}

function isOfInput(status: number): boolean {
  return status === 400 || status === 422;
}

/**
 * The answer to a batch: the problems of each entry by field, and an empty object for an entry without any. A list
 * without such an empty object may be what the caller has sent.
 */
function byEntry(entries: readonly unknown[]): readonly Issue[] {
  if (!entries.every((entry) => isObject(entry) && isFieldMap(entry))) return [];
  if (!entries.some((entry) => Object.keys(entry as object).length === 0)) return [];
  const found = entries
    .slice(0, mostIssues)
    .flatMap((entry, at) => (byField(entry, true) ?? []).map((issue) => ({ ...issue, path: `${at}.${issue.path}` })));
  return found.length > 0 && found.every((issue) => isSentence(issue.message)) ? found.slice(0, mostIssues) : [];
}

function saysWhat(entry: unknown): boolean {
  const members = membersOf(entry);
  return members.has('message') || members.has('msg') || members.has('source') || hasOwnPath(members);
}

/** True if a member is a list or an object. */
function holdsMore(members: Members): boolean {
  for (const value of members.values()) if (typeof value === 'object' && value !== null) return true;
  return false;
}

/** A single error under the name of a list: an object with a message or a code of its own. */
function isError(value: Readonly<Record<string, unknown>>): boolean {
  return ['message', 'code', 'detail'].some((name) => typeof value[name] === 'string');
}

/** Google repeats the error in a list of one, with the domain of its reason. */
function isOfDomain(entry: unknown): boolean {
  const members = membersOf(entry);
  return members.has('domain') && members.has('reason');
}

/** A message with its language: `{lang: 'en', value: 'Not here'}`, `{en: 'Not here', 'de-AT': 'Nicht da'}`. */
function isTranslated(given: Readonly<Record<string, unknown>>): boolean {
  const names = Object.keys(given);
  const { lang, value } = given;
  if (typeof lang === 'string' && typeof value === 'string') return names.length === 2 && isLanguage(lang);
  return names.every(isLanguage) && names.some((name) => name === 'en' || name.length > 2);
}

/** `en`, `de-AT`, `es-419`, `zh_Hans_CN`: not `ip_address`. */
function isLanguage(text: string): boolean {
  return /^[a-z]{2}(?:-(?:[a-z]{2}|[A-Z]{2}|[A-Z][a-z]{3}|\d{3})|_(?:[A-Z]{2}|[A-Z][a-z]{3}|\d{3})){0,2}$/.test(text);
}

function issuesOf(value: unknown, name: string, message: string | undefined): readonly Issue[] {
  if (Array.isArray(value)) {
    if (name === 'message') return issuesIn(value);
    // As a list they are the messages of the error itself.
    if (name === 'errormessages') return [];
    // One message without a path is that of the error.
    if (name === 'messages') return issuesIn(value).filter(({ path }) => value.length > 1 || path !== '');
    // Texts under `causes` are those of a stack.
    const items: readonly unknown[] = name.startsWith('cause') ? value.filter(isObject) : value;
    const found = issuesIn(items);
    // A list of one that has no path, and says what the error itself says, is the error.
    const [only] = found;
    const isError = only?.path === '' && (only.message === message || isOfDomain(value[0]));
    return found.length === 1 && isError ? [] : found;
  }
  if (!isObject(value)) return [];
  const only = onlyList(value);
  if (only) return issuesOf(only, name, message);
  if (name === 'detail') return sentencesByField(value) ?? [];
  const list = membersOf(value).get('detail');
  if (Array.isArray(list) && list.some((item) => pathOf(membersOf(item)) !== undefined))
    return issuesOf(list, 'detail', message);
  return maps.has(name) && !isError(value) && !isTranslated(value) ? (byField(value) ?? []) : [];
}

/** `{Errors: {Error: […]}}`, as XML is written in JSON: the list itself, and not the problems of a field. */
function onlyList(value: unknown): readonly unknown[] | undefined {
  const members = membersOf(value);
  const list = members.get('error');
  return members.size === 1 && Array.isArray(list) ? list : undefined;
}

function listIn(value: unknown, names: readonly string[]): readonly Issue[] | undefined {
  const members = membersOf(value);
  return firstFound(names, (name) => {
    const list = members.get(name);
    const found = Array.isArray(list) ? issuesIn(list) : byField(list);
    return found?.length ? found : undefined;
  });
}

/** The problems of each element of a batch. */
function listsWithin(elements: unknown): readonly Issue[] | undefined {
  if (!Array.isArray(elements)) return undefined;
  const found = elements.slice(0, 20).flatMap((element) => listIn(element, ['validationerrors', 'errors']) ?? []);
  return found.length === 0 ? undefined : found;
}

/** The field violations of a `BadRequest` among typed details. */
function fieldViolations(detail: unknown): readonly Issue[] | undefined {
  return listIn(detail, ['fieldviolations']) ?? listIn(membersOf(detail).get('debug'), ['fieldviolations']);
}
