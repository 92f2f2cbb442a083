import { byEnding, type HeaderLines } from '../server-timing/header-lines.ts';
import { firstFound, firstInList, firstMember, firstOf, isObject, membersOf, textOf } from './members.ts';
import { statusName } from './status-names.ts';

const messageNames = [
  'message',
  'msg',
  'errormessage',
  'errormsg',
  'errmsg',
  'errordescription',
  'detail',
  'errordetail',
  'description',
  'details',
  'errorsummary',
  'errormessages',
  'messages',
  'messagetranslations',
  'faultstring',
  'title',
  'summary',
  'reason',
  'error',
  'err',
  'errors',
  'text',
  'diagnostics',
  'info',
];
/** Names under which a single word is a code rather than a message. */
const codeLike = new Set(['reason', 'error', 'err', 'errors', 'errorsummary', 'details', 'summary']);

const fieldLike = new Set(['title', 'description', 'reason']);

/** Reads the message from the objects that describe the error; what only repeats the status comes last. */
export function readMessage(holders: readonly unknown[], status: number): string | undefined {
  const says = (value: unknown, name: string): string | undefined => {
    const text = messageFrom(value, name);
    return text === undefined || repeatsStatus(text, status) ? undefined : text;
  };
  const named = (read: typeof says): string | undefined =>
    firstFound(holders, (holder) => firstOf(membersOf(holder), messageNames, read));
  return (
    named(says) ??
    named(messageFrom) ??
    firstFound(holders, (holder) => firstMember(membersOf(holder), messageByEnding)) ??
    firstFound(holders, (holder) => firstOf(membersOf(holder), wordNames, firstText))
  );
}

const wordNames = ['error', 'err', 'reason', 'errorsummary', 'errors'];

function messageByEnding(value: unknown, name: string): string | undefined {
  return name.endsWith('message') || name.endsWith('msg') ? textOf(value) : undefined;
}

function firstText(value: unknown): string | undefined {
  return textOf(Array.isArray(value) ? value[0] : value);
}

function messageFrom(value: unknown, name: string): string | undefined {
  // A list under one of these names holds what is wrong with a field that has this name.
  if (Array.isArray(value) && fieldLike.has(name)) return undefined;
  const text = firstText(value) ?? textIn(Array.isArray(value) ? value[0] : value, name);
  if (text === undefined) return undefined;
  return codeLike.has(name) && !/\s/.test(text) ? undefined : text;
}

/** `{lang, value}`; texts by language, of which the English one counts; and `details: {text}` beside a list of codings. */
function textIn(value: unknown, name: string): string | undefined {
  if (!isObject(value)) return undefined;
  const members = membersOf(value);
  return (
    textOf(members.get('en') ?? members.get('enus') ?? members.get('engb')) ??
    (name === 'details' ? textOf(members.get('text')) : undefined) ??
    (members.has('lang') || members.has('value') ? textOf(members.get('value')) : undefined)
  );
}

/** Reads the message in a header; gRPC percent-encodes it. */
export function readMessageHeader(headers: HeaderLines): string | undefined {
  const text =
    textOf(headers.get('x-error-message') ?? headers.get('grpc-message')) ??
    // `x-bamboohr-error-message` and its like.
    byEnding(headers, 'error-message', textOf);
  try {
    return text && decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Reads the parameter at fault. */
export function readParam(holders: readonly unknown[]): string | undefined {
  return firstFound(holders, (holder) =>
    firstOf(membersOf(holder), ['param', 'parameter', 'field', 'target'], paramFrom),
  );
}

/** Python writes `None` for what is not there; JSON is a value. */
function paramFrom(value: unknown): string | undefined {
  const text = textOf(value, 200);
  return text === 'None' || /^[{[]/.test(text ?? '') ? undefined : text;
}

/** Reads the class of the error; words such as `error` say nothing and are skipped. */
export function readType(holders: readonly unknown[]): string | undefined {
  const read = (value: unknown): string | undefined => {
    const text = textOf(value, 200);
    return text === undefined || /^error(?:\.list|response)?$/i.test(text) ? undefined : text;
  };
  return firstFound(holders, (holder) =>
    isObject(holder) && Object.hasOwn(holder, '__type') && !Object.hasOwn(holder, 'type')
      ? undefined
      : firstOf(membersOf(holder), ['type', 'errortype', 'category'], read),
  );
}

const helpNames = [
  'documentationurl',
  'docurl',
  'docsurl',
  'helpurl',
  'errorurl',
  'help',
  'docs',
  'moreinfo',
  'erroruri',
  'errorlink',
  'documentation',
  'link',
  'url',
];

/** Reads the link to the documentation of the error: an absolute http(s) URL. */
export function readHelp(holders: readonly unknown[]): string | undefined {
  return firstFound(holders, (holder) => {
    const members = membersOf(holder);
    return (
      firstOf(members, helpNames, helpUnder) ??
      urlOf(membersOf(members.get('data')).get('see')) ??
      firstOf(membersOf(members.get('extensions')), helpNames, urlOf) ??
      helpIn(members.get('href')) ??
      linkIn(members.get('links')) ??
      firstInList(members.get('details'), (detail) => linkIn(membersOf(detail).get('links')))
    );
  });
}

/** A link that a browser may open: never `javascript:`. */
export function urlOf(value: unknown): string | undefined {
  const text = textOf(value, 2000);
  return text !== undefined && /^https?:\/\/\S+$/i.test(text) ? text : undefined;
}

/** Under `url` many servers repeat the address of the request. */
function helpUnder(value: unknown, name: string): string | undefined {
  return name === 'url' ? helpIn(value) : urlOf(value);
}

/** A `href` may also be the address of the resource. */
function helpIn(href: unknown): string | undefined {
  const url = urlOf(href);
  return url !== undefined &&
    /help|docs?\b|errors?\b|support|problems?\b|aka\.ms|\bdev|reference|articles?\b|guide|swagger|wiki/i.test(url)
    ? url
    : undefined;
}

function linkIn(links: unknown): string | undefined {
  if (isObject(links)) {
    const read = (value: unknown): string | undefined => urlOf(value) ?? urlOf(membersOf(value).get('href'));
    return firstOf(membersOf(links), ['documentation', 'help', 'about'], read);
  }
  return firstInList(links, (link) => firstOf(membersOf(link), ['href', 'url'], urlOf));
}

/** The message of a plain text: its beginning. JSON that is cut short is not a message. */
export function messageOfText(text: string): string | undefined {
  return /^[[{]/.test(text) || !/[\p{L}\p{N}]/u.test(text) ? undefined : text.slice(0, 300).trim();
}

/** True if a text says no more than the status does: `503 Service Temporarily Unavailable`. */
export function repeatsStatus(text: string, status: number): boolean {
  if (text.length > longestPhrase) return false;
  const phrase = (statusName(status) ?? '').toLowerCase();
  const said =
    text
      .toLowerCase()
      .replaceAll(String(status), ' ')
      .match(/[a-z]+/g) ?? [];
  return said.every((word) => emptyWords.has(word) || phrase.includes(word));
}

const longestPhrase = 80;
const emptyWords = new Set(['error', 'http', 'temporarily', 'time', 'out', 'status', 'code']);
