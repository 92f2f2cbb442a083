import { discard } from '../bodies/discard.ts';
import type { CallContext } from '../kernel/call-context.ts';
import type { Clock, Timer } from '../kernel/clock.ts';
import type { Handler } from '../kernel/pipeline.ts';
import { AbortSource, type Follower, follow, unfollow } from '../waits/abort-source.ts';

/**
 * Runs the inner handler within a time limit (`Infinity` for none), and under a signal of its own.
 *
 * The rules: it is our timeout only if our timer fired before anything else happened; a signal that aborts from outside
 * is rethrown with its own reason, at once, even if the inner handler ignores the signal; a response that arrives too
 * late is discarded; inner strategies are aborted first, and the caller gets the reason when they have ended, so that
 * the history is complete when the call ends; and when the headers arrive, only the timer is cleared. The link to the
 * outer signal stays, so that a caller that aborts while reading still stops the body. Both ends of that link belong to
 * the same call and end with it.
 *
 * @param mostTurns How many microtasks an inner handler may take to end after an abort from outside. The caller does not
 * wait longer for one that ignores the signal.
 */
export function withTimeLimit(
  context: CallContext,
  limitMs: number,
  timeoutError: () => Error,
  request: Request,
  next: Handler,
  mostTurns = 0,
): Promise<Response> {
  const { signal } = context;
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const limited = new Limited(context, mostTurns, timeoutError, reject);
    limited.start(limitMs);
    started(request, next, { ...context, signal: limited.signal }).then(
      (response) => {
        if (limited.settle()) resolve(response);
        else {
          discard(response);
          limited.innerEnded();
        }
      },
      (error: unknown) => limited.fail(error),
    );
  });
}

/** One run within its limit. A class, since each attempt has one: this makes one object instead of six closures. */
class Limited implements Follower {
  readonly #clock: Clock;
  readonly #outer: AbortSignal;
  readonly #mostTurns: number;
  readonly #timeoutError: () => Error;
  readonly #reject: (reason: unknown) => void;
  readonly #source = new AbortSource();
  #timer: Timer;
  #settled = false;
  /** What ended the run before the inner handler did. */
  #reason: unknown;

  constructor(
    { call, signal }: CallContext,
    mostTurns: number,
    timeoutError: () => Error,
    reject: (reason: unknown) => void,
  ) {
    this.#clock = call.clock;
    this.#outer = signal;
    this.#mostTurns = mostTurns;
    this.#timeoutError = timeoutError;
    this.#reject = reject;
  }

  get signal(): AbortSignal {
    return this.#source.signal;
  }

  start(limitMs: number): void {
    if (limitMs !== Number.POSITIVE_INFINITY) this.#timer = this.#clock.setTimer(() => this.#onTimeout(), limitMs);
    follow(this.#outer, this);
  }

  /** Called when the outer signal aborts. */
  handleEvent(): void {
    this.#stop(this.#outer.reason, this.#mostTurns);
  }

  #onTimeout(): void {
    unfollow(this.#outer, this);
    this.#stop(this.#timeoutError(), Math.max(this.#mostTurns, turnsOfTransport));
  }

  /** Returns false if the run was settled before. */
  settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
    return true;
  }

  fail(error: unknown): void {
    unfollow(this.#outer, this);
    if (this.settle()) this.#reject(error);
    else this.innerEnded();
  }

  /** The inner handler has ended after the run was stopped. */
  innerEnded(): void {
    this.#reject(this.#reason);
  }

  #stop(reason: unknown, mostTurns: number): void {
    const isFirst = this.settle();
    if (isFirst) this.#reason = reason;
    this.#source.abort(reason);
    if (isFirst) afterTurns(mostTurns, () => this.innerEnded());
  }
}

/**
 * Node's fetch replaces the stack of the timeout error that it is aborted with, and the transport restores it before it
 * ends. A `fetch` of the user's around Node's takes a few turns more.
 */
const turnsOfTransport = 10;

/** A user's strategy may throw before it returns a promise. */
function started(request: Request, next: Handler, context: CallContext): Promise<Response> {
  try {
    return next(request, context);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Calls back after a number of microtasks, in which as many promises that depend on each other can settle. */
function afterTurns(count: number, callback: () => void): void {
  if (count === 0) callback();
  else queueMicrotask(() => afterTurns(count - 1, callback));
}
