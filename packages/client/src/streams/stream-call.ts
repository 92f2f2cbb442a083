import type { CallContext } from '@holdfast/core';
import {
  AbortPart,
  type CallSettings,
  deadlineExceeded,
  idempotencyHeader,
  isReplayable,
} from '@holdfast/core/internal/late';
import type { ParseJson } from '@holdfast/ky';
import type { CallScope } from '../call/call-scope.ts';
import type { ResolvedOptions } from '../call/resolved-options.ts';
import type { Runtime } from '../call/runtime.ts';
import type { StreamPort } from '../call/stream-port.ts';
import type { CallOptions } from '../options/options.ts';
import type { Format, Parse } from './format.ts';
import { openStream, refuseOtherAnswer } from './open-stream.ts';
import { OpeningTime } from './opening-time.ts';
import type { Progress } from './progress.ts';
import type { StreamOptions } from './stream-options.ts';
import type { Reading } from './stream-reader.ts';

export interface StreamCallParts<Item> {
  readonly runtime: Runtime;
  readonly format: Format<Item>;
  /** The call's own options. */
  readonly call: CallOptions;
  readonly stream: StreamOptions<Item>;
  /** Sends one request of the stream, through ky's face. */
  readonly send: (options: CallOptions, port: StreamPort) => Promise<Response>;
  /** Called when the headers of the first answer have arrived. */
  readonly answered: (response: Response) => void;
  /** Discards what is kept for further requests, when the stream has ended. */
  readonly spare?: (() => void) | undefined;
  /** The request has a body that nothing keeps for further requests. */
  readonly isSentOnce: boolean;
}

/** The idle timeout if the caller sets none, in milliseconds. */
const defaultIdleTimeout = 300_000;

/**
 * A stream that has neither an event nor a failure for this time after its headers, in milliseconds, counts as answered
 * for the calls that wait for the outcome of its retry. A server in trouble may send good headers, and fail at once.
 */
const quietMs = 100;

/**
 * The one call behind all connections of a stream: one history, one signal, one end. Each opening is a run of the
 * pipeline that lasts until the first item, with its own `totalTimeout`.
 */
export class StreamCall<Item> implements StreamPort {
  readonly #parts: StreamCallParts<Item>;
  readonly #progress: Progress<Item>;
  readonly #time: OpeningTime;
  #scope: CallScope | undefined;
  /** The client's settings, until the first request is built. */
  #resolved: ResolvedOptions;
  #totalTimeout: number | false = false;
  #idleTimeout: number | false = false;
  /** The text of a connection's first item, which was judged while the stream was opened. */
  #judged: string | undefined;
  /** The request that is under way. */
  #request: Request | undefined;
  /** Could the last request be sent again from the beginning? */
  #isReplayable = false;
  /** The idempotency key of the last request. */
  #key: string | null | undefined;
  #parse: Parse | undefined;
  /** The answer that is read. */
  #answer: Response | undefined;

  constructor(parts: StreamCallParts<Item>, progress: Progress<Item>) {
    this.#parts = parts;
    this.#progress = progress;
    this.#resolved = parts.runtime.resolved;
    this.#time = new OpeningTime(parts.runtime.clock, (limitMs) => this.#expire(limitMs));
  }

  /** Absent until the first request is built. */
  get begun(): CallScope | undefined {
    return this.#scope;
  }

  /** Set once a request has been sent. */
  get scope(): CallScope {
    return this.#scope as CallScope;
  }

  get resolved(): ResolvedOptions {
    return this.#resolved;
  }

  /** The user's `parseJson`, if there is one. */
  get parse(): Parse | undefined {
    return this.#parse;
  }

  get reading(): Reading {
    const { longest } = this.#parts.format;
    const { maxResponseBytes = longest } = this.#resolved.settings;
    return {
      idleTimeout: this.#idleTimeout,
      eventTimeout: this.#parts.stream.eventTimeout ?? false,
      longest: maxResponseBytes === false ? longest : maxResponseBytes,
      parse: this.#parse,
    };
  }

  /** Runs the pipeline until the first item. Returns nothing if a hook stopped the call. */
  async open(options: CallOptions): Promise<Response | undefined> {
    const { send, answered, format } = this.#parts;
    this.#judged = undefined;
    try {
      const response = (await send(options, this)) as Response | undefined;
      if (response === undefined) return undefined;
      // An answer from a hook or a fallback did not pass the opening.
      answered(response);
      this.#answer = response;
      refuseOtherAnswer(response, this.scope.call, format);
      return response;
    } finally {
      this.#time.stop();
      this.#noteRequest();
    }
  }

