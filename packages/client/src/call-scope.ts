import {
  type Call,
  type CallContext,
  type CallSettings,
  ClientClosedError,
  createCall,
  deadlineExceeded,
  type RequestBody,
} from '@holdfast/core';
import { followWhileRead } from './follow-while-read.ts';
import type { Runtime } from './runtime.ts';

/**
 * The life of one call: it begins before ky has built a request, and ends when its answer is there, or read. It owns
 * the signal that everything below listens to, linked by hand to the caller's.
 */
export class CallScope {
  readonly settings: CallSettings;
  readonly #runtime: Runtime;
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #startedAt: number;
  #call: Call | undefined;
  #ended = false;

  constructor(runtime: Runtime, settings: CallSettings, caller: AbortSignal | undefined) {
    this.#runtime = runtime;
    this.settings = settings;
    this.#startedAt = runtime.clock.now();
    this.#caller = caller;
    if (caller?.aborted) this.#controller.abort(caller.reason);
    else caller?.addEventListener('abort', this.#onAbort, { once: true });
  }

  readonly #onAbort = (): void => this.#controller.abort(this.#caller?.reason);

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Names the call, registers it, and gives the context that it goes inwards with. */
  context(request: Request, body: RequestBody, init: RequestInit | undefined): CallContext {
    const { clock, random, hub, calls } = this.#runtime;
    const call = createCall(request.method, request.url, clock, this.#startedAt);
    this.#call = call;
    calls.add(this);
    hub.emit['call.started']?.({ call }, {});
    const context = { call, attempt: 1, signal: this.signal, random, emit: hub.emit, settings: this.settings, body };
    return init === undefined ? context : { ...context, init };
  }

  /** The call, once it has a name. Before that, what is known of it. */
  get call(): Call {
    this.#call ??= createCall('GET', '', this.#runtime.clock, this.#startedAt);
    return this.#call;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** The client was closed: nothing of it goes on. */
  close(): void {
    const { call } = this;
    const { emit } = this.#runtime.hub;
    emit['call.rejected']?.({ call }, { errorCode: 'CLIENT_CLOSED' });
    const message = `${call.method} ${call.url} was ended, since its client was closed`;
    this.abort(new ClientClosedError({ call, message, applied: call.attempts.length === 0 ? 'no' : 'unknown' }));
  }

  /** Runs what lies outside the pipeline, a hook or the reading of a body, within the call's deadline and signal. */
  within<T>(work: () => T | PromiseLike<T>): Promise<T> {
    const { signal } = this;
    const { clock, hub } = this.#runtime;
    const { totalTimeout } = this.settings;
    return new Promise<T>((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const expire = (): void =>
        this.abort(deadlineExceeded({ call: this.call, emit: hub.emit }, totalTimeout as number));
      const left = totalTimeout === false ? undefined : totalTimeout - (clock.now() - this.#startedAt);
      const timer = left === undefined ? undefined : clock.setTimer(expire, Math.max(0, left));
      const onAbort = (): void => {
        done();
        reject(signal.reason);
      };
      const done = (): void => {
        if (timer !== undefined) clock.clearTimer(timer);
        signal.removeEventListener('abort', onAbort);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      (async () => work())().then(
        (value) => {
          done();
          resolve(value);
        },
        (error: unknown) => {
          done();
          reject(error);
        },
      );
    });
  }

  /** Did the caller give up, rather than anything fail? */
  get cancelled(): boolean {
    return this.#caller?.aborted === true && this.signal.reason === this.#caller.reason;
  }

  /**
   * The call is over. Told once.
   *
   * @param unread The body that the caller may go on reading: until then, the caller's signal still stops it.
   */
  end(failed: { readonly status?: number; readonly errorCode?: string } | undefined, unread?: ReadableStream | null): void {
    const caller = this.#caller;
    if (caller) {
      caller.removeEventListener('abort', this.#onAbort);
      if (unread && !caller.aborted) followWhileRead(caller, unread, this.#controller);
    }
    if (this.#ended) return;
    this.#ended = true;
    this.#runtime.calls.delete(this);
    const call = this.#call;
    if (!call) return;
    call.endedAt = this.#runtime.clock.now();
    this.#runtime.hub.emit['call.ended']?.(
      { call },
      {
        outcome: failed === undefined ? 'success' : this.cancelled ? 'cancelled' : 'failure',
        ...failed,
        attempts: call.attempts.length,
        durationMs: call.endedAt - call.startedAt,
      },
    );
  }
}
