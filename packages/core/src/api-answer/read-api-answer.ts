import { given } from '../kernel/given.ts';
import { summarizeCause } from '../redact/cause.ts';
import { type HeaderLines, linesOf } from '../server-timing/header-lines.ts';
import type { AnswerParts, ApiAnswer, Found, Kind } from './api-answer.ts';
import { dialectFacts, dialectVerdict, dialectWait, holds, type Reading } from './apply-dialect.ts';
import { checkedAnswer } from './checked-answer.ts';
import type { Dialect } from './dialect.ts';
import { isEcho } from './echo.ts';
import { statusOf } from './kinds.ts';
import { firstFound, forgetMembers, membersOf, search, textOf } from './members.ts';
import { quotaWait } from './quota-wait.ts';
import { readAnyQuotas } from './read-any-quotas.ts';
import { type Body, readBody } from './read-body.ts';
import { readBodyFacts } from './read-body-facts.ts';
import { readCodeHeader, readReason, readWeakCodeHeader } from './read-code.ts';
import { readMessageHeader, urlOf } from './read-message.ts';
import { readRequestIdHeader, readUuid } from './read-request-id.ts';
import { readScope, readScopeMember } from './read-scope.ts';
import { readResetMember, readWaitMember } from './read-waits.ts';
import { explicitRetry, type RetryWord } from './server-word.ts';
import { nowOf } from './time-forms.ts';
import { appliedOf, kindOf, retryOf, type Said } from './verdict.ts';
import { readWaitHeader, type Wait } from './wait-headers.ts';

export { scarcestQuota } from './scarcest.ts';
export { saysScope } from './www-authenticate.ts';

/**
 * Reads what an API says in an answer: by general rules that name no API, then by the dialects that the user chose.
 * Never throws, whatever the answer contains.
 *
 * @remarks The text is bounded by its caller; every walk through it is bounded here.
 */
export function readApiAnswer(parts: AnswerParts, dialects: readonly Dialect[] = []): ApiAnswer {
  try {
    return readParts(parts, dialects);
  } finally {
    forgetMembers();
  }
}

function readParts(parts: AnswerParts, dialects: readonly Dialect[]): ApiAnswer {
  const { status, text, wallNowMs } = parts;
  const headers = linesOf(parts.headers);
  const body = readBody(text, headers.get('content-type'));
  const reading: Reading = { parts, data: body.data };
  const own = layer(dialects, (dialect) => readByCode(dialect, reading));
  const facts = {
    ...readBodyFacts(body, status, headers),
    ...layer(dialects, (dialect) => dialectFacts(dialect, reading)),
  };
  const found: Found = {
    ...facts,
    code: readCodeHeader(headers) ?? facts.code ?? readWeakCodeHeader(headers),
    message: facts.message ?? readMessageHeader(headers),
    ...own,
  };
  const waitOf = (which: 'found' | 'known'): Wait | undefined => dialectsWait(dialects, reading, found, which);
  const wait = ownWait(own) ?? waitOf('found') ?? generalWait(body, parts, headers) ?? waitOf('known');
  const quotas = own.quotas ?? readAnyQuotas(parts, body.data, dialects, headers);
  const { code, type, message } = found;
  const said: Said = { status, headers, code, type, message, wait, quotas, ...flagsOf(body, headers) };
  const verdict = firstVerdict(dialects, reading, found);
  const kind = own.kind ?? verdict?.kind ?? kindOf(said);
  const binding = wait ?? quotaWaitOf(said, kind, wallNowMs) ?? resetOf(body, said, wallNowMs);
  return given({
    ...found,
    kind,
    helpUrl: urlOf(found.helpUrl),
    requestId: found.requestId ?? readRequestIdHeader(headers) ?? idOf(body),
    scope: found.scope ?? readScope(status, headers) ?? scopeOf(body, code),
    waitMs: binding?.waitMs,
    waitSource: binding?.source,
    quotas,
    ...retryWord(said, kind, own.retry === undefined ? verdict : own),
    applied: own.applied ?? verdict?.applied ?? appliedOf(kind, said),
    data: body.data,
  }) as ApiAnswer;
}

function ownWait({ waitMs, waitSource = 'dialect' }: Partial<ApiAnswer>): Wait | undefined {
  return waitMs === undefined ? undefined : { waitMs, source: waitSource };
}

/**
 * The status as which a success counts that a dialect calls a failure; `undefined` for a real success.
 *
 * @remarks Without a dialect the body of a success is never looked at.
 */
export function failureStatus(parts: AnswerParts, dialects: readonly Dialect[], answer: ApiAnswer): number | undefined {
  if (parts.status >= 400) return undefined;
  return firstFound(dialects, ({ failure }) =>
    failure && isMeant(failure, parts) && holds(failure.when, { parts, data: answer.data }, answer)
      ? (failure.status ?? statusOf(answer.kind))
      : undefined,
  );
}

