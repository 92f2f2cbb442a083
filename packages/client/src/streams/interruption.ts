import {
  type Decision,
  decide,
  isResilienceError,
  type Outcome,
  resilienceErrorOf,
  StreamInterruptedError,
} from '@holdfast/core';
import { createApiError, cutShort, failureResponse, noteDecision, originOf, sleep } from '@holdfast/core/internal';
import type { CallOptions } from '../options/options.ts';
import { endedEarly } from './open-stream.ts';
import { idOf, type Progress } from './progress.ts';
import type { StreamCall, StreamCallParts } from './stream-call.ts';

/** How a connection ended, other than by its last item. */
export type End = { readonly error: Error } | { readonly status: number; readonly text: string } | 'clean';

/**
 * What follows a connection that has ended. An interruption is judged once, by the policies and the budget that judge
 * any failure: the stream continues from its last item, or ends.
 */
export class Interruptions<Item> {
  readonly #parts: StreamCallParts<Item>;
  readonly #call: StreamCall<Item>;
  readonly #progress: Progress<Item>;
  /** The options of the request that went out last. */
  #options: CallOptions;
  /** Clean ends since an item was last delivered, after each of which the wait is longer. */
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
   * Waits where there is to be another connection.
   *
   * @param response The answer whose body has ended.
   * @returns false where the stream is whole.
   * @throws StreamInterruptedError, or what ended it where nothing was delivered.
   */
  async goesOn(end: End, response: Response): Promise<boolean> {
    const { until, resume } = this.#parts.stream;
    const outcome = this.#outcomeOf(end, response);
    if (end === 'clean' && until === undefined) {
      if (resume !== 'always') return false;
      await this.#wait(undefined, this.#decide(outcome, this.#nextCleanEnd(), response).delayMs ?? 0);
      return true;
    }
    const cause = this.#causeOf(outcome, end);
    const options = await this.#resumption(cause);
    if (options === undefined) throw this.interrupted(cause);
    const decision = this.#decide(outcome, this.#progress.retries, response);
    noteDecision(this.#call.scope.call, decision);
    if (decision.action !== 'retry') throw this.interrupted(cause);
    this.#progress.retries++;
    this.#parts.runtime.budget?.spend(originOf(this.#urlOf(response)));
    this.#options = options;
    await this.#wait(cause, decision.delayMs ?? 0);
    return true;
  }

  #nextCleanEnd(): number {
    if (this.#progress.received > this.#receivedBefore) this.#cleanEnds = 0;
    this.#receivedBefore = this.#progress.received;
    return this.#cleanEnds++;
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
    const code = resilienceErrorOf(cause)?.code;
    const { received: eventsReceived } = this.#progress;
    return { eventsReceived, ...idOf(this.#progress), ...(code !== undefined && { errorCode: code }) };
  }

  #outcomeOf(end: End, original: Response): Outcome {
    const { call } = this.#call.scope;
    if (end === 'clean')
      return { kind: 'error', error: endedEarly({ call }, this.#parts.format.noun), code: 'NETWORK' };
    if ('error' in end) {
      const error = cutShort(end.error, call);
      return { kind: 'error', error, code: error.code };
    }
    const response = failureResponse(original, end.text, end.status);
    return { kind: 'response', status: end.status, headers: response.headers, response };
  }

  #causeOf(outcome: Outcome, end: End): Error {
    if (outcome.kind === 'error') return outcome.error as Error;
    const { text } = end as { readonly text: string };
    const body = { bytes: new TextEncoder().encode(text), text, truncated: false };
    const { links } = this.#call.policy;
    return createApiError({ call: this.#call.scope.call, response: outcome.response, body, links });
  }

  /** The options of the request that continues the stream, if one may. */
  async #resumption(cause: Error): Promise<CallOptions | undefined> {
    const { call, stream } = this.#parts;
    const { resume } = stream;
    const { lastEventId, received: eventsReceived, last } = this.#progress;
    if (typeof resume === 'function') {
      const figures = { lastEventId, eventsReceived, cause };
      const told = Object.assign(Object.create(Object(last)) as Item & object, figures);
      const given = (await resume(told as never)) as CallOptions | undefined;
      return given === undefined ? undefined : { ...call, ...given };
    }
    const mayResume = resume === 'always' || (resume === 'onFailure' && lastEventId !== undefined);
    return mayResume ? this.#options : undefined;
  }

  #decide(outcome: Outcome, retries: number, response: Response): Decision {
    const { clock, budget, random } = this.#parts.runtime;
    const { call, settings } = this.#call.scope;
    const { totalTimeout } = this.#call;
    const { retryMs } = this.#progress;
    const url = this.#urlOf(response);
    const oneShotBody = this.#options.body instanceof ReadableStream;
    return decide(
      outcome,
      {
        ...{ method: call.method, url, retries, random, replayable: true, oneShotBody },
        attempt: call.attempts.at(-1)?.attempt ?? 1,
        elapsedMs: clock.now() - call.startedAt,
        remainingMs: totalTimeout === false ? Number.POSITIVE_INFINITY : totalTimeout,
        tokensLeft: budget?.tokens(originOf(url)) ?? Number.POSITIVE_INFINITY,
        wallNow: clock.wallNow(),
        ...(retryMs !== undefined && { serverTiming: { retryAfterMs: retryMs, source: 'retry:' } }),
      },
      settings.levels,
    );
  }

  #urlOf(response: Response): string {
    return response.url || this.#call.scope.call.url;
  }
}
