import type { CallContext } from '@holdfast/core';
import {
  type CallSettings,
  createApiError,
  defused,
  guidesAtHand,
  type KyRetryOptions,
  markFinal,
  outcomeOf,
  type RequestBody,
  rebuildResponse,
  requestBody,
  typedReads,
} from '@holdfast/core/internal';
import {
  HTTPError,
  type Input,
  type KyCall,
  type KyOptions,
  type KyPort,
  type ParseJson,
  type ResponsePromise,
  replaceOption,
  retriesSent,
  stopped,
  stringifyJson,
} from '@holdfast/ky';
import { CallScope } from '../call/call-scope.ts';
import { type ChangedRequest, ClientCall, type JsonSource } from '../call/client-call.ts';
import { callSettings, type ResolvedOptions, resolveOptions } from '../call/resolved-options.ts';
import type { Runtime } from '../call/runtime.ts';
import type { StreamPort } from '../call/stream-port.ts';
import type { AskedWith } from './asked-with.ts';
import { BodyShortcuts, type ReadableCall } from './body-shortcuts.ts';
import { hasChanged } from './changed-retry.ts';
import { extensible } from './extensible.ts';
import { apiErrorOf, finalFailure, type ReadFailure, readFailure } from './failed-answer.ts';
import { targetOf } from './ky-target.ts';

/** The inputs of a call through ky's face. */
export interface KyFacedParts {
  readonly runtime: Runtime;
  readonly input: Input;
  readonly asked: AskedWith;
  /** ky's `retry` of client and call, which hooks see, and `init` hooks change. */
  readonly retry: KyOptions['retry'];
  /** Headers as the call and the client write them. */
  readonly headersGiven: CallContext['headersGiven'];
}

/** The call behind ky's face: all of it comes from the options as ky has merged them. */
function clientCall({ runtime, input, asked, retry }: KyFacedParts, ofKy: KyCall): ClientCall {
  const { options } = ofKy;
  const { own, stream, trace } = asked;
  // The `retry` of an init hook is complete, so it replaces all levels below.
  const replaced = hasChanged(options.retry, retry)
    ? { ...own, retry: replaceOption(options.retry) as KyRetryOptions }
    : own;
  const resolved =
    replaced === undefined ? runtime.resolved : resolveOptions(replaced, runtime.resolved, 'call', runtime.features);
  const signal = options.signal ?? (input instanceof Request ? input.signal : undefined);
  const create = (settings: CallSettings): CallScope =>
    new CallScope(runtime, settings, signal ?? undefined, () => targetOf(input, options)).calledFrom(trace);
  const settings = callSettings(resolved, options, ofKy);
  return new ClientCall(runtime, resolved, stream ? stream.begin(resolved, settings, create) : create(settings));
}

/** ky's face of one call: what ky sees of it, and what its promise shows. */
export class KyFacedCall implements KyPort, ReadableCall, JsonSource {
  readonly #parts: KyFacedParts;
  readonly #ofKy: KyCall;
  readonly #call: ClientCall;
  /** Set if the call is one request of a stream; then the stream ends it. */
  readonly #stream: StreamPort | undefined;
  /** The part of an error's body that was read before ky got a bounded copy of it. */
  #failure: ReadFailure | undefined;
  /**
   * The error that the pipeline has thrown: ky takes a TypeError with certain words for a network failure, and wraps
   * it.
   */
  #thrown: unknown;
  readonly #shortcuts = new BodyShortcuts(this);

  constructor(parts: KyFacedParts, ofKy: KyCall) {
    this.#parts = parts;
    this.#ofKy = ofKy;
    this.#stream = parts.asked.stream;
    this.#call = clientCall(parts, ofKy);
  }

  get scope(): CallScope {
    return this.#call.scope;
  }

  get signal(): AbortSignal {
    return this.scope.signal;
  }