/** A rule for streams does not apply to a whole body. */
function isMeant(failure: NonNullable<Dialect['failure']>, { isEvent = false }: AnswerParts): boolean {
  return failure.in === undefined || isEvent;
}

/** What the dialects say; the first one takes precedence. */
function layer(dialects: readonly Dialect[], read: (dialect: Dialect) => Partial<ApiAnswer>): Partial<ApiAnswer> {
  if (dialects.length === 0) return nothing;
  const layers = dialects.map(read);
  return layers.length === 1 ? (layers[0] ?? {}) : (Object.assign({}, ...layers.reverse()) as Partial<ApiAnswer>);
}

const nothing: Partial<ApiAnswer> = {};

/** First the server's explicit word, then the dialect's verdict, then the code. */
function retryWord(said: Said, kind: Kind, verdict: RetryWord | undefined): RetryWord {
  const explicit = explicitRetry(said.headers);
  if (explicit) return explicit;
  const retry = verdict?.retry ?? retryOf(said, kind);
  if (retry === undefined) return {};
  return { retry, ...given({ retrySource: verdict?.retrySource }) };
}

type Verdict = Pick<ApiAnswer, 'kind' | 'retry' | 'retrySource' | 'applied'>;

function firstVerdict(dialects: readonly Dialect[], reading: Reading, found: Found): Verdict | undefined {
  return firstFound(dialects, (dialect) => {
    const verdict = dialectVerdict(dialect, reading, found);
    return verdict && { ...verdict, retrySource: sourceOf(dialect) };
  });
}

/** What an answer names as the source of what a dialect says. */
function sourceOf({ name }: Dialect): string {
  return `dialect (${name})`;
}

/** What a dialect's own code returns; the result is checked, and an error that it throws is recorded. */
function readByCode(dialect: Dialect, { parts, data }: Reading): Partial<ApiAnswer> {
  if (dialect.read === undefined) return {};
  const source = sourceOf(dialect);
  try {
    return checkedAnswer(dialect.read({ ...parts, data }), source);
  } catch (error) {
    const { name, message } = summarizeCause(error) ?? { name: 'Error', message: '' };
    return { readerError: `${source} threw ${name}: ${message}` };
  }
}

/** A wait that an answer gives in its own place; or, if it gives none, one that is known from documentation. */
function dialectsWait(
  dialects: readonly Dialect[],
  reading: Reading,
  found: Found,
  which: 'found' | 'known',
): Wait | undefined {
  return firstFound(dialects, (dialect) => {
    const waitMs = dialectWait(dialect, reading, found, which);
    return waitMs === undefined ? undefined : { waitMs, source: sourceOf(dialect) };
  });
}

/** A header in whole seconds and a body with a fraction mean the same moment; the longer wait is safe. */
function generalWait(body: Body, { status, wallNowMs }: AnswerParts, headers: HeaderLines): Wait | undefined {
  const header = readWaitHeader(headers, wallNowMs);
  const member = body.form === 'json' ? readWaitMember(body.data, headers, wallNowMs, status) : undefined;
  if (header === undefined || member === undefined) return header ?? member;
  return header.source === 'Retry-After' && member.waitMs > header.waitMs ? member : header;
}

/** A quota blocks further requests only if the answer is about it. */
function quotaWaitOf(said: Said, kind: Kind, wallNowMs: number): Wait | undefined {
  return kind === 'rateLimited' || kind === 'quotaSpent'
    ? quotaWait(said.status, said.quotas, nowOf(wallNowMs))
    : undefined;
}

/** Where neither a header nor a member asks for a wait, a 429 may say when its limit is reset. */
function resetOf(body: Body, { status, headers, quotas }: Said, wallNowMs: number): Wait | undefined {
  if (status !== 429 || body.form !== 'json') return undefined;
  const hasLeft = quotas.some(({ remaining = 0 }) => remaining > 0);
  return readResetMember(body.data, headers, wallNowMs, hasLeft);
}

function flagsOf(body: Body, headers: HeaderLines): Pick<Said, 'isTransient' | 'policy' | 'reason'> {
  const problem = textOf(headers.get('x-rate-limit-problem'), 100);
  if (body.form !== 'json') return { isTransient: false, policy: problem };
  const isTransient = body.holders.some((holder) => membersOf(holder).get('istransient') === true);
  const policy = search(
    body.data,
    (name, value) => (name === 'policyname' ? textOf(value, 200) : undefined),
    isAboutError,
    2,
  );
  return { isTransient, policy: policy ?? problem, reason: readReason(body.holders) };
}

/** The name of a policy may stand in the error, but not in what the caller has sent. */
function isAboutError(name: string): boolean {
  return /error|detail|context|meta|limit/.test(name) && !isEcho(name);
}

function scopeOf(body: Body, code: string | undefined): string | undefined {
  return body.form === 'json' ? readScopeMember(body.holders, code) : undefined;
}

function idOf(body: Body): string | undefined {
  return body.form === 'json' ? readUuid(body.holders) : undefined;
}
