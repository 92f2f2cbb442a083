import {
  type AbortPart,
  AbortSource,
  aboutRequest,
  afterFailure,
  answerOf,
  type Call,
  type CallContext,
  type CallSettings,
  type CallTrace,
  ClientClosedError,
  createCall,
  DeadlineExceededError,
  deadlineExceeded,
  type Inside,
  insideNow,
  isResilienceError,
  type Member,
  type RequestBody,
  remainingMs,
  within,
} from '@holdfast/core/internal';
import type { EndableCall } from './calls-in-flight.ts';
import { followWhileRead } from './follow-while-read.ts';
import { type FurtherContext, withFurther } from './further-context.ts';
import type { Runtime } from './runtime.ts';

/** The target of a call. */
export interface CallTarget {
  readonly method: string;
  readonly url: string;
}

/**
 * The life of one call: it begins before ky has built a request, and ends when its answer is there, or read. It owns
 * the signal that everything below listens to, linked by hand to the caller's.
 */
export class CallScope {
  /** The options of the request that is under way: a stream may consist of several requests. */
  settings: CallSettings;
  /** Ends the request that is under way, in a call that is made of several. */
  part: AbortPart | undefined;
  readonly #runtime: Runtime;
  readonly #source = new AbortSource();
  readonly #caller: AbortSignal | undefined;
  readonly #startedAt: number;
  readonly #place: Member<EndableCall>;
  readonly #target: () => CallTarget;
  /** Set if the client was closed before the call began. */
  readonly #isLate: boolean;
  #trace: CallTrace | undefined;
  readonly #inside: Inside | undefined;
  #call: Call | undefined;
  /** Has the request been handed to the pipeline? From then on the server may have received it. */
  #sent = false;
  #ended = false;
  /** Set if the client was closed while the call ran. */
  #isClosing = false;

