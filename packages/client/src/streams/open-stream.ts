import { type Call, type CallContext, InvalidBodyError, NetworkError, redactUrl } from '@holdfast/core';
import {
  aboutRequest,
  discard,
  eventStatus,
  failureResponse,
  fromItsStart,
  noteHeaders,
  OptionError,
  responseWithBody,
} from '@holdfast/core/internal/late';
import type { Format } from './format.ts';
import { type Reading, StreamReader } from './stream-reader.ts';

/** How a stream's first item is judged. */
export interface OpeningParts<Item> extends Reading {
  readonly format: Format<Item>;
  readonly isFailure: ((item: Item) => unknown) | undefined;
  /** True if an end without the last item is a failure. */
  readonly expectsEnd: boolean;
  /** Called when the headers of a stream have arrived. */
  headers(response: Response): void;
  /** Called when the first item is not a failure. */
  judged(text: string): void;
}

/** How many bytes may arrive before the first item; after that the stream counts as begun. */
const mostBytes = 1024 * 1024;

/**
 * Keeps an attempt open until the first item of its stream. A failure before the first item has cost the caller
 * nothing: it is an outcome like any other, and is retried, counted and explained as one.
 */
export async function openStream<Item>(
  response: Response,
  context: CallContext,
  parts: OpeningParts<Item>,
): Promise<Response> {
  const { call, signal } = context;
  const { format, idleTimeout, eventTimeout, longest, parse, isFailure, expectsEnd } = parts;
  const cameAt = call.clock.now();
  const problem = response.status === 204 ? undefined : (format.problem?.(response) ?? unseen(response));
  if (problem !== undefined) {
    discard(response);
    throw notAStream(response, context, problem);
  }
  context.headersCame?.();
  parts.headers(response);
  if (response.body === null) {
    if (expectsEnd && response.status !== 204) throw endedEarly(context, endWithout(format.noun));
    return response;
  }
  const chunks: Uint8Array[] = [];
  const body = response.body.getReader();
  const keep = { chunks, mostBytes };
  const reading = { idleTimeout, eventTimeout, longest, parse };
  const reader = new StreamReader(body, { ...reading, call, signal, format, keep });
  try {
    const item = await reader.next();
    if (item === undefined && reader.hasEnded && expectsEnd) throw endedEarly(context, endWithout(format.noun));
    const text = item === undefined ? '' : format.text(item);
    const status =
      item === undefined ? undefined : (failureStatus(isFailure, item) ?? (await eventStatus(response, text, context)));
    if (status === undefined) {
      if (item !== undefined) parts.judged(text);
      reader.release();
      const again = fromItsStart(chunks, body);
      const opened = responseWithBody(response, again);
      readers.set(again, reader as object as StreamReader<unknown>);
      return noteHeaders(opened, cameAt);
    }
    reader.cancel();
    return noteHeaders(failureResponse(response, text, status), cameAt);
  } catch (error) {
    reader.cancel(error);
    throw error;
  }
}

const readers = new WeakMap<ReadableStream<Uint8Array>, StreamReader<unknown>>();

/**
 * The reader that has read a stream until its first item, so that nothing is read twice; `undefined` if other code has
 * replaced the body, or has cloned the answer and reads it, too.
 */
export function readerOf<Item>(body: ReadableStream<Uint8Array>): StreamReader<Item> | undefined {
  const reader = readers.get(body);
  if (reader === undefined || body.locked) return undefined;
  // A later clone would take away what comes.
  body.getReader();
  return reader as object as StreamReader<Item>;
}

/** The result of `isFailure` for an item, as a status. */
export function failureStatus<Item>(isFailure: ((item: Item) => unknown) | undefined, item: Item): number | undefined {
  const said = isFailure?.(item);
  if (said === undefined || said === null || said === false) return undefined;
  if (said === true) return 500;
  const { status } = Object(said) as { readonly status?: unknown };
  if (typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599) return status;
  throw new OptionError('isFailure', said, 'must return a boolean, or {status} with a status from 400 to 599');
}

/** The result of `until` for an item. A promise is always truthy, and would end each stream with its first item. */
export function isLast(said: unknown): boolean {
  if (typeof (said as { readonly then?: unknown } | null | undefined)?.then !== 'function') return Boolean(said);
  throw new OptionError('until', said, 'must return a boolean');
}

/** The failure when the server has closed the stream cleanly, but the last item has not come. */
export function endedEarly({ call }: Pick<CallContext, 'call'>, words: string): NetworkError {
  return new NetworkError({
    call,
    message: aboutRequest(call, (request) => `${request} was cut short: ${words}`),
    applied: 'yes',
    neverSent: false,
  });
}

export function endWithout(noun: string): string {
  return `the stream ended without the ${noun} that \`until\` waits for`;
}

/** @throws InvalidBodyError for an error status that is accepted as the answer, and is not a stream of this format. */
export function refuseOtherAnswer<Item>(response: Response, call: Call, { problem }: Format<Item>): void {
  const words = response.status >= 400 ? problem?.(response) : undefined;
  if (words === undefined) return;
  discard(response);
  throw notAStream(response, { call }, words);
}

/** React Native's fetch gives a body only as a whole. */
function unseen({ body }: { readonly body?: unknown }): string | undefined {
  return body === undefined ? 'Body cannot be read as a stream on this platform' : undefined;
}

function notAStream(response: Response, { call }: Pick<CallContext, 'call'>, problem: string): InvalidBodyError {
  const { status, url, headers } = response;
  const contentType = headers.get('content-type') ?? undefined;
  const type = contentType === undefined ? 'without a content type' : contentType.slice(0, 100);
  return new InvalidBodyError({
    call,
    message: aboutRequest(call, (request) => `${problem}: ${status} ${type} from ${request}`),
    status,
    url: url === '' ? call.url : redactUrl(url),
    contentType,
    excerpt: '',
  });
}
