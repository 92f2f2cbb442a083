import type { CallContext } from '../kernel/call-context.ts';
import type { Clock } from '../kernel/clock.ts';
import { ignore } from '../kernel/ignore.ts';
import { messageOf } from '../kernel/message-of.ts';
import { isOfThisRequest } from '../platform/requests-apart.ts';
import { oneLine } from '../redact/cause.ts';
import { within } from '../waits/within.ts';
import { anotherRequestsRefresh } from './another-request.ts';
import type { Credentials } from './credentials.ts';
import { depthInside, runInside, sendsThroughItself } from './inside.ts';

/** A call that was begun inside a refresh waits for it no longer than this, in milliseconds. */
const longestInsideMs = 1000;

/**
 * After a refresh that failed, or whose new token was refused too, the next refresh waits for this time, which doubles
 * each time.
 */
const firstPauseMs = 1000;
const longestPauseMs = 30_000;

/** What a refresh needs. */
export interface RefreshRequest {
  readonly context: CallContext;
  readonly account: string | undefined;
  /** The header's value that was refused or has expired, where there was one. */
  readonly value: string | undefined;
  /** No call waits for it. */
  readonly ahead?: boolean;
}

/** A refresh that is under way. */
interface UnderWay {
  readonly done: Promise<void>;
  readonly control: AbortController;
  /** The old token is known to be bad: no call is sent with it. */
  isNeeded: boolean;
}

/** The refreshes of one account: one at a time, and none too soon after one that failed. */
export class AccountRefresh {
  /** Counts the refreshes that gave new credentials. */
  generation = 0;
  #refused: string | undefined;
  /** After a refresh of a refused value, the next refused value counts no sooner than this. */
  #nextRefusalAt = 0;
  #refusalPauseMs = 0;
  readonly #source: Credentials;
  #underWay: UnderWay | undefined;
  #pauseMs = 0;
  #pausedUntil = 0;
  /** Why the last refresh failed; `undefined` if it gave new credentials. */
  #failure: { readonly error: unknown } | undefined;
  /** Why the refresh that was under way was ended, if its clients were closed. */
  #closing: Error | undefined;
  /** The generation whose new token was refused as well. */
  #fruitless = 0;

  constructor(source: Credentials) {
    this.#source = source;
  }

  /** The header's value that was refused: the next call is not sent with it. */
  get refused(): string | undefined {
    return this.#refused;
  }

