import {
  type CallContext,
  type Decision,
  decide,
  isResilienceError,
  LineError,
  type Outcome,
  resilienceErrorOf,
  StreamInterruptedError,
} from '@holdfast/core';
import {
  type CallSettings,
  createApiError,
  cutShort,
  deadlineExceeded,
  noteDecision,
  originOf,
  sleep,
  untilReached,
} from '@holdfast/core/internal';
import type { CallScope } from '../call-scope.ts';
import type { CallOptions } from '../options.ts';
import type { CallPolicy, Runtime } from '../runtime.ts';
import type { Format } from './format.ts';
import { endedEarly, failureResponse, failureStatus, openStream } from './open-stream.ts';
import { OpeningTime } from './opening-time.ts';
import type { StreamOptions } from './stream-options.ts';
import type { StreamPort } from './stream-port.ts';
import { StreamReader, type StreamState } from './stream-reader.ts';

export interface StreamLoopParts<Item> {
  readonly runtime: Runtime;
  readonly format: Format<Item>;
  /** The call's own options. */
  readonly call: CallOptions;
  readonly stream: StreamOptions<Item>;
  /** Sends one request of the stream, through ky's face. */
  readonly send: (options: CallOptions, port: StreamPort) => Promise<Response>;
  /** The headers of the first answer are there. */
  readonly answered: (response: Response) => void;
}

/** How a connection ended, other than by its last item. */
type End = { readonly error: Error } | { readonly status: number; readonly text: string } | 'clean';

/**
 * One stream, over as many connections as it takes.
 *
 * A stream of events fails in ways that a request does not: it stalls, it breaks in the middle of an event, it ends as if
 * it were whole. To send it again from its beginning is right before the first event and wrong after it. So each opening
 * is a run of the pipeline that lasts until the first event, and fails, is retried and counted like any other attempt.
 * After that, nothing is replayed: an interruption is judged once, by the same policies and the same budget, and the
 * stream goes on from the last event's id, or not at all. All of it is one call, with one history and one end.
 */
export class StreamLoop<Item> implements StreamPort, StreamState {
  lastEventId: string | undefined;
  retryMs: number | undefined;
  readonly #parts: StreamLoopParts<Item>;
  readonly #time: OpeningTime;
  #options: CallOptions;
  #scope: CallScope | undefined;
  #policy!: CallPolicy;
  #totalTimeout: number | false = false;
  #reader: StreamReader<Item> | undefined;
  #response: Response | undefined;
  #received = 0;
  #last: Item | undefined;
  /** Retries since an item was last delivered. */
  #retries = 0;
  #cleanEnds = 0;
  #connections = 0;
  #isOver = false;

  constructor(parts: StreamLoopParts<Item>) {
    this.#parts = parts;
    this.#options = parts.call;
    this.#time = new OpeningTime(parts.runtime.clock, (limitMs) => this.#expire(limitMs));
  }

