import { isEcho, isEnvelope } from './echo.ts';
import { isObject, type Members, membersOf } from './members.ts';

/** The body of an answer, by its form. */
export type Body =
  | { readonly form: 'json'; readonly data: unknown; readonly holders: readonly unknown[] }
  | { readonly form: 'xml' | 'html' | 'text'; readonly data: string }
  | { readonly form: 'none'; readonly data: undefined };

const longestParsed = 1_000_000;
/** The beginning of a page, or of a part of one. */
const page = /^(?:<\?xml[^<>]{0,200}>\s{0,20})?<(?:!doctype\s+html|html|head|body|center|div|h[1-6]|p|pre|title)\b/i;

/** Detects the form of a body by its content, since half of all servers mislabel the bodies of their errors. */
export function readBody(text: string | undefined, contentType: string | null): Body {
  const trimmed = text?.replace(/^\uFEFF/, '').trim();
  const isBinary = /^application\/grpc/i.test(contentType ?? '');
  if (trimmed === undefined || trimmed === '' || isBinary) return { form: 'none', data: undefined };
  const json = parseJson(trimmed);
  if (json !== undefined) return { form: 'json', data: json.value, holders: holdersOf(json.value) };
  // Many servers send a sentence as HTML.
  if (page.test(trimmed) || (/\bhtml\b/i.test(contentType ?? '') && /<[a-z!/]/i.test(trimmed))) {
    return { form: 'html', data: trimmed };
  }
  if (trimmed.startsWith('<')) return { form: 'xml', data: trimmed };
  return { form: 'text', data: trimmed };
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  if (text.length > longestParsed || !/^[[{"\dtfn-]/.test(text)) return undefined;
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

const inners = ['error', 'fault', 'exception', 'failure', 'problem', 'detail'];

/** The objects that may describe the error, the most special first: `error`, `detail`, the root, the first of `errors`. */
function holdersOf(data: unknown, depth = 0): readonly unknown[] {
  const root = Array.isArray(data) ? ofList(data) : data;
  const members = membersOf(root);
  const holders: unknown[] = [];
  const add = (value: unknown): void => {
    if (isObject(value)) holders.push(value);
  };
  for (const name of inners) {
    if (!members.has(name)) continue;
    const one = firstIn(members.get(name));
    add(firstIn(membersOf(one).get('error')));
    add(one);
  }
  for (const [name, value] of members) if (isErrorName(name)) add(firstIn(value));
  // `{Response: {Error: …}}`: an envelope within another one.
  const [[name, only] = ['']] = members.size === 1 && depth < 2 ? members : [];
  const isAround = !isEcho(name) || (isEnvelope(name, members, true) && isErrorObject(only));
  if (isObject(only) && isAround && !members.has('error')) holders.push(...holdersOf(only, depth + 1));
  add(root);
  for (const one of furtherHolders(members)) add(one);
  for (const name of lists) {
    const first = firstIn(members.get(name));
    add(first);
    if (name !== 'errors') add(firstIn(membersOf(first).get('errors')));
  }
  add(members.get('meta'));
  add(members.get('status'));
  return holders;
}

/** `["error", 10020, "limit: invalid"]` is an error without names; any other list has its first entry. */
function ofList(list: readonly unknown[]): unknown {
  if (list[0] !== 'error') return list[0];
  return {
    code: list.find((one) => typeof one === 'number'),
    message: list.slice(1).find((one) => typeof one === 'string'),
  };
}

/**
 * Objects under other names, after the root: `details.applicationError`, the first of `tppMessages`, a text in `data`, or
 * the first of `data` that says that it has failed.
 */
function* furtherHolders(members: Members): Iterable<unknown> {
  const error = membersOf(members.get('data')).get('error');
  if (typeof error === 'string') yield { error };
  const first = Array.isArray(members.get('data')) ? firstIn(members.get('data')) : undefined;
  if (/^(?:error|fail)/i.test(String(membersOf(first).get('status')))) yield first;
  for (const [name, value] of membersOf(members.get('details'))) if (isErrorName(name)) yield firstIn(value);
  // Without a code they may be those of a chat, which the caller has sent.
  for (const [name, value] of members) {
    const first = firstIn(value);
    if (/.messages$/.test(name) && membersOf(first).has('code')) yield first;
  }
}

const lists = ['errors', 'errordetails', 'reasons', 'messages', 'issue'];

/** An inner error says less than the error around it; `on_error` is what the caller has asked for. */
const noErrors = new Set(['innererror', 'onerror']);

/** `detailedError`, `serviceException`. */
function isErrorName(name: string): boolean {
  return name.length > 5 && !noErrors.has(name) && !inners.includes(name) && /(?:error|exception|fault)$/.test(name);
}

function firstIn(value: unknown): unknown {
  const first = Array.isArray(value) ? (value[0] as unknown) : value;
  return membersOf(first).get('json') ?? first;
}

/**
 * A message that is an error in JSON again: what a validator or a further server says. Any other JSON is a text, such as
 * the body that the caller has sent.
 */
export function bodyInMessage(holders: readonly unknown[]): readonly unknown[] {
  for (const holder of holders) {
    const text = membersOf(holder).get('message');
    if (typeof text !== 'string' || !/^\s*(?:\{\s*"|\[\s*\{)/.test(text)) continue;
    const inner = readBody(text, null);
    if (inner.form !== 'json') continue;
    if (!Array.isArray(inner.data) && isErrorObject(inner.data)) return inner.holders;
    if (Array.isArray(inner.data) && inner.data.every(isProblem)) return [...inner.holders, { errors: inner.data }];
  }
  return [];
}

/**
 * An object with an error of its own, or with a message beside an error's status or an error's own name, or with nothing
 * but what errors have.
 */
function isErrorObject(data: unknown): boolean {
  const members = membersOf(data);
  if (hasText(data, [...messages, 'error']) && [...members.keys()].every((name) => ofErrors.has(name))) return true;
  if (members.size === 1 && members.has('errors')) return true;
  for (const name of inners) {
    const inner = firstIn(members.get(name));
    if (isObject(inner) && hasText(inner, messages)) return true;
  }
  const isOfStatus = ['status', 'statuscode', 'code'].some((name) => isErrorStatus(members.get(name)));
  return hasText(data, ['errormessage', 'errordescription']) || (isOfStatus && hasText(data, messages));
}

/** One entry of a validator's list: a message with a code, or with a path that is a list; or what was broken. */
function isProblem(entry: unknown): boolean {
  const members = membersOf(entry);
  if (isObject(members.get('constraints'))) return true;
  const isPlaced = Array.isArray(members.get('path') ?? members.get('loc'));
  return hasText(entry, messages) && (isPlaced || hasText(entry, ofProblems));
}

const messages = ['message', 'msg', 'detail', 'description', 'title', 'reason', 'faultstring'];
const ofErrors = new Set([
  ...['message', 'msg', 'detail', 'details', 'reason', 'error', 'success', 'ok', 'timestamp', 'requestid', 'traceid'],
  ...['code', 'errorcode', 'errortype', 'status', 'statuscode', 'retryafter', 'param', 'faultstring', 'faultcode'],
]);

/** A `path` may also be that of a file. */
const ofProblems = ['code', 'errorcode', 'field', 'param', 'property', 'instancepath', 'keyword'];

function hasText(value: unknown, names: readonly string[]): boolean {
  const members = membersOf(value);
  return names.some((name) => typeof members.get(name) === 'string');
}

function isErrorStatus(value: unknown): boolean {
  return Number(value) >= 400 && Number(value) <= 599;
}
