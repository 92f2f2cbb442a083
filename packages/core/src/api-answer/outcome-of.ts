import { reader } from '#answer-reader';
import { peekErrorBody } from '../bodies/read-error-body.ts';
import { isReplayable } from '../bodies/replay.ts';
import { responseSlot } from '../bodies/response-slot.ts';
import type { CallContext } from '../kernel/call-context.ts';
import type { Outcome, ResponseOutcome } from '../kernel/outcome.ts';
import { loadedInTime } from '../platform/on-demand.ts';
import type { AnswerParts, ApiAnswer } from './api-answer.ts';
import type { Dialect, Test } from './dialect.ts';
import { readPlainAnswer } from './read-plain-answer.ts';
import { isOverloadStatus } from './statuses.ts';

/**
 * Each answer is read once, and everything that decides or explains uses what was read: policies, the limiter, the
 * circuit, events, errors.
 *
 * The headers of a failed answer are read on demand. Its body is read before the decision only where the body can
 * change it; from a copy where other code may get the response, so that it stays unread. The body of a success is read only where a dialect
 * says that a success may be an error.
 */

/** What is known of a response. */
interface Known {
  outcome: ResponseOutcome | Promise<ResponseOutcome>;
  /** The body was read as well. */
  isWhole: boolean;
}

const known = responseSlot<Known>();
/** Statuses whose meaning the body may change for any method, besides overload: a throttle, a spent quota, work in progress. */
const ambiguous: ReadonlySet<number> = new Set([400, 403, 409, 418, 420, 423, 429]);
const mostBytes = 65_536;

/**
 * The outcome of a response. It is returned at once, or as a promise where the body has to be read first.
 *
 * @remarks Never throws and never rejects. All calls for the same response get the same outcome.
 */
export function outcomeOf(
  response: Response,
  request: Request,
  context: CallContext,
): ResponseOutcome | Promise<ResponseOutcome> {
  const { status, headers } = response;
  const { dialects } = context.settings;
  if (status < 400 && dialects === undefined) {
    reader.loadWhenIdle();
    return { kind: 'response', status, headers, response };
  }
  const before = known.get(response);
  if (before) return before.outcome;
  const wallNowMs = context.call.clock.wallNow();
  const parts: AnswerParts = { status, headers, wallNowMs };
  const read = (): ResponseOutcome | Promise<ResponseOutcome> =>
    readsBody(response, request, context)
      ? readWithBody(response, parts, context)
      : toOutcome(response, parts, dialects);
  const limitMs = dialects === undefined ? longestLoadMs : longestLoadForDialectMs;
  // In a page the first failed answer waits a short time until the whole reader is loaded; after that, the plain reader
  // reads it.
  const outcome = reader.loaded ? read() : loadedInTime(reader, context, limitMs).then(read);
  known.set(response, { outcome, isWhole: false });
  return outcome;
}

/** In milliseconds. What a dialect says about an error is worth a longer wait. */
const longestLoadMs = 1_000;
export const longestLoadForDialectMs = 5_000;

/** Reads an answer by the whole reader, or plainly in a page that has not loaded it. */
export function readAnswer(parts: AnswerParts, dialects: readonly Dialect[] | undefined): ApiAnswer {
  return reader.loaded?.readApiAnswer(parts, dialects) ?? readPlainAnswer(parts);
}

/** May an event of such an answer be an error, by what the call's dialects say? */
export function judgesEvents({ settings }: Pick<CallContext, 'settings'>): boolean {
  return settings.dialects !== undefined && mayBeFailure(settings.dialects, true);
}

/** Passes on what was read of a response to another one that replaces it. */
export function passOutcome(outcome: ResponseOutcome, response: Response): void {
  const before = known.get(outcome.response);
  if (!before) return;
  const passed = readLater(outcome.status, response.headers, response, () => outcome.api);
  known.set(response, { outcome: passed, isWhole: before.isWhole });
}

/** What was read of a response with its body, or of a success that is an error; `undefined` if nothing was. */
export function answerOf(response: Response): ApiAnswer | undefined {
  const { outcome, isWhole } = known.get(response) ?? {};
  if (outcome === undefined || outcome instanceof Promise) return undefined;
  return isWhole || response.status < 400 ? outcome.api : undefined;
}

