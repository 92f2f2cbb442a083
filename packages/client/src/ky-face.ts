import { type CallContext, isApiError } from '@holdfast/core';
import {
  type CallSettings,
  type CallTrace,
  createApiError,
  defused,
  type ErrorBody,
  guidesAtHand,
  type KyRetryOptions,
  markFinal,
  outcomeOf,
  parsedUrl,
  type RequestBody,
  readErrorBody,
  rebuildResponse,
  requestBody,
  responseWithBody,
  typedReads,
} from '@holdfast/core/internal';
import {
  applyChanges,
  callThroughKy,
  changesMade,
  HTTPError,
  type Input,
  isKyNetworkError,
  type KyBase,
  type KyCall,
  type KyOptions,
  type KyPort,
  type ParseJson,
  type ResponsePromise,
  redactedHttpError,
  replaceOption,
  retriesSent,
  stopped,
  stringifyJson,
} from '@holdfast/ky';
import { bodyError, type KeptText, keepText } from './body-error.ts';
import { CallScope, type CallTarget } from './call-scope.ts';
import { headersGiven } from './headers-given.ts';
import type { CallOptions } from './options.ts';
import { isOptionError, refusedCall } from './refused-call.ts';
import { type CallPolicy, callPolicy, callSettings, mergedRetry, type Runtime, unwrapped } from './runtime.ts';
import type { StreamPort } from './streams/stream-port.ts';

/** What a call is asked with. */
export interface AskedWith {
  readonly own: CallOptions | undefined;
  readonly forKy: KyOptions;
  /** The frames of the code that makes the call. */
  readonly trace: CallTrace | undefined;
  /** The call is one request of a stream. */
  readonly stream?: StreamPort;
}

/** One call through ky's face: ky builds the request, the pipeline sends it, and the promise speaks in typed errors. */
export function callWithKy(runtime: Runtime, base: KyBase, input: Input, asked: AskedWith): ResponsePromise {
  const { forKy } = asked;
  const call = new KyFacedCall(runtime, input, asked);
  call.headersGiven = headersGiven(unwrapped(forKy.headers).value, unwrapped(base.defaults.headers).value);
  const { retry } = call;
  try {
    return call.promise(callThroughKy(base, input, retry === undefined ? forKy : { ...forKy, retry }, call));
  } catch (error) {
    // What the platform can't ask is refused at once, as ky does; such as a GET with a body.
    call.abandon();
    if (isOptionError(error)) return refusedCall(error);
    throw error;
  }
}

class KyFacedCall implements KyPort {
  readonly #runtime: Runtime;
  readonly #own: CallOptions | undefined;
  readonly #input: Input;
  /** The call is one request of a stream, which ends it. */
  readonly #stream: StreamPort | undefined;
  readonly #trace: CallTrace | undefined;
  /** As the call and the client write them. */
  headersGiven: CallContext['headersGiven'];
  /** ky's `retry` of client and call, which hooks see, and `init` hooks change. */
  readonly retry: KyOptions['retry'];
  #policy!: CallPolicy;
  #options!: Readonly<KyOptions>;
  #scope!: CallScope;
  #replaceJson!: KyCall['replaceJson'];
  #askBeforeError: KyCall['askBeforeError'];
  /** What was read of an error's body before ky got a bounded copy of it. */
  #failure: { readonly response: Response; readonly body: ErrorBody } | undefined;
  /** The body is read through a shortcut: the call ends when it is read. */
  #reading = false;
  /** What ky's promise has given. */
  #answer: Response | undefined;
  /** What the pipeline has thrown: ky takes a TypeError of certain words for a failure of the network, and wraps it. */
  #thrown: unknown;
  /** What `.json()` has read, to be quoted where it is no JSON. */
  #json: KeptText | undefined;

  constructor(runtime: Runtime, input: Input, { own, stream, trace }: AskedWith) {
    this.#runtime = runtime;
    this.#stream = stream;
    this.#trace = trace;
    this.#own = own;
    this.#input = input;
    this.retry = mergedRetry(own?.retry, runtime.policy.retry) as KyOptions['retry'];
  }

