import { given } from '../kernel/given.ts';
import type { Issue } from './api-answer.ts';
import { isEcho } from './echo.ts';
import { hasOwnPath, pathOf } from './issue-path.ts';
import { firstMember, firstOf, isObject, type Members, membersOf, textOf } from './members.ts';
import { byField, codeOf, mostIssues, sentencesByField } from './read-field-maps.ts';

/** Names of lists of issues, by rank. */
export const issueLists: readonly string[] = [
  'errors',
  'issues',
  'violations',
  'details',
  'detail',
  'fieldviolations',
  'fielderrors',
  'invalidfields',
  'invalidparams',
  'invalidparameters',
  'validationerrors',
  'modelstate',
  'errordetails',
  'errorcauses',
  'errormessages',
  'cause',
  'causes',
  'issue',
  'message',
  'messages',
];
const messageNames = [
  'message',
  'msg',
  'defaultmessage',
  'errormessage',
  'errorsummary',
  'detail',
  'description',
  'details',
  'title',
  'helpmessage',
  'text',
  'diagnostics',
  'reason',
  'error',
];
const codeNames = ['code', 'errorcode', 'errno', 'issue', 'type', 'rule', 'reason', 'name'];
/** Codes that no object has that is not about an error. */
const ownCodeNames = ['code', 'errorcode', 'issue', 'rule'];

/** How deep lists within entries are read. */
const deepestList = 5;

/** The issues in a list. */
export function issuesIn(list: readonly unknown[], depth = 0): Issue[] {
  return list.slice(0, mostIssues).flatMap((entry) => issueOf(entry, depth) ?? []);
}

/** One entry of a list. An object with an `@type` is read by its type, and is never an issue. */
function issueOf(item: unknown, depth: number): Issue[] | undefined {
  const text = textOf(item, 500);
  if (text !== undefined) return [{ path: '', message: text }];
  if (!isObject(item) || Object.hasOwn(item, '@type')) return undefined;
  const members = membersOf(item);
  if (members.has('debug') && members.has('value')) return undefined;
  const path = pathOf(members);
  // Beside a message, constraints are what was broken, such as a pattern.
  const constraints = messageOf(members) === undefined ? byConstraint(members, path) : undefined;
  if (constraints) return constraints;
  const listed = members.get('messages');
  if (path !== undefined && Array.isArray(listed)) {
    return listed.slice(0, mostIssues).flatMap((each) => {
      const text = textOf(each, 500);
      return text === undefined ? [] : [{ path, message: text }];
    });
  }
  // The code is left out where it only repeats the name of the field.
  const code = firstOf(members, codeNames, (value) => (value === path ? undefined : codeOf(value)));
  const message = messageOf(members);
  if (message === undefined && (path === undefined || code === undefined || !isSure(members))) {
    if (depth === deepestList) return undefined;
    const inner = issueLists.map((name) => members.get(name)).find(Array.isArray);
    return inner && issuesIn(inner, depth + 1);
  }
  return [{ path: path ?? '', message: message ?? code ?? '', ...given({ code }) }];
}

/** `{property: 'name', constraints: {isNotEmpty: 'name should not be empty'}}`: a text for each rule. */
function byConstraint(members: Members, path = ''): Issue[] | undefined {
  const texts = Object.entries(members.get('constraints') ?? {}).slice(0, mostIssues);
  if (texts.length === 0 || !texts.every(([, text]) => typeof text === 'string')) return undefined;
  return texts.map(([code, message]) => ({ path, message: String(message).slice(0, 500), code }));
}

function messageOf(members: Members): string | undefined {
  const text = textOf(membersOf(members.get('details')).get('text'), 500);
  return text ?? firstOf(members, messageNames, (value) => textOf(value, 500));
}

/** `{name, type}` may be anything; `{field, code}` is a problem of a field. */
function isSure(members: Members): boolean {
  return hasOwnPath(members) || ownCodeNames.some((name) => members.has(name));
}

/** Names under which a list holds problems, whatever API it is. */
const listName = /error|invalid|fail|violation|problem|issue|param|field|exception/;

/** Names under which an object holds problems by field: `error_data`, `errorDetails`. */
const mapName = /error|invalid|violation|validation/;

/** A list such as `failed_records` or `context.fields`, in which each entry says where the problem is, and what it is. */
export function issuesElsewhere(members: Members): readonly Issue[] | undefined {
  return listWithin(members, deepestMember);
}

/** `data.zodError.fieldErrors` is as deep as any list of issues is. */
const deepestMember = 2;

function listWithin(members: Members, depth: number): readonly Issue[] | undefined {
  return firstMember(members, (value, name) => {
    if (isEcho(name)) return undefined;
    return listOf(name, value) ?? (depth > 0 ? listWithin(membersOf(value), depth - 1) : undefined);
  });
}

function listOf(name: string, value: unknown): readonly Issue[] | undefined {
  if (name === 'fielderrors') return byField(value);
  if (isObject(value) && mapName.test(name)) return sentencesByField(value);
  if (!Array.isArray(value) || value.length === 0 || !listName.test(name)) return undefined;
  const entries = value.slice(0, mostIssues);
  const areIssues = entries.every((entry) => {
    const members = membersOf(entry);
    return hasOwnPath(members) && messageOf(members) !== undefined;
  });
  return areIssues ? issuesIn(entries) : undefined;
}
