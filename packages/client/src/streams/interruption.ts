import {
  type Decision,
  exponentialBackoff,
  type Facts,
  isResilienceError,
  type Outcome,
  resilienceErrorOf,
  StreamInterruptedError,
} from '@holdfast/core';
import {
  bodyOfText,
  type CallBudget,
  createApiError,
  cutShort,
  failureResponse,
  given,
  isStream,
  judge,
  noteDecision,
  sleep,
} from '@holdfast/core/internal/late';
import type { CallOptions } from '../options/options.ts';
import { endedEarly, endWithout } from './open-stream.ts';
import { idOf, type Progress } from './progress.ts';
import { resumption } from './resumption.ts';
import type { StreamCall, StreamCallParts } from './stream-call.ts';

/** The waits between connections that bring no item. */
const cleanEndBackoff = exponentialBackoff({ jitter: 'equal' });

/** How a connection ended, if not by the stream's last item. */
export type End = { readonly error: Error } | { readonly status: number; readonly text: string } | 'clean';

/**
 * Decides what follows a connection that has ended. An interruption is judged once, by the policies and the budget that
 * judge every failure: the stream continues from its last item, or ends.
 */
export class Interruptions<Item> {
  readonly #parts: StreamCallParts<Item>;
  readonly #call: StreamCall<Item>;
  readonly #progress: Progress<Item>;
  /** The options of the last request. */
  #options: CallOptions;
  /** Clean ends since an item was last delivered; the wait grows with each of them. */
  #cleanEnds = 0;
  #receivedBefore = 0;

  constructor(parts: StreamCallParts<Item>, call: StreamCall<Item>, progress: Progress<Item>) {
    this.#parts = parts;
    this.#call = call;
    this.#progress = progress;
    this.#options = parts.call;
  }

  /** The options of the next request. */
  get options(): CallOptions {
    return this.#options;
  }