/** The outcome with what its headers say, for one that was made without {@link outcomeOf}. */
export function withAnswer(outcome: Outcome, wallNowMs: number = Number.NaN): Outcome {
  if (outcome.kind === 'error' || outcome.status < 400 || outcome.api !== undefined) return outcome;
  const { status, headers, response } = outcome;
  return toOutcome(response, { status, headers, wallNowMs }, undefined);
}

/** The outcome of an answer that has been read completely. */
export function toOutcome(
  response: Response,
  parts: AnswerParts,
  dialects: readonly Dialect[] | undefined,
): ResponseOutcome {
  const { status, headers } = parts;
  if (status >= 400) return readLater(status, headers, response, () => readAnswer(parts, dialects));
  const success: ResponseOutcome = { kind: 'response', status, headers, response };
  if (dialects === undefined || !mayBeFailure(dialects, parts.isEvent)) return success;
  const api = readAnswer(parts, dialects);
  const countsAs = reader.loaded?.failureStatus(parts, dialects, api);
  return countsAs === undefined ? success : { ...success, status: countsAs, api };
}

/** The answer is read when it is first looked at: many a failure is decided by its status alone. */
function readLater(
  status: number,
  headers: Headers,
  response: Response,
  read: () => ApiAnswer | undefined,
): ResponseOutcome {
  let api: ApiAnswer | undefined;
  return {
    kind: 'response',
    status,
    headers,
    response,
    get api() {
      api ??= read();
      return api;
    },
  } as ResponseOutcome;
}

async function readWithBody(
  response: Response,
  parts: AnswerParts,
  { call, settings, signal, takesFailures }: CallContext,
): Promise<ResponseOutcome> {
  const takes = takesFailures && parts.status >= 400;
  const { text, truncated } = await peekErrorBody(
    response,
    {
      clock: call.clock,
      signal,
      isMeant: /grpc-web/i.test(response.headers.get('content-type') ?? '') ? beginsWithTrailers : undefined,
    },
    takes,
  );
  // A success of which only the beginning was read says nothing: the rest may be the error, or the data.
  const isCut = truncated && parts.status < 400;
  const outcome = toOutcome(response, isCut ? parts : { ...parts, text }, settings.dialects);
  const entry = known.get(response);
  if (entry) Object.assign(entry, { outcome, isWhole: true });
  return outcome;
}

/** The first frame of gRPC-Web has no message; in base64, `gA`. A stream of messages is not read ahead. */
function beginsWithTrailers([first]: Uint8Array): boolean {
  return first === 0x80 || first === 0x67;
}

function readsBody(response: Response, request: Request, context: CallContext): boolean {
  const { status, headers, body, bodyUsed } = response;
  if (!body || bodyUsed || body.locked) return false;
  const type = headers.get('content-type') ?? '';
  if (!/json|xml|html|text\/plain|grpc-web/i.test(type)) return false;
  const { dialects, levels } = context.settings;
  if (status < 400) {
    const isShort = !(Number(headers.get('content-length')) > mostBytes);
    return isShort && dialects !== undefined && /json|grpc-web/i.test(type) && dialects.some(looksAtSuccess);
  }
  if (dialects !== undefined || levels.some((level) => level.looksAt?.(status, request))) return true;
  // A page of a gateway has no code, and no wait.
  if (/html/i.test(type)) return false;
  return ambiguous.has(status) || isOverloadStatus(status) || (status >= 500 && isReplayable(request, context));
}

function mayBeFailure(dialects: readonly Dialect[], isEvent = false): boolean {
  return dialects.some(({ failure }) => failure !== undefined && (isEvent || failure.in === undefined));
}

/** Must the body of a success be read to know that it is one? */
function looksAtSuccess({ failure, read }: Dialect): boolean {
  return failure !== undefined && failure.in === undefined && (read !== undefined || looksAtBody(failure.when));
}

function looksAtBody({ path, code, text, header }: Test): boolean {
  return path !== undefined || code !== undefined || (text !== undefined && header === undefined);
}