  /** @param target The target of the call, for errors that occur before there is a request. */
  constructor(runtime: Runtime, settings: CallSettings, caller: AbortSignal | undefined, target: () => CallTarget) {
    this.#runtime = runtime;
    this.settings = settings;
    this.#startedAt = runtime.clock.now();
    this.#target = target;
    this.#caller = caller;
    this.#isLate = runtime.isClosed();
    this.#inside = insideNow(caller);
    this.#place = runtime.calls.add(this);
    if (caller?.aborted) this.#source.abort(caller.reason);
    else caller?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** @param trace The frames of the code that makes the call. */
  calledFrom(trace: CallTrace | undefined): this {
    this.#trace = trace;
    return this;
  }

  readonly #onAbort = (): void => this.#source.abort(this.#caller?.reason);

  get signal(): AbortSignal {
    return this.#source.signal;
  }

  /** The context with which the call is handed to the pipeline. */
  context(request: Request, body: RequestBody, further: FurtherContext): CallContext {
    const { random, hub } = this.#runtime;
    const { emit } = hub;
    const { settings } = this;
    const { signal } = this.part ?? this;
    const call = this.#call ?? this.#begin(request);
    this.#sent = !this.#isLate;
    const attempt = (call.attempts.at(-1)?.attempt ?? 0) + 1;
    return withFurther({ call, attempt, signal, random, emit, settings, body }, further);
  }

  /** @throws RequestRefusedError if the call must not go to this URL, before anything of it is sent. */
  admit({ url }: Request): void {
    const { fence } = this.settings;
    if (fence === undefined) return;
    try {
      this.#runtime.features.fences?.refuseOutside(fence, url, this);
    } catch (error) {
      this.#runtime.hub.emit['call.rejected']?.({ call: this.call }, { errorCode: 'DISALLOWED_ORIGIN' });
      throw error;
    }
  }

  /** The call; this must not be read before the call has begun. */
  get call(): Call {
    return this.#call ?? this.#begin(this.#target());
  }

  #begin({ method, url }: CallTarget): Call {
    const { clock, hub } = this.#runtime;
    const call = createCall(method, url, clock, this.#startedAt);
    call.trace = this.#trace;
    call.inside = this.#inside;
    this.#call = call;
    hub.emit['call.started']?.({ call }, {});
    return call;
  }

  /** What is left of the call's time, in milliseconds. */
  get remainingMs(): number {
    return Math.max(0, remainingMs(this.call, this.settings.totalTimeout));
  }

  abort(reason: unknown): void {
    this.#source.abort(reason);
  }

  /** Ends the call if its client was closed before the call began. */
  refuseLate(): void {
    if (this.#isLate) this.close();
  }

  /** The client was closed: the call ends. */
  close(): void {
    if (this.signal.aborted) return;
    const { call } = this;
    const message = aboutRequest(call, (request) => `${request} was ended because its client was closed`);
    this.#isClosing = true;
    this.abort(new ClientClosedError({ call, message, applied: this.#sent ? 'unknown' : 'no' }));
  }

  /**
   * Runs code outside the pipeline, such as a hook, within the call's deadline and signal.
   *
   * @param limitMs A further limit.
   */
  async within<T>(work: () => T | PromiseLike<T>, limitMs?: number): Promise<T> {
    this.signal.throwIfAborted();
    const result = (async () => work())();
    if (limitMs === undefined || limitMs >= this.remainingMs) return this.inTime(result);
    const late = (): never => {
      throw new Error(`It took longer than ${limitMs} ms`);
    };
    return within(result, { clock: this.#runtime.clock, signal: this.signal, ms: limitMs, late });
  }

  /** Runs a hook that is shown how the call has failed. */
  afterFailure<T>(work: () => Promise<T>, failure: unknown): Promise<T> {
    const { settings, signal: ofCall, call } = this;
    const { emit } = this.#runtime.hub;
    // The deadline has ended the call, and the hook is shown that failure. So only the caller may end the hook.
    const isLate = ofCall.aborted && ofCall.reason === failure && failure instanceof DeadlineExceededError;
    return afterFailure(work(), { call, emit, settings, signal: isLate ? this.#caller : ofCall }, failure);
  }

  /** Waits for a promise outside the pipeline, such as the reading of a body, within the call's deadline and signal. */
  inTime<T>(work: Promise<T>): Promise<T> {
    const { signal } = this;
    const { clock, hub } = this.#runtime;
    const { totalTimeout } = this.settings;
    if (totalTimeout === false) return within(work, { signal });
    const late = (): never => {
      // The body may be read after the call has ended, which has its one result.
      const emit = this.#ended ? {} : hub.emit;
      this.abort(deadlineExceeded({ call: this.call, emit }, totalTimeout));
      throw signal.reason;
    };
    return within(work, { clock, signal, ms: totalTimeout - (clock.now() - this.#startedAt), late });
  }

  /**
   * Ends the call with an answer.
   *
   * @param unread The response, if the caller may read its body later: while it is unread, the caller's signal still
   * stops it.
   */
  answer(response: Response | undefined, unread?: Response): void {
    const caller = this.#caller;
    this.#end(this.#isFailure(response) ? 'failure' : 'success', response && { status: response.status });
    if (caller && unread && !caller.aborted) followWhileRead(caller, unread, this.#source);
  }

  /** An error status is a failure, unless a policy or a fallback says that it is the answer. */
  #isFailure(response: Response | undefined): boolean {
    const action = this.#call?.decision?.action;
    if (response === undefined || action === 'accept' || action === 'fallback') return false;
    return response.status >= 400 || this.#isHiddenFailure(response);
  }

  /** A success that a dialect calls an error. */
  #isHiddenFailure(response: Response): boolean {
    return this.settings.dialects !== undefined && answerOf(response) !== undefined;
  }

  /** Ends the call with a failure: no answer, or an answer whose status or body is the failure. */
  fail(error: unknown, status?: number): void {
    const { call } = this;
    const cancelled = this.#caller?.aborted === true && error === this.#caller.reason;
    const code = cancelled ? 'ABORTED' : isResilienceError(error) && error.callId === call.id ? error.code : 'UNKNOWN';
    // The error is made here, since a client is closed in another async context than that of its calls.
    if (this.#isClosing && code === 'CLIENT_CLOSED')
      this.#runtime.hub.emit['call.rejected']?.({ call }, { errorCode: code });
    const isStatus = code === 'API_ERROR' && status !== undefined;
    const failed = { ...(status !== undefined && { status }), ...(!isStatus && { errorCode: code }) };
    this.#end(cancelled ? 'cancelled' : 'failure', failed);
  }

  /** A hook decided that there is no answer, and that this is not an error. */
  stop(): void {
    this.#end('failure', { errorCode: 'STOPPED' });
  }

  /** The call was never sent, since its options are wrong. */
  abandon(): void {
    this.#end('failure', {});
  }

  #end(
    outcome: 'success' | 'failure' | 'cancelled',
    failed: { readonly status?: number; readonly errorCode?: string } | undefined,
  ): void {
    this.#caller?.removeEventListener('abort', this.#onAbort);
    if (this.#ended) return;
    this.#ended = true;
    this.#runtime.calls.remove(this.#place);
    const call = this.#call;
    if (!call) return;
    if (outcome === 'success') call.trace = undefined;
    call.endedAt = this.#runtime.clock.now();
    this.#runtime.hub.emit['call.ended']?.(
      { call },
      {
        outcome,
        ...(outcome !== 'success' && failed),
        attempts: call.attempts.length,
        durationMs: call.endedAt - call.startedAt,
      },
    );
  }
}