  /**
   * Waits if the stream is to be continued.
   *
   * @param response The answer whose body has ended.
   * @returns false if the stream is complete.
   * @throws StreamInterruptedError; or, if nothing was delivered, the failure itself.
   */
  async goesOn(end: End, response: Response): Promise<boolean> {
    const { until, resume } = this.#parts.stream;
    const isOrdinary = end === 'clean' && until === undefined;
    if (isOrdinary && resume !== 'always') return false;
    const outcome = this.#outcomeOf(end, response);
    const cause = this.#causeOf(outcome, end);
    if (isOrdinary) {
      await this.#wait(undefined, this.#afterCleanEnd(outcome, cause, response));
      return true;
    }
    const { signal } = this.#call.scope;
    // Nothing that was delivered would be repeated.
    const options =
      this.#progress.received === 0
        ? this.#options
        : await resumption(this.#parts, this.#progress, this.#options, { cause, signal });
    if (options === undefined) throw this.interrupted(cause);
    const callBudget = this.#newCallBudget();
    try {
      const decision = await this.#decideWith(callBudget, outcome, response, options);
      noteDecision(this.#call.scope.call, decision);
      // The next request will show whether the credentials are still good.
      if (decision.action !== 'retry' && decision.action !== 'refreshCredentials') throw this.interrupted(cause);
      this.#progress.retries++;
      this.#options = options;
      await this.#wait(cause, decision.delayMs ?? 0);
    } catch (error) {
      callBudget?.end('handedOn');
      throw error;
    }
    this.#progress.callBudget = callBudget;
    return true;
  }

  #newCallBudget(): CallBudget | undefined {
    const { budget, random, hub, features } = this.#parts.runtime;
    const { CallBudget } = features.retries ?? {};
    if (!CallBudget) return undefined;
    const { call, signal, settings } = this.#call.scope;
    // `totalTimeout` bounds the opening that follows, and not the wait for it.
    return new CallBudget(budget, {
      call,
      signal,
      random,
      emit: hub.emit,
      settings: { levels: settings.levels, totalTimeout: false },
    });
  }

  /** Streams that break together, as when their server restarts, wait for the outcome of the first that reconnect. */
  async #decideWith(
    callBudget: CallBudget | undefined,
    outcome: Outcome,
    response: Response,
    options: CallOptions,
  ): Promise<Decision> {
    const { signal, settings } = this.#call.scope;
    const place = { url: this.#urlOf(response) };
    const facts = this.#facts(response, options, callBudget?.facts(place, outcome) ?? {});
    const judgement = judge(outcome, facts, settings.levels);
    if (!callBudget || judgement.decision.action !== 'retry' || judgement.free) return judgement.decision;
    const answer = await callBudget.take(place, { outcome, judgement }, facts);
    signal.throwIfAborted();
    return answer.judgement.decision;
  }

  /**
   * The wait after an end that is not a failure; neither the number of retries nor the budget limits such a reconnect.
   * A server that ends each connection without an event is asked less and less often, whatever wait it names.
   */
  #afterCleanEnd(outcome: Outcome, cause: Error, response: Response): number {
    const { received } = this.#progress;
    if (received > this.#receivedBefore) this.#cleanEnds = 0;
    this.#receivedBefore = received;
    const ends = this.#cleanEnds++;
    const facts = this.#facts(response, this.#options, { retries: 0 });
    const { decision } = judge(outcome, facts, this.#call.scope.settings.levels);
    if (decision.because === 'retryAfterTooLong' || facts.oneShotBody) {
      noteDecision(this.#call.scope.call, decision);
      throw this.interrupted(cause);
    }
    const patienceMs = cleanEndBackoff.delayMs(ends + 1, this.#parts.runtime.random());
    return Math.max(decision.delayMs ?? patienceMs, ends > 0 ? patienceMs : 0);
  }

  /** The error of a stream that is not resumed. */
  interrupted(cause: Error): Error {
    const { call } = this.#call.scope;
    this.#parts.runtime.hub.emit['stream.interrupted']?.({ call }, this.#figures(cause));
    const { received: eventsReceived, lastEventId } = this.#progress;
    if (eventsReceived === 0) return cause;
    const { noun } = this.#parts.format;
    const count = `${eventsReceived} ${noun}${eventsReceived === 1 ? '' : 's'}`;
    const why = isResilienceError(cause) ? `: ${cause.message}` : '';
    const message = `Stream was interrupted${why} (after ${count})`;
    return new StreamInterruptedError({ call, cause, eventsReceived, lastEventId, message });
  }

  async #wait(cause: Error | undefined, delayMs: number): Promise<void> {
    const { clock, hub } = this.#parts.runtime;
    const { call, signal } = this.#call.scope;
    hub.emit['stream.interrupted']?.({ call }, { ...this.#figures(cause), delayMs });
    await sleep(clock, delayMs, signal);
  }

  #figures(cause: Error | undefined): { eventsReceived: number; lastEventId?: string; errorCode?: string } {
    const { received: eventsReceived } = this.#progress;
    return given({ eventsReceived, ...idOf(this.#progress), errorCode: resilienceErrorOf(cause)?.code });
  }

  #outcomeOf(end: End, original: Response): Outcome {
    const { call } = this.#call.scope;
    if (end === 'clean') return { kind: 'error', error: endedEarly({ call }, this.#words()), code: 'NETWORK' };
    if ('error' in end) {
      const error = cutShort(end.error, call);
      return { kind: 'error', error, code: error.code };
    }
    const response = failureResponse(original, end.text, end.status);
    return { kind: 'response', status: end.status, headers: response.headers, response };
  }

  #words(): string {
    const { stream, format } = this.#parts;
    return stream.until === undefined ? 'the stream ended' : endWithout(format.noun);
  }

  #causeOf(outcome: Outcome, end: End): Error {
    if (outcome.kind === 'error') return outcome.error as Error;
    const { text } = end as { readonly text: string };
    const body = bodyOfText(text);
    const { links } = this.#call.resolved;
    return createApiError({ call: this.#call.scope.call, response: outcome.response, body, links });
  }

  /** Is its body a stream that an earlier request has used up? A function may have given another one. */
  #isSent({ body }: CallOptions): boolean {
    if (this.#parts.isSentOnce) return true;
    return isStream(body) && (body === this.#options.body || body === this.#parts.call.body);
  }

  #facts(response: Response, options: CallOptions, further: Partial<Facts>): Facts {
    const { clock, random, credentials } = this.#parts.runtime;
    const { call } = this.#call.scope;
    const { retryMs, retries, received } = this.#progress;
    const replayable = received > 0 || this.#call.isReplayable;
    return {
      method: call.method,
      url: this.#urlOf(response),
      retries,
      random,
      replayable,
      oneShotBody: this.#isSent(options),
      refreshable: credentials?.refreshable ?? false,
      attempt: call.attempts.at(-1)?.attempt ?? 1,
      elapsedMs: clock.now() - call.startedAt,
      remainingMs: Number.POSITIVE_INFINITY,
      tokensLeft: Number.POSITIVE_INFINITY,
      wallNow: clock.wallNow(),
      ...(retryMs !== undefined && { serverTiming: { retryAfterMs: retryMs, source: 'retry:' } }),
      ...further,
    };
  }

  #urlOf(response: Response): string {
    return response.url || this.#call.scope.call.url;
  }
}
