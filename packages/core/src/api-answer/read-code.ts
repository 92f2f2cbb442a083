import { byEnding, type HeaderLines } from '../server-timing/header-lines.ts';
import { isPlaced } from './issue-path.ts';
import { firstFound, firstInList, firstMember, firstOf, isObject, type Members, membersOf, textOf } from './members.ts';
import { statusName } from './status-names.ts';

/**
 * A code is a word or a number by which a program distinguishes the errors of one API. Half of all APIs have a member
 * `code` that only repeats the status, and the real code beside it under another name; so names are ranked, and what
 * repeats the status or its phrase is passed over.
 */

const codeNames = [
  'code',
  'errorcode',
  'errcode',
  'ecode',
  'errornumber',
  'errornum',
  'errno',
  'scimtype',
  'errorname',
  'errorid',
  'errorkey',
  'messageid',
  'errortag',
  'error',
  'reason',
  'reasoncode',
  'errortype',
  'name',
  'id',
  'category',
  'status',
  'errorsummary',
  'statuscode',
  'responsecode',
  'label',
];
/** The names of codes, without those that any object may have. */
const exactNames = codeNames.filter((name) => name !== 'id' && name !== 'name');

/** True if an object has a message: then its `id` or `name` identifies the error. */
function saysWhatFailed(members: Members): boolean {
  const [error] = [members.get('errors')].flat();
  const says = ['message', 'msg', 'detail', 'details', 'title', 'errormessage'];
  return says.some((name) => members.has(name)) || typeof error === 'string';
}

/** Words that only say that something failed. */
const empty = /^(?:error|errors|fail|failed|failure|fatal|false|true|null|none|unknown)$/i;
/**
 * An `id` or a `name` is a code only if it is made of words; anything else names an object. Between two words stands
 * exactly one separator: with an optional one, the time of a match doubles with each letter.
 */
const words = /^[a-z]+(?:[_.-][a-z]+)*$/i;
const wordNames = new Set(['id', 'name', 'status', 'messageid', 'responsecode']);
/** `RATE_LIMIT_EXCEEDED`: a code wherever it stands, also as the only message. */
const capitals = /^[A-Z][A-Z\d]{0,40}(?:_[A-Z\d]{1,40}){1,10}$/;
const capitalNames = new Set(['label', 'message']);

/** Reads the code from the objects that describe the error. */
export function readCode(holders: readonly unknown[], status: number): string | undefined {
  const read = (value: unknown, name: string): string | undefined => codeFrom(value, name, status);
  const code = firstFound(holders, (holder) => {
    const members = membersOf(holder);
    return (
      shapeName(holder) ??
      firstInList(members.get('details'), reasonOfType) ??
      firstOf(members, saysWhatFailed(members) ? codeNames : exactNames, read) ??
      nested(members, read) ??
      // `serviceErrorCode`, `errorResponseCode` and their like.
      firstMember(members, (value, name) => (/error(?:response)?code$/.test(name) ? read(value, name) : undefined)) ??
      read(members.get('message'), 'message') ??
      errorName(members)
    );
  });
  const isStatus = (holder: unknown): boolean => textOf(membersOf(holder).get('code'), 200) === String(status);
  return code ?? (holders.some(isStatus) ? String(status) : undefined);
}

/** `{name: 'ValidationError', errors: {…}}`: such a name says that it is an error's. */
function errorName(members: Members): string | undefined {
  const name = textOf(members.get('name'), 200) ?? '';
  return capitals.test(name) || /^[A-Za-z]+(?:Error|Exception)$/.test(name) ? name : undefined;
}

function codeFrom(value: unknown, name: string, status: number): string | undefined {
  if (typeof value === 'number') {
    const isCode = Number.isSafeInteger(value) && value !== status && value !== 0;
    // `status_code: 34` is a code of the API's own; one from 100 on is a status.
    if (name === 'statuscode' && value >= 100) return undefined;
    return isCode && /code|number|^err(?:or|no$)/.test(name) ? String(value) : undefined;
  }
  if (name === 'errorid' || name === 'statuscode') return undefined;
  const text = textOf(value, 200);
  if (text === undefined || /\s/.test(text) || text === String(status) || empty.test(text)) return undefined;
  if (text === statusName(status) || /^https?:/i.test(text)) return undefined;
  if (wordNames.has(name)) return words.test(text) ? text : undefined;
  if (capitalNames.has(name)) return capitals.test(text) ? text : undefined;
  return name === 'errorsummary' ? text.replace(/\/\.*$/, '') : text;
}

/** `__type` names the shape of an error: `com.amazon.coral.validate#ValidationException` is a `ValidationException`. */
function shapeName(holder: unknown): string | undefined {
  if (!isObject(holder) || !Object.hasOwn(holder, '__type')) return undefined;
  return textOf(holder['__type'], 200)?.split('#').at(-1);
}

/** The reason of an `ErrorInfo` among the details is the most exact code that there is. */
function reasonOfType(detail: unknown): string | undefined {
  const own = membersOf(detail);
  const type = textOf(own.get('@type') ?? own.get('type')) ?? '';
  return /\bErrorInfo$/.test(type) ? textOf(own.get('reason'), 200) : undefined;
}

function nested(members: Members, read: (value: unknown, name: string) => string | undefined): string | undefined {
  const within = (name: string, inner: string): string | undefined =>
    read(membersOf(members.get(name)).get(inner), inner);
  return (
    within('extensions', 'code') ??
    within('sys', 'id') ??
    // Beside a path, `data` is the value at that path.
    (isPlaced(members) ? undefined : within('data', 'code')) ??
    within('details', 'errorcode') ??
    within('detail', 'errorcode') ??
    firstOf(firstError(members), ['reason', 'code'], read)
  );
}

/** The members of the first of `errors`. */
function firstError(members: Members): Members {
  const errors = members.get('errors');
  return membersOf(Array.isArray(errors) ? errors[0] : undefined);
}

/** The reason of the first of `errors`, where Google says what a general `status` stands for. */
export function readReason(holders: readonly unknown[]): string | undefined {
  return firstFound(holders, (holder) => wordIn(firstError(membersOf(holder)).get('reason')));
}

function wordIn(value: unknown): string | undefined {
  const text = textOf(value, 200);
  return text === undefined || /\s/.test(text) ? undefined : text;
}

const codeHeaders = ['x-ms-error-code', 'x-sb-error-code', 'x-error-code', 'x-clickhouse-exception-code'];
/** Headers that say less than a code in the body. */
const weakHeaders = ['grpc-status', 'ratelimit-reason'];

/** Reads the code in a header; it is the API's own, and never the status. */
export function readCodeHeader(headers: HeaderLines): string | undefined {
  const aws = textOf(headers.get('x-amzn-errortype'), 200)?.split(':', 1)[0];
  if (aws !== undefined && aws !== '') return aws.split('#').at(-1);
  return firstFound(codeHeaders, (name) => textOf(headers.get(name), 200));
}

/** Reads the code in a header that counts where the body has none. */
export function readWeakCodeHeader(headers: HeaderLines): string | undefined {
  return (
    firstFound(weakHeaders, (name) => {
      const code = textOf(headers.get(name), 200);
      return code === '0' ? undefined : code;
    }) ?? byEnding(headers, 'error-code', wordIn)
  );
}