  begin(policy: CallPolicy, settings: CallSettings, create: (settings: CallSettings) => CallScope): CallScope {
    this.#policy = policy;
    const { readBody: _, resumeBody: __, totalTimeout, ...rest } = settings;
    this.#totalTimeout = totalTimeout;
    const { eventTimeout = false, isFailure, until } = this.#parts.stream;
    const time = this.#time;
    const startedAt = (): number => this.#scope?.call.startedAt ?? this.#parts.runtime.clock.now();
    const its: CallSettings = {
      ...rest,
      spentRetries: this.#retries,
      opening: (response, context) =>
        this.#open(response, context, { eventTimeout, isFailure, expectsEnd: until !== undefined }),
      get totalTimeout() {
        return time.allowance(startedAt());
      },
    };
    if (this.#scope) this.#scope.settings = its;
    this.#scope ??= create(its);
    time.start(totalTimeout);
    return this.#scope;
  }

  prepare({ headers }: Request): void {
    const { accept } = this.#parts.format;
    if (accept !== undefined && !headers.has('accept')) headers.set('accept', accept);
    if (this.lastEventId !== undefined && typeof this.#parts.stream.resume !== 'function')
      headers.set('last-event-id', asBytes(this.lastEventId));
  }

  async #open(
    response: Response,
    context: CallContext,
    parts: Pick<Parameters<typeof openStream<Item>>[2], 'eventTimeout' | 'isFailure' | 'expectsEnd'>,
  ): Promise<Response> {
    if (response.status >= 400) return response;
    this.#time.stop();
    const headers = (answer: Response): void => this.#parts.answered(answer);
    try {
      const opened = await openStream(response, context, { ...parts, format: this.#parts.format, headers });
      if (opened.status >= 400) this.#time.start(this.#totalTimeout);
      return opened;
    } catch (error) {
      this.#time.start(this.#totalTimeout);
      throw error;
    }
  }

  #expire(limitMs: number): void {
    const scope = this.#scope as CallScope;
    scope.abort(deadlineExceeded({ call: scope.call, emit: this.#parts.runtime.hub.emit }, limitMs));
  }

  /** The next item; `undefined` at the end. */
  async next(): Promise<{ readonly item: Item } | undefined> {
    if (this.#isOver) return undefined;
    try {
      const entry = await this.#next();
      if (entry === undefined) this.#finish();
      return entry;
    } catch (error) {
      if (this.#isOver) return undefined;
      this.#isOver = true;
      this.#letGo();
      this.#scope?.fail(error);
      throw error;
    }
  }

  async #next(): Promise<{ readonly item: Item } | undefined> {
    for (;;) {
      this.#reader ??= await this.#connect();
      const reader = this.#reader;
      if (reader === undefined) return undefined;
      const { signal } = this.#scope as CallScope;
      let end: End | undefined;
      let entry: Awaited<ReturnType<StreamReader<Item>['next']>>;
      try {
        entry = reader.take() ?? (await reader.next());
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof LineError) throw error;
        end = { error: error as Error };
      }
      signal.throwIfAborted();
      if (entry !== undefined) {
        const failed = this.#failed(entry.item);
        if (failed === undefined) return this.#deliver(entry);
        end = failed;
      }
      reader.cancel();
      this.#reader = undefined;
      if (!(await this.#goesOn(end ?? 'clean'))) return undefined;
    }
  }

  /** The first item of a connection has been judged while it was opened. */
  #failed(item: Item): End | undefined {
    if (this.#isJudged) {
      this.#isJudged = false;
      return undefined;
    }
    const { stream, format } = this.#parts;
    const status = failureStatus(stream.isFailure, item);
    return status === undefined ? undefined : { status, text: format.text(item) };
  }

  #isJudged = false;

  #deliver(entry: { readonly item: Item; readonly id?: string | undefined }): { readonly item: Item } {
    if (entry.id !== undefined) this.lastEventId = entry.id || undefined;
    this.#received++;
    this.#retries = 0;
    this.#cleanEnds = 0;
    this.#last = entry.item;
    // Nothing after it is read, whether or not the caller asks once more.
    if (this.#parts.stream.until?.(entry.item) === true) this.#finish(untilReached);
    return entry;
  }

  /** Opens the stream, or opens it again; `undefined` where the server says that there is no more. */
  async #connect(): Promise<StreamReader<Item> | undefined> {
    const before = this.#scope?.call.attempts.length ?? 0;
    const isFirst = this.#connections++ === 0;
    let response: Response;
    try {
      response = await this.#parts.send(this.#options, this);
    } catch (error) {
      this.#scope?.signal.throwIfAborted();
      if (this.#received === 0) throw error;
      throw this.#interrupted(error as Error);
    } finally {
      this.#time.stop();
    }
    const scope = this.#scope as CallScope;
    const { call } = scope;
    this.#response = response;
    this.#retries += call.attempts.slice(before).filter(({ decision }) => decision?.action === 'retry').length;
    if (response.status === 204 || response.body === null) return undefined;
    if (!isFirst) {
      const attempt = call.attempts.at(-1)?.attempt ?? 1;
      this.#parts.runtime.hub.emit['stream.resumed']?.({ call, attempt }, { attempt, ...this.#idOfLast });
    }
    this.#isJudged = true;
    const { eventTimeout = false } = this.#parts.stream;
    const { format } = this.#parts;
    return new StreamReader(response.body.getReader(), {
      ...{ call, signal: scope.signal, format, eventTimeout },
      state: this,
    });
  }

  get #idOfLast(): { readonly lastEventId?: string } {
    return this.lastEventId === undefined ? {} : { lastEventId: this.lastEventId };
  }

  /** A connection has ended. Waits where there is to be another one. */
  async #goesOn(end: End): Promise<boolean> {
    const { until, resume } = this.#parts.stream;
    if (end === 'clean' && until === undefined) {
      if (resume !== 'always') return false;
      await this.#wait(undefined, this.#decisionAfter(this.#outcomeOf(end), this.#cleanEnds++).delayMs ?? 0);
      return true;
    }
    const outcome = this.#outcomeOf(end);
    const cause = this.#causeOf(outcome, end);
    const options = await this.#resumption(cause);
    if (options === undefined) throw this.#interrupted(cause);
    const { call } = this.#scope as CallScope;
    const decision = this.#decisionAfter(outcome, this.#retries);
    noteDecision(call, decision);
    if (decision.action !== 'retry') throw this.#interrupted(cause);
    this.#retries++;
    this.#parts.runtime.budget?.spend(originOf(this.#url));
    this.#options = options;
    await this.#wait(cause, decision.delayMs ?? 0);
    return true;
  }

  get #url(): string {
    return this.#response?.url || (this.#scope as CallScope).call.url;
  }

  async #wait(cause: Error | undefined, delayMs: number): Promise<void> {
    const { clock, hub } = this.#parts.runtime;
    const { call, signal } = this.#scope as CallScope;
    hub.emit['stream.interrupted']?.({ call }, { ...this.#figures(cause), delayMs });
    await sleep(clock, delayMs, signal);
  }

  #figures(cause: Error | undefined): { eventsReceived: number; lastEventId?: string; errorCode?: string } {
    const code = resilienceErrorOf(cause)?.code;
    return { eventsReceived: this.#received, ...this.#idOfLast, ...(code !== undefined && { errorCode: code }) };
  }

  #outcomeOf(end: End): Outcome {
    const { call } = this.#scope as CallScope;
    if (end === 'clean')
      return { kind: 'error', error: endedEarly({ call }, this.#parts.format.noun), code: 'NETWORK' };
    if ('error' in end) {
      const error = cutShort(end.error, call);
      return { kind: 'error', error, code: error.code };
    }
    const response = failureResponse(this.#response as Response, end.text, end.status);
    return { kind: 'response', status: end.status, headers: response.headers, response };
  }

  #causeOf(outcome: Outcome, end: End): Error {
    if (outcome.kind === 'error') return outcome.error as Error;
    const { text } = end as { readonly text: string };
    const { call } = this.#scope as CallScope;
    const body = { bytes: new TextEncoder().encode(text), text, truncated: false };
    return createApiError({ call, response: outcome.response, body, links: this.#policy.links });
  }

  /** The options of the request that goes on with the stream, if one may. */
  async #resumption(cause: Error): Promise<CallOptions | undefined> {
    const { call, stream } = this.#parts;
    const { resume } = stream;
    if (typeof resume === 'function') {
      const { lastEventId } = this;
      const last = Object.assign(Object.create(Object(this.#last)) as Item & object, {
        ...{ lastEventId, eventsReceived: this.#received, cause },
      });
      const given = (await resume(last as never)) as CallOptions | undefined;
      return given === undefined ? undefined : { ...call, ...given };
    }
    const mayResume = resume === 'always' || (resume === 'onFailure' && this.lastEventId !== undefined);
    return mayResume ? this.#options : undefined;
  }

  #decisionAfter(outcome: Outcome, retries: number): Decision {
    const { runtime } = this.#parts;
    const { clock, budget, random } = runtime;
    const { call, settings } = this.#scope as CallScope;
    const url = this.#url;
    return decide(
      outcome,
      {
        ...{ method: call.method, url, retries, random, replayable: true, oneShotBody: this.#isOneShot },
        attempt: call.attempts.at(-1)?.attempt ?? 1,
        elapsedMs: clock.now() - call.startedAt,
        remainingMs: this.#totalTimeout === false ? Number.POSITIVE_INFINITY : this.#totalTimeout,
        tokensLeft: budget?.tokens(originOf(url)) ?? Number.POSITIVE_INFINITY,
        wallNow: clock.wallNow(),
        ...(this.retryMs !== undefined && { serverTiming: { retryAfterMs: this.retryMs, source: 'retry:' } }),
      },
      settings.levels,
    );
  }

  get #isOneShot(): boolean {
    return this.#options.body instanceof ReadableStream;
  }

  /** It is not resumed. */
  #interrupted(cause: Error): Error {
    const { call } = this.#scope as CallScope;
    this.#parts.runtime.hub.emit['stream.interrupted']?.({ call }, this.#figures(cause));
    if (this.#received === 0) return cause;
    const { noun } = this.#parts.format;
    const count = `${this.#received} ${noun}${this.#received === 1 ? '' : 's'}`;
    const why = isResilienceError(cause) ? `: ${cause.message}` : '';
    return new StreamInterruptedError({
      ...{ call, cause, eventsReceived: this.#received, lastEventId: this.lastEventId },
      message: `Stream was interrupted${why} (after ${count})`,
    });
  }

  /** Ends it quietly, wherever it stands. */
  close(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#scope?.abort(new DOMException('The stream was closed', 'AbortError'));
  }

  #finish(reason?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#letGo(reason);
    this.#scope?.answer(this.#response);
  }

  #letGo(reason?: unknown): void {
    this.#time.stop();
    this.#reader?.cancel(reason);
    this.#reader = undefined;
  }
}

/** A header's characters are bytes: the id goes out as UTF-8, as EventSource sends it. */
function asBytes(id: string): string {
  return Array.from(new TextEncoder().encode(id), (byte) => String.fromCharCode(byte)).join('');
}