  get signal(): AbortSignal {
    return this.#scope.signal;
  }

  begin({ options, hooks, replaceJson, askBeforeError }: KyCall): void {
    this.#askBeforeError = askBeforeError;
    this.#options = options;
    this.#replaceJson = replaceJson;
    const { policy, features } = this.#runtime;
    if (hasChanged(options.retry, this.retry)) {
      // An init hook's retry is whole, and so it stands in the place of all that lies below.
      const retry = replaceOption(options.retry) as KyRetryOptions;
      this.#policy = callPolicy({ ...this.#own, retry }, policy, 'call', features);
    } else {
      this.#policy = this.#own === undefined ? policy : callPolicy(this.#own, policy, 'call', features);
    }
    const settings = callSettings(this.#policy, options, hooks);
    const signal = options.signal ?? (this.#input instanceof Request ? this.#input.signal : undefined);
    const create = (its: CallSettings): CallScope =>
      new CallScope(this.#runtime, its, signal ?? undefined, () => targetOf(this.#input, options)).calledFrom(
        this.#trace,
      );
    this.#scope = this.#stream ? this.#stream.begin(this.#policy, settings, create) : create(settings);
  }

  abandon(): void {
    // Absent where an option was refused before anything began.
    (this.#scope as CallScope | undefined)?.abandon();
  }

  async send(given: Request, init: RequestInit, body: RequestBody): Promise<Response> {
    try {
      return await this.#send(given, init, body);
    } catch (error) {
      this.#thrown = error;
      throw error;
    }
  }

  async #send(given: Request, init: RequestInit, body: RequestBody): Promise<Response> {
    this.#stream?.prepare(given);
    const context = this.#scope.context(given, body, init, this.headersGiven);
    this.#scope.refuseLate();
    this.#scope.admit(given);
    const checked = this.#policy.check ? await this.#check(given, context) : undefined;
    const request = checked === undefined ? given : new Request(given, { body: checked });
    this.#policy.keys?.mark(request);
    const response = await this.#runtime.send(
      request,
      checked === undefined ? context : { ...context, body: requestBody(checked, request) },
    );
    if (this.#policy.dialects !== undefined && response.status < 400)
      await this.#throwHidden(response, request, context);
    if (response.ok || response.type === 'opaque' || !this.#wouldThrow(response.status)) {
      if (response.status >= 400) markFinal(response);
      return extensible(response);
    }
    const [read] = await Promise.all([this.#readFailure(response), guidesAtHand(context)]);
    this.signal.throwIfAborted();
    this.#failure = { response, body: read };
    return rebuildResponse(response, read);
  }

  /** Gives the text that is sent in the body's place, where the schema changes it. */
  async #check(request: Request, context: CallContext): Promise<string | undefined> {
    const { check, links } = this.#policy;
    const { json, stringifyJson: own } = this.#options;
    const given = { request, context, links, ...(json !== undefined && { json }) };
    const { requestSchemas } = this.#runtime.features;
    const checked = check && (await this.within(() => requestSchemas?.checkRequest(check, given)));
    // A hook may have put another request in the place of the one that was made from `json`.
    if (checked === undefined || json === undefined || context.body.kind !== 'value') return undefined;
    const text = stringifyJson(checked.value, own);
    if (text === undefined || text === context.body.value) return undefined;
    this.#replaceJson(text);
    return text;
  }

  /** ky would read up to 10 MiB, for up to ten seconds. */
  #readFailure(response: Response): Promise<ErrorBody> {
    const { signal, remainingMs } = this.#scope;
    const maxMs = Math.min(remainingMs, longestReadMs);
    return readErrorBody(response, { clock: this.#runtime.clock, signal, maxMs });
  }

  /** Throws where a dialect calls a success an error: ky would take it for the answer. */
  async #throwHidden(response: Response, request: Request, context: CallContext): Promise<void> {
    const { status } = await outcomeOf(response, request, context);
    if (status < 400 || !this.#wouldThrow(status)) return;
    const [body] = await Promise.all([this.#readFailure(response), guidesAtHand(context)]);
    this.signal.throwIfAborted();
    const { links, dialects } = this.#policy;
    throw createApiError({ call: context.call, response, body, links, dialects });
  }

  throws(): boolean {
    const action = this.#scope.call.decision?.action;
    return action !== 'accept' && action !== 'fallback';
  }

  #wouldThrow(status: number): boolean {
    const { throwHttpErrors = true } = this.#options;
    return (
      this.throws() && (typeof throwHttpErrors === 'function' ? defused(throwHttpErrors(status)) : throwHttpErrors)
    );
  }

  retryCount(): number {
    return retriesSent(this.#scope.call.attempts);
  }

  within<T>(work: () => T | Promise<T>): Promise<T> {
    return this.#scope.within(work);
  }

  afterFailure<T>(work: () => Promise<T>, failure: unknown): Promise<T> {
    return this.#scope.afterFailure(work, failure);
  }

  failureOf(error: Error): Error {
    if (!(error instanceof HTTPError)) return error;
    const { signal } = this.#scope;
    if (signal.aborted) return signal.reason;
    // As in ky, what was too long to be read whole is no data.
    if (this.#failure?.body.truncated) error.data = undefined;
    return error;
  }

  parseJson(parse: ParseJson, text: string, context: Parameters<ParseJson>[1]): unknown {
    // That of a success is bounded along with the reading of its body.
    if (context.response.ok || this.#options.throwHttpErrors === false) return parse(text, context);
    const { timeout } = this.#scope.settings;
    return this.#scope.within(() => parse(text, context), timeout === false ? longestParseMs : timeout);
  }

  /** ky's promise with its shortcuts, rejecting with typed errors. */
  promise(ofKy: ResponsePromise): ResponsePromise {
    const result = ofKy.then(
      (response) => {
        if (!this.#reading && !this.#stream) this.#scope.answer(response, response);
        this.#answer = response;
        // Absent where a hook said `ky.stop`.
        if (response !== undefined) typedReads(response, this.#scope.call, this.#scope.signal);
        if (this.#reading) this.#beforeReading();
        return response;
      },
      (error: unknown) => this.#fail(error),
    ) as ResponsePromise;
    result.json = (schema?: never) => {
      this.#json ??= {};
      return this.#read(result, () => ofKy.json(schema as never));
    };
    result.text = () => this.#read(result, () => ofKy.text());
    result.blob = () => this.#read(result, () => ofKy.blob());
    result.arrayBuffer = () => this.#read(result, () => ofKy.arrayBuffer());
    result.formData = () => this.#read(result, () => ofKy.formData());
    // Not every platform has it.
    if (typeof ofKy.bytes === 'function') result.bytes = () => this.#read(result, () => ofKy.bytes());
    return result;
  }

  /** Before ky reads: a shortcut may be asked for before the answer is there, or after it. */
  #beforeReading(): void {
    const { maxResponseBytes } = this.#policy;
    const response = this.#answer;
    if (response === undefined) return;
    const { fences } = this.#runtime.features;
    if (maxResponseBytes !== false) fences?.boundShortcuts(response, maxResponseBytes, this.#scope.call);
    if (this.#json) keepText(response, this.#json);
  }

  /** Reads the body within the deadline: what `timeout` and `totalTimeout` leave alone once a stream is the caller's. */
  async #read<T>(result: Promise<Response>, read: () => Promise<T>): Promise<T> {
    if (!this.#reading) {
      this.#reading = true;
      this.#beforeReading();
    }
    const reading = read();
    reading.catch(ignore);
    const response: Response | undefined = await result;
    if (response === undefined) return undefined as T;
    try {
      const value = await this.#scope.inTime(reading);
      this.#scope.answer(response);
      return value;
    } catch (error) {
      const failure = await this.#shownToHooks(bodyError(error, this.#scope.call, response, this.#json?.text));
      this.#scope.fail(failure, response.status);
      throw failure;
    }
  }

  /** `beforeError` hooks are asked about a body that failed as about any other failure. */
  async #shownToHooks(failure: unknown): Promise<unknown> {
    if (!this.#askBeforeError || !(failure instanceof Error)) return failure;
    try {
      return await this.#askBeforeError(failure);
    } catch (thrown) {
      return thrown;
    }
  }

  /** What the user's promise rejects with; `ky.stop` alone makes it resolve, with nothing. */
  #fail(given: unknown): never {
    const error = isKyNetworkError(given) && given.cause === this.#thrown ? this.#thrown : given;
    if (error === stopped) {
      this.#scope.stop();
      return undefined as never;
    }
    const failure = error instanceof HTTPError ? this.failureOf(error) : error;
    const final = failure instanceof HTTPError ? this.#apiError(failure) : failure;
    const hidden = isApiError(final) && final.status < 400 ? final.status : undefined;
    if (!this.#stream) this.#scope.fail(final, failure instanceof HTTPError ? failure.response.status : hidden);
    throw final;
  }

  #apiError(error: HTTPError): Error {
    const { call } = this.#scope;
    const { response, body } = this.#failure ?? answeredByHook(error);
    const shown = rebuildResponse(response, body);
    markFinal(shown);
    const { baseUrl, prefix } = this.#options;
    const { credentials } = this.#runtime;
    const apiError = createApiError({
      call,
      options: { method: call.method, context: this.#options.context ?? {} },
      response,
      body,
      data: error.data,
      cause: redactedHttpError(error, shown, credentials && [credentials.header]),
      links: this.#policy.links,
      dialects: this.#policy.dialects,
      ...(typeof this.#input === 'string' && {
        base: {
          path: this.#input,
          ...(baseUrl && { baseUrl: String(baseUrl) }),
          ...(prefix && { prefix: String(prefix) }),
        },
      }),
    });
    return this.#options.hooks?.beforeError?.length ? applyChanges(apiError, changesMade(error)) : apiError;
  }
}

/** A fetch of the user's own may give a Response that is frozen. */
function extensible(response: Response): Response {
  return Object.isExtensible(response) || !response.body ? response : responseWithBody(response, response.body);
}

/** Has an `init` hook changed ky's `retry`? */
function hasChanged(retry: KyOptions['retry'], before: KyOptions['retry']): boolean {
  if (retry === before) return false;
  const [now, then] = [fieldsOf(retry), fieldsOf(before)];
  return [...new Set([...Object.keys(now), ...Object.keys(then)])].some((key) => !isSame(now[key], then[key]));
}

function fieldsOf(retry: KyOptions['retry']): Record<string, unknown> {
  return typeof retry === 'number' ? { limit: retry } : { ...retry };
}

/** ky copies its lists. */
function isSame(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

/** A status that a hook answered with: ky has read its body already. */
function answeredByHook({ response, data }: HTTPError): { readonly response: Response; readonly body: ErrorBody } {
  const text = data === undefined ? '' : typeof data === 'string' ? data : JSON.stringify(data);
  return { response, body: { bytes: new TextEncoder().encode(text), text, truncated: false } };
}

/** The URL as ky will join it, for a call that fails before there is a request. */
function targetOf(input: Input, { baseUrl, prefix, method }: Readonly<KyOptions>): CallTarget {
  if (input instanceof Request) return { method: method ?? input.method, url: input.url };
  const whole = prefix ? `${String(prefix).replace(/\/+$/, '')}/${String(input).replace(/^\/+/, '')}` : String(input);
  const url = parsedUrl(whole, baseUrl)?.href ?? whole;
  return { method: (method ?? 'get').toUpperCase(), url };
}

/** How long an error's `parseJson` may take if `timeout` is off: as in ky. */
const longestParseMs = 10_000;

/** How long the body of an error may take, if the call has that much time left. */
const longestReadMs = 1000;

/** The reading fails along with the call, which says so itself. */
function ignore(): void {}