  /** The stream may last for weeks, and needs little of its request. */
  #noteRequest(): void {
    const request = this.#request;
    if (request === undefined) return;
    this.#isReplayable = isReplayable(request, this.scope);
    this.#key = request.headers.get(idempotencyHeader(this.scope));
    this.#request = undefined;
  }

  /** The connection has failed its reader: other code, such as a hook with a clone of the answer, may still hold it. */
  leave(reason: unknown): void {
    this.#scope?.part?.abort(reason);
  }

  /** Was this item judged while the stream was opened? It was not if a hook has replaced the stream. */
  wasJudged(item: Item): boolean {
    const judged = this.#judged;
    if (judged === undefined) return false;
    this.#judged = undefined;
    return judged === this.#parts.format.text(item);
  }

  begin(resolved: ResolvedOptions, settings: CallSettings, create: (settings: CallSettings) => CallScope): CallScope {
    this.#resolved = resolved;
    // The stream applies these itself.
    const { readBody: _, resumeBody: __, totalTimeout, idleTimeout = defaultIdleTimeout, ...rest } = settings;
    this.#totalTimeout = totalTimeout;
    this.#idleTimeout = idleTimeout;
    const time = this.#time;
    const startedAt = (): number => this.#scope?.call.startedAt ?? this.#parts.runtime.clock.now();
    const its: CallSettings = {
      ...rest,
      spentRetries: this.#progress.retries,
      callBudget: this.#progress.callBudget,
      opening: (response, context) => this.#opening(response, context),
      get totalTimeout() {
        return time.allowance(startedAt());
      },
    };
    if (this.#scope) this.#scope.settings = its;
    this.#scope ??= create(its);
    // The call may last for weeks: it keeps nothing of the connection before.
    this.#scope.part?.leave();
    this.#scope.part = new AbortPart(this.#scope.signal);
    time.start(totalTimeout);
    return this.#scope;
  }

  /** Could the request that was sent last be sent again from the beginning? */
  get isReplayable(): boolean {
    return this.#isReplayable;
  }

  prepare(request: Request, parseJson: ParseJson | undefined): void {
    const { headers } = request;
    // Until something is delivered it is the same order, and has the same key.
    if (this.#progress.received === 0 && this.#key) headers.set(idempotencyHeader(this.scope), this.#key);
    this.#request = request;
    this.#parse = parseJson && ((text) => parseJson(text, { request, response: this.#answer as Response }));
    const { format, stream } = this.#parts;
    const { lastEventId } = this.#progress;
    if (format.accept !== undefined && !headers.has('accept')) headers.set('accept', format.accept);
    if (lastEventId !== undefined && typeof stream.resume !== 'function')
      headers.set('last-event-id', asBytes(lastEventId));
  }

  /**
   * Each attempt lasts until the first item. Time counts until the headers, and again while the call waits for a retry.
   */
  async #opening(response: Response, context: CallContext): Promise<Response> {
    if (response.status >= 400) return response;
    this.#time.stop();
    this.#answer = response;
    const { clock } = context.call;
    const callBudget = context.callBudget ?? context.settings.callBudget;
    const quiet = callBudget && clock.setTimer(() => callBudget.end('answered'), quietMs);
    const { format, stream, answered: headers } = this.#parts;
    const { isFailure, until } = stream;
    const judged = (text: string): void => {
      if (isFailure !== undefined) this.#judged = text;
    };
    const parts = { ...this.reading, format, isFailure, expectsEnd: until !== undefined, headers, judged };
    try {
      const opened = await openStream(response, context, parts);
      if (opened.status >= 400) this.#time.start(this.#totalTimeout);
      return opened;
    } catch (error) {
      this.#time.start(this.#totalTimeout);
      throw error;
    } finally {
      if (quiet !== undefined) clock.clearTimer(quiet);
    }
  }

  #expire(limitMs: number): void {
    const { call } = this.scope;
    this.scope.abort(deadlineExceeded({ call, emit: this.#parts.runtime.hub.emit }, limitMs));
  }

  /** Ends the call with an error. */
  fail(error: unknown): void {
    this.#over();
    this.#scope?.fail(error);
  }

  /** Ends the call: the stream is complete. */
  end(response: Response | undefined): void {
    this.#over();
    this.#scope?.answer(response);
  }

  #over(): void {
    this.#time.stop();
    this.#parts.spare?.();
  }
}

/** A header's characters are bytes: the id is sent as UTF-8, as EventSource does. */
function asBytes(id: string): string {
  return Array.from(new TextEncoder().encode(id), (byte) => String.fromCharCode(byte)).join('');
}