  get #options(): Readonly<KyOptions> {
    return this.#ofKy.options;
  }

  get #resolved(): ResolvedOptions {
    return this.#call.resolved;
  }

  abandon(): void {
    this.scope.abandon();
  }

  async send(request: Request, init: RequestInit, body: RequestBody): Promise<Response> {
    try {
      this.#stream?.prepare(request, this.#options.parseJson);
      const bodyReader = this.#call.readerOf(this.#shortcuts);
      const takesFailures = !this.#stream && this.#call.takesFailures(this.#options);
      const further = { init, headersGiven: this.#parts.headersGiven, bodyReader, takesFailures };
      const context = this.#call.begin(request, body, further);
      const response = await this.#call.send(request, context, this);
      if (this.#resolved.settings.dialects !== undefined && response.status < 400)
        await this.#throwHidden(response, request, context);
      if (response.ok || response.type === 'opaque' || !this.#wouldThrow(response.status)) {
        if (response.status >= 400) markFinal(response);
        return extensible(response);
      }
      const [read] = await Promise.all([readFailure(response, this.scope), guidesAtHand(context)]);
      this.signal.throwIfAborted();
      this.#failure = { response, body: read };
      return rebuildResponse(response, read);
    } catch (error) {
      this.#thrown = error;
      throw error;
    }
  }

  get json(): unknown {
    return this.#options.json;
  }

  changed(value: unknown, given: Request, before: RequestBody): ChangedRequest | undefined {
    // A hook may have replaced the request that was made from `json`.
    if (this.json === undefined || before.kind !== 'value') return undefined;
    const text = stringifyJson(value, this.#options.stringifyJson);
    if (text === before.value) return undefined;
    this.#ofKy.replaceJson(text);
    const request = new Request(given, { body: text });
    return { request, body: requestBody(text, request) };
  }

  /** Throws if a dialect calls a success an error: ky would take it for the answer. */
  async #throwHidden(response: Response, request: Request, context: CallContext): Promise<void> {
    const { status } = await outcomeOf(response, request, context);
    if (status < 400 || !this.#wouldThrow(status)) return;
    const [body] = await Promise.all([readFailure(response, this.scope), guidesAtHand(context)]);
    this.signal.throwIfAborted();
    const { links, settings } = this.#resolved;
    throw createApiError({ call: context.call, response, body, links, dialects: settings.dialects });
  }

  throws(): boolean {
    const action = this.scope.call.decision?.action;
    return action !== 'accept' && action !== 'fallback';
  }

  #wouldThrow(status: number): boolean {
    const { throwHttpErrors = true } = this.#options;
    return (
      this.throws() && (typeof throwHttpErrors === 'function' ? defused(throwHttpErrors(status)) : throwHttpErrors)
    );
  }

  retryCount(): number {
    return retriesSent(this.scope.call.attempts);
  }

  within<T>(work: () => T | Promise<T>): Promise<T> {
    return this.scope.within(work);
  }

  afterFailure<T>(work: () => Promise<T>, failure: unknown): Promise<T> {
    return this.scope.afterFailure(work, failure);
  }

  failureOf(error: Error): Error {
    if (!(error instanceof HTTPError)) return error;
    if (this.signal.aborted) return this.signal.reason;
    // As in ky, what was too long to be read whole is no data.
    if (this.#failure?.body.truncated) Reflect.set(error, 'data', undefined);
    return error;
  }

  parseJson(parse: ParseJson, text: string, context: Parameters<ParseJson>[1]): unknown {
    const work = async (): Promise<unknown> => parse(text, context);
    // The time is limited only for error statuses: a shortcut limits it for the body of a success.
    if (context.response.ok || this.#options.throwHttpErrors === false) return this.#shortcuts.inCall.run(work);
    return this.scope.within(work, this.scope.settings.timeout || longestParseMs);
  }

  /** ky's promise with its shortcuts, rejecting with typed errors. */
  promise(ofKy: ResponsePromise): ResponsePromise {
    const result = ofKy.then(
      (response) => {
        if (!this.#shortcuts.isReading && !this.#stream) this.scope.answer(response, response);
        // Absent if a hook returned `ky.stop`. A shortcut's own errors are made by the shortcut.
        if (response !== undefined && !this.#shortcuts.isReading)
          typedReads(response, this.scope.call, this.scope.signal);
        this.#shortcuts.answered(response);
        this.#ofKy.release?.();
        return response;
      },
      (error: unknown) => this.#fail(error),
    ) as ResponsePromise;
    this.#shortcuts.addTo(result, ofKy, this.#options.totalTimeout);
    return result;
  }

  /** Bounds what a shortcut reads of an answer. */
  bound(response: Response): void {
    const { maxResponseBytes = false } = this.#resolved.settings;
    const { fences } = this.#call.runtime.features;
    if (maxResponseBytes !== false) fences?.boundShortcuts(response, maxResponseBytes, this.scope.call);
  }

  /** `beforeError` hooks are called for a body that failed, as for any other failure; what a hook throws is the failure. */
  async shownToHooks(failure: unknown): Promise<unknown> {
    const { askBeforeError } = this.#ofKy;
    return askBeforeError && failure instanceof Error
      ? askBeforeError(failure).catch((thrown: unknown) => thrown)
      : failure;
  }

  /** The error with which the user's promise rejects; only `ky.stop` makes it resolve, with `undefined`. */
  #fail(given: unknown): never {
    this.#ofKy.release?.();
    const { error, status } = finalFailure(given, this.#thrown, (failure) => this.#typed(failure));
    if (error === stopped) {
      this.scope.stop();
      return undefined as never;
    }
    if (!this.#stream) this.scope.fail(error, status);
    throw error;
  }

  #typed(error: HTTPError): unknown {
    const failure = this.failureOf(error);
    if (!(failure instanceof HTTPError)) return failure;
    return apiErrorOf(failure, {
      call: this.scope.call,
      options: this.#options,
      input: this.#parts.input,
      resolved: this.#resolved,
      credentials: this.#call.runtime.credentials,
      failure: this.#failure,
    });
  }
}

/** How long `parseJson` of an error's body may take if `timeout` is off, as in ky. */
const longestParseMs = 10_000;