  /**
   * A path that refuses every value must not cause a refresh for each of its calls, although other paths accept it; and
   * while no refresh succeeds, calls to those paths must not fail because of it.
   */
  refuse(value: string, clock: Clock): void {
    const now = clock.now();
    if (now < this.#nextRefusalAt || this.pausedMs(clock) > 0) return;
    if (now - this.#nextRefusalAt > 2 * longestPauseMs) this.#refusalPauseMs = 0;
    this.#refused = value;
  }

  get isUnderWay(): boolean {
    return this.#underWay !== undefined;
  }

  /** Calls have to wait for the refresh that is under way. */
  get isAwaited(): boolean {
    return this.#underWay?.isNeeded === true;
  }

  /** The time until another refresh may begin, in milliseconds. */
  pausedMs(clock: Clock): number {
    return Math.max(0, this.#pausedUntil - clock.now());
  }

  /** The last refresh returned a token that was refused as well, and the next is not to be tried yet. */
  isFruitless(clock: Clock): boolean {
    return this.#failure === undefined && this.pausedMs(clock) > 0;
  }

  /** The last refresh failed, or its token was refused, and none has succeeded since. */
  get isSuspect(): boolean {
    return this.#pauseMs > 0;
  }

  /** Begins a refresh ahead of expiry, unless there is one. */
  begin(request: RefreshRequest): void {
    const { clock } = request.context.call;
    // A failure is reported by the event `credentials.failed`, or by the call that sends the request.
    if (this.#underWay === undefined && this.pausedMs(clock) === 0) this.#start(request).done.catch(ignore);
  }

  /**
   * Waits for a refresh, as long as the caller's signal allows.
   *
   * @throws what the refresh failed with, now or shortly before
   */
  async wait(request: RefreshRequest): Promise<void> {
    const { context } = request;
    let underWay = this.#underWay;
    if (underWay && depthInside(context.call, underWay.control) > 0) return waitInside(underWay, context);
    if (underWay && !isOfThisRequest(underWay.control.signal)) {
      underWay.isNeeded = true;
      const before = this.generation;
      await anotherRequestsRefresh(() => this.#underWay !== underWay, this.#limitMs, context);
      if (this.generation !== before) return;
      // The incoming request that began the refresh has ended, and the refresh with it.
      if (this.#underWay === underWay) this.#underWay = undefined;
      underWay = this.#underWay;
    }
    if (underWay === undefined && this.pausedMs(context.call.clock) > 0) {
      if (this.#failure) throw this.#failure.error;
      return;
    }
    underWay ??= this.#start(request);
    underWay.isNeeded = true;
    await within(underWay.done, { signal: context.signal });
  }

  /** A call that waited for the last refresh was refused what it gave. */
  resultRefused(clock: Clock): void {
    if (this.#fruitless === this.generation) return;
    this.#fruitless = this.generation;
    this.#failure = undefined;
    this.#pause(clock);
  }

  /** A call that waited for the last refresh was not refused. */
  resultAccepted(): void {
    this.#pauseMs = 0;
  }

  /** Ends the refresh that is under way. */
  end(reason: Error): void {
    const control = this.#underWay?.control;
    this.#closing = reason;
    this.#underWay = undefined;
    if (control && isOfThisRequest(control.signal)) control.abort(reason);
  }

  get #limitMs(): number {
    return this.#source.refreshTimeoutMs ?? 10_000;
  }

  #pause(clock: Clock): void {
    this.#pauseMs = longerPause(this.#pauseMs);
    this.#pausedUntil = clock.now() + this.#pauseMs;
  }

  #start(request: RefreshRequest): UnderWay {
    const control = new AbortController();
    // A tick later: a refresh that calls this client must find itself under way, and not begin another one.
    const done = Promise.resolve().then(() => this.#run(request, control));
    const underWay: UnderWay = { control, isNeeded: false, done };
    this.#underWay = underWay;
    const ended = (): void => {
      if (this.#underWay === underWay) this.#underWay = undefined;
    };
    underWay.done.then(ended, ended);
    return underWay;
  }

  async #run(request: RefreshRequest, control: AbortController): Promise<void> {
    const { call, emit } = request.context;
    try {
      await this.#withinTime(request, control);
      this.generation++;
      if (this.#refused !== undefined) {
        this.#refusalPauseMs = longerPause(this.#refusalPauseMs);
        this.#nextRefusalAt = call.clock.now() + this.#refusalPauseMs;
      }
      this.#refused = undefined;
      this.#failure = undefined;
      const { expiresAt } = this.#source;
      emit['credentials.refreshed']?.({ call }, expiresAt === undefined ? {} : { expiresAt });
    } catch (error) {
      // The end of the client says nothing about the refreshes of another one.
      if (control.signal.aborted && control.signal.reason === this.#closing) throw error;
      this.#failure = { error };
      this.#refused = undefined;
      this.#pause(call.clock);
      const message = oneLine(messageOf(error), 300);
      emit['credentials.failed']?.({ call }, { message, nextTryAt: call.clock.wallNow() + this.#pauseMs });
      throw error;
    }
  }

  /** The refresh has a time limit of its own: the signals of the calls that wait for it do not concern it. */
  async #withinTime({ context, account, value, ahead }: RefreshRequest, control: AbortController): Promise<void> {
    const { clock } = context.call;
    const { signal } = control;
    const limitMs = this.#limitMs;
    const ask = { signal, wallNow: clock.wallNow(), account, value };
    const refresh = async (): Promise<void> =>
      runInside(control, context.call, () => this.#source.refresh?.(ask), signal);
    await within(refresh(), {
      clock,
      signal,
      ms: limitMs,
      late: () => {
        control.abort(new Error(`refresh: took longer than its ${limitMs} ms`));
        throw signal.reason;
      },
      // No call waits for a refresh ahead of expiry, so it keeps no process alive.
      unref: ahead,
    });
  }
}

function longerPause(beforeMs: number): number {
  return Math.min(Math.max(beforeMs * 2, firstPauseMs), longestPauseMs);
}

/**
 * Perhaps the refresh waits for this call, and so for itself. Or it does not: a call for metrics, or one that a queue of
 * the user's begins in the async context of the job before it. Then the refresh ends without it.
 */
async function waitInside({ done }: UnderWay, { call, signal }: CallContext): Promise<void> {
  const late = (): never => {
    throw sendsThroughItself('refresh()');
  };
  await within(done, { clock: call.clock, ms: longestInsideMs, signal, late });
}
