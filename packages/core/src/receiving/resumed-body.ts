import { type ByteSource, byteStream } from '../bodies/byte-stream.ts';
import { isPlain } from '../bodies/content-coding.ts';
import { contentRange } from '../bodies/content-range.ts';
import { discard } from '../bodies/discard.ts';
import { referrerOf } from '../bodies/referrer.ts';
import { emptyBody } from '../bodies/request-body.ts';
import { responseWithBody } from '../bodies/response-with-body.ts';
import type { CallContext } from '../kernel/call-context.ts';
import { ignore } from '../kernel/ignore.ts';
import type { Handler } from '../kernel/pipeline.ts';
import { keptContext } from '../platform/kept-context.ts';
import { originOf } from '../platform/origin.ts';
import type { RetryRingOptions } from '../retry/ended.ts';
import { RetryLoop } from '../retry/retry-loop.ts';
import { cutShort } from '../transport/cut-short.ts';
import { AbortPart } from '../waits/abort-part.ts';

/** What continuing a body needs. */
export interface Resumption {
  readonly request: Request;
  readonly context: CallContext;
  /** The handler that sends a range request. */
  readonly continuing: Handler;
  readonly ring: RetryRingOptions;
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** The same answer, whose body continues in the same stream when its connection breaks. */
export function withResumedBody(response: Response, resumption: Resumption): Response {
  return responseWithBody(response, byteStream(new ResumedBody(response, resumption)));
}

class ResumedBody implements ByteSource {
  readonly #first: Response;
  readonly #resumption: Resumption;
  /** The range request whose answer is waited for, or read. */
  #range: AbortPart | undefined;
  #isCancelled = false;
  /** The body may be read in another async context than that of its call. */
  readonly #inCall = keptContext();
  #reader: Reader;
  /** How many bytes have been handed on. */
  #offset = 0;
  /** The total number of bytes, where that is known. */
  #total: number | undefined;
  /** The position at which the bytes of this connection end, where that is known. */
  #end: number | undefined;
  /** Retries since the last byte. */
  #retries = 0;

  constructor(response: Response, resumption: Resumption) {
    this.#first = response;
    this.#resumption = resumption;
    this.#reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const length = response.headers.get('content-length');
    if (length !== null && /^\d+$/.test(length)) this.#total = Number(length);
    this.#end = this.#total;
  }

  /** The next bytes; `undefined` at the end. */
  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      try {
        const bytes = await this.#read();
        if (bytes === undefined) this.#range?.leave();
        if (bytes === undefined || bytes.byteLength > 0) return bytes;
      } catch (error) {
        this.#range?.leave();
        this.#resumption.context.signal.throwIfAborted();
        if (this.#offset === this.#total) return undefined;
        await this.#inCall.run(() => this.#resume(error));
      }
    }
  }

  async #read(): Promise<Uint8Array | undefined> {
    const { done, value } = await this.#reader.read();
    if (done) {
      if (this.#total === undefined || this.#offset === this.#total) return undefined;
      throw new TypeError('terminated', { cause: new Error('The body ended before its length') });
    }
    if (value.byteLength === 0) return value;
    if (this.#end !== undefined && this.#offset + value.byteLength > this.#end) {
      this.cancel(undefined).catch(ignore);
      throw new TypeError('terminated', { cause: new Error('The body is longer than its length') });
    }
    this.#offset += value.byteLength;
    this.#retries = 0;
    return value;
  }

  /**
   * Continues as the policies say after such a failure. If the right bytes do not arrive, the body ends with the
   * original error.
   */
  async #resume(broken: unknown): Promise<void> {
    const { context } = this.#resumption;
    const { call, emit, signal } = context;
    signal.throwIfAborted();
    if (this.#isCancelled) throw broken;
    const range = new AbortPart(signal);
    this.#range = range;
    let answer: Response | undefined;
    try {
      answer = await this.#ask(broken, range.signal);
    } catch {
      range.leave();
      if (signal.aborted) throw signal.reason;
      throw broken;
    }
    if (range.signal.aborted || !this.#fits(answer)) {
      range.leave();
      discard(answer);
      signal.throwIfAborted();
      throw broken;
    }
    this.#reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    const { attempt = context.attempt } = call.attempts.at(-1) ?? {};
    emit['body.resumed']?.({ call, attempt }, { offset: this.#offset, total: this.#total as number });
  }

  async #ask(broken: unknown, signal: AbortSignal): Promise<Response> {
    const { request, context, continuing, ring } = this.#resumption;
    const { call } = context;
    const { hooks: _, readRetried: __, ...settings } = context.settings;
    const error = cutShort(broken, call);
    const { totalTimeout } = settings;
    // The body has used up the time for the headers, so each continuation gets it again.
    const elapsedMs = call.clock.now() - call.startedAt;
    const loop = new RetryLoop({
      next: continuing,
      context: {
        ...context,
        holdsPermit: true,
        attempt: call.attempts.at(-1)?.attempt ?? context.attempt,
        signal,
        settings: { ...settings, totalTimeout: totalTimeout === false ? totalTimeout : elapsedMs + totalTimeout },
      },
      ring,
      request: this.#rangeOf(request),
      body: emptyBody,
      keep: false,
      end: { outcome: { kind: 'error', error, code: error.code } as const },
      retries: this.#retries,
    });
    try {
      return await loop.run();
    } finally {
      this.#retries = loop.retries;
    }
  }

  #rangeOf(request: Request): Request {
    const headers = new Headers(request.headers);
    headers.set('range', `bytes=${this.#offset}-`);
    headers.set('if-range', this.#first.headers.get('etag') as string);
    return new Request(request, { ...referrerOf(request), headers });
  }

  /** Are these the bytes that follow, of the same representation? */
  #fits({ status, headers, body, url }: Response): boolean {
    if (status !== 206 || body === null || !isPlain(headers)) return false;
    // Its parts have their own headers between them.
    if (/^\s*multipart\/byteranges\b/i.test(headers.get('content-type') ?? '')) return false;
    const etag = headers.get('etag');
    if (etag !== null && etag !== this.#first.headers.get('etag')) return false;
    if (placeOf(url) !== placeOf(this.#first.url)) return false;
    const range = contentRange(headers);
    if (range === undefined || range.start !== this.#offset) return false;
    if (this.#total !== undefined && range.total !== this.#total) return false;
    this.#total = range.total;
    this.#end = range.end + 1;
    return true;
  }

  async cancel(reason: unknown): Promise<void> {
    this.#isCancelled = true;
    this.#range?.abort(reason);
    // A connection that has already broken does not fail the cancellation.
    await this.#reader.cancel(reason).catch(ignore);
  }
}

/** The query of a signed URL differs from one request to the next. */
function placeOf(url: string): string {
  return url === '' ? '' : `${originOf(url)}${new URL(url).pathname}`;
}
