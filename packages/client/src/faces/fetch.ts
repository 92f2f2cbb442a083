import {
  asFetchError,
  asGiven,
  type CallSettings,
  type CallTrace,
  fetchOfClient,
  isHandedBack,
  isInMemory,
  isRequest,
  letGoOfBody,
  originalFetch,
  platformFetch,
  referrerOf,
  requestBody,
  traceCall,
  typedReads,
} from '@holdfast/core/internal';
import { askShouldRetry, type KyOptions } from '@holdfast/ky';
import { CallScope } from '../call/call-scope.ts';
import { ClientCall } from '../call/client-call.ts';
import { callSettings, type ResolvedOptions, resolveOptions } from '../call/resolved-options.ts';
import type { Runtime } from '../call/runtime.ts';
import { requestKeys } from '../options/known-names.ts';
import { type FetchCallOptions, splitOptions } from '../options/options.ts';
import { sayFinal, sdkRetries } from './final-answer.ts';
import { headersGiven } from './headers-given.ts';

/** fetch's own options. A member that is `undefined` counts as not given: SDKs pass such members on. */
type OrUndefined<T> = { [K in keyof T]: T[K] | undefined };

/** The additional member of `client.fetch`: Holdfast's options for this one call. */
export interface ResilientRequestInit extends OrUndefined<RequestInit> {
  readonly holdfast?: FetchCallOptions | undefined;
}

export type ResilientFetch = (input: string | URL | Request, init?: ResilientRequestInit) => Promise<Response>;

/**
 * A drop-in for the platform's `fetch`. It uses the same pipeline, but behaves like fetch: an error status is a
 * Response, the original one from the platform, with its body unread; ky's options and hooks do not apply.
 *
 * @throws TypeError if there is no answer, as fetch does; its `cause` is the typed error. A `RequestRefusedError` and
 * the caller's own abort reason are thrown unchanged.
 */
export function resilientFetch(runtime: Runtime, clientOptions: KyOptions, hasOwnLimits: boolean): ResilientFetch {
  const { timeout, totalTimeout, fetch: sender } = clientOptions;
  const face = new FetchFace(runtime, { timeout, totalTimeout, fetch: sender } as KyOptions, hasOwnLimits);
  const fetch: ResilientFetch = async (input, init = undefined) => {
    // A wrapper around this function has replaced the global fetch, through which this very call is sent.
    if (isHandedBack(input, init as RequestInit)) return originalFetch(input, init as RequestInit);
    if (isOtherScheme(input) && !face.isFenced(init))
      return (sender ?? platformFetch)(input as Request, init as RequestInit);
    const { holdfast, signal, ...rest } = init === undefined ? nothing : membersOf(init, input);
    if (rest.body) rest.body = asGiven(rest.body);
    const request = requestOf(input, init === undefined ? nothing : rest, signal);
    const caller = (signal === undefined && isRequest(input) ? input.signal : signal) ?? undefined;
    const asked = { input, request, rest, caller };
    return send(face.call(asked, holdfast, traceCall(fetch)), asked);
  };
  return fetchOfClient(fetch);
}

/** The arguments of the caller. */
interface Asked {
  readonly input: string | URL | Request;
  readonly request: Request;
  /** The init's members that are fetch's own, without the signal. */
  readonly rest: Members;
  readonly caller: AbortSignal | undefined;
}

/** Makes the calls of one client's `fetch`. */
class FetchFace {
  readonly #runtime: Runtime;
  /** The options of ky that apply to fetch as well. */
  readonly #times: KyOptions;
  readonly #hasOwnLimits: boolean;
  readonly #ofClient: CallSettings;

  constructor(runtime: Runtime, times: KyOptions, hasOwnLimits: boolean) {
    this.#runtime = runtime;
    this.#times = times;
    this.#hasOwnLimits = hasOwnLimits;
    this.#ofClient = this.#settings(runtime.resolved, times);
  }

  isFenced(init: ResilientRequestInit | undefined): boolean {
    return this.#ofClient.fence !== undefined || init?.holdfast?.allowedOrigins !== undefined;
  }

  call(asked: Asked, holdfast: FetchCallOptions | undefined, trace: CallTrace | undefined): ClientCall {
    const { request, caller } = asked;
    const runtime = this.#runtime;
    let { resolved } = runtime;
    let settings = this.#ofClient;
    if (holdfast !== undefined) [resolved, settings] = this.#ofCall(holdfast, 'dispatcher' in asked.rest);
    if (sdkRetries(request) > 0) settings = { ...settings, retriedAbove: true };
    const { retry } = resolved;
    if (retry?.shouldRetry) settings = { ...settings, hooks: askShouldRetry(retry.shouldRetry, retry) };
    const scope = new CallScope(runtime, settings, caller, () => request).calledFrom(trace);
    return new ClientCall(runtime, resolved, scope);
  }

  #ofCall(holdfast: FetchCallOptions, hasDispatcher: boolean): [ResolvedOptions, CallSettings] {
    const { features, resolved: ofClient } = this.#runtime;
    const where = 'fetch: init.holdfast';
    const hasOwnLimits = this.#hasOwnLimits || hasDispatcher;
    const context = { features, where, scope: 'fetch', hasOwnFetch: false, hasOwnLimits } as const;
    const { own, forKy } = splitOptions(holdfast, context);
    const resolved = resolveOptions(own, ofClient, where, features);
    return [resolved, this.#settings(resolved, { ...this.#times, ...forKy })];
  }

  #settings(resolved: ResolvedOptions, times: KyOptions): CallSettings {
    const settings = callSettings(resolved, times);
    const levels = this.#runtime.features.retries?.levelsOfFetch(settings.levels) ?? settings.levels;
    return { ...settings, levels };
  }
}

async function send(call: ClientCall, { input, request, rest, caller }: Asked): Promise<Response> {
  const { scope } = call;
  const body = requestBody(rest.body, request);
  // An aborted signal is checked at once, as fetch does: all that follows is asynchronous.
  if (caller?.aborted) letGoOfBody(request, caller.reason);
  let failure: unknown;
  try {
    const context = call.begin(request, body, { init: furtherInit(rest), headersGiven: headersGiven(rest.headers) });
    const response = await call.send(request, context);
    if (response.status >= 400) sayFinal(response, scope.call.decision, request, input);
    scope.answer(response, response);
    return isInMemory(response) ? response : typedReads(response, scope.call, scope.signal);
  } catch (error) {
    failure = error;
    scope.fail(error);
    throw caller?.aborted && error === caller.reason ? error : asFetchError(error);
  } finally {
    // At the end the body is released, as fetch does: a call may be refused, or answered without sending it.
    if (body.kind === 'oneShot' || body.kind === 'request') letGoOfBody(request, failure);
  }
}

/** The platform's types forbid `undefined`, although the platform takes it for a member that is not given. */
interface Members extends RequestInit, Pick<ResilientRequestInit, 'holdfast'> {}

const nothing: Members = {};

/** The signal is linked by hand: a Request would listen to it until it is garbage-collected. */
function requestOf(
  input: string | URL | Request,
  init: Omit<RequestInit, 'signal'>,
  signal: AbortSignal | null | undefined,
): Request {
  // Most calls are only a URL.
  if (init === nothing && typeof input === 'string') return new Request(input);
  return new Request(input, { ...untouched(input, init), ...init, signal: checkedSignal(signal) });
}

/**
 * An init's members, read by name, as the platform reads them: in an instance of a class they are getters, a Proxy may
 * list none of them, and in a Request they are inherited.
 */
function membersOf(init: ResilientRequestInit | null, input: string | URL | Request): Members {
  if (init === null) return nothing;
  // The platform refuses it, in its own words.
  if (typeof init !== 'object' && typeof init !== 'function') void new Request(input, init);
  const members: Record<string, unknown> = {};
  for (const key in init) members[key] = init[key as keyof ResilientRequestInit];
  for (const key of namesInInit) {
    if (key in members) continue;
    const value = init[key as keyof ResilientRequestInit];
    if (value !== undefined) members[key] = value;
  }
  return members;
}

/**
 * Members that are read by name. `holdfast` is ours; options of other runtimes have no effect here, and are taken only
 * if they are own members of the init.
 */
const namesInInit: readonly string[] = [...requestKeys, 'signal', 'priority', 'dispatcher', 'holdfast'];

/**
 * A caller's own Request keeps its referrer, unless the caller gives an init that resets it; an init of ours must not
 * reset it.
 */
function untouched(input: string | URL | Request, init: Omit<RequestInit, 'signal'>): RequestInit | undefined {
  const keeps = isRequest(input) && Object.values(init).every((value) => value === undefined);
  return keeps ? referrerOf(input) : undefined;
}

/** A value that is not a signal is refused by the platform's own error. */
function checkedSignal(signal: AbortSignal | null | undefined): AbortSignal | null {
  const listens = typeof signal?.addEventListener === 'function' && typeof signal.aborted === 'boolean';
  return signal === undefined || signal === null || listens ? null : signal;
}

/** `data:`, `blob:` and similar URLs are left to the platform; a relative URL is resolved by the Request. */
function isOtherScheme(input: string | URL | Request): boolean {
  const url = typeof input === 'string' ? input : input instanceof URL ? input.protocol : (input?.url ?? '');
  return /^\s*(?!https?:)[a-z][a-z0-9+.-]*:/i.test(url);
}

/** The options that a Request does not keep: those of a runtime, such as `dispatcher`, `next`, `cf`, `priority`. */
function furtherInit(init: Omit<RequestInit, 'signal'>): RequestInit | undefined {
  let further: Record<string, unknown> | undefined;
  for (const key in init) {
    if (inRequest.has(key)) continue;
    further ??= {};
    further[key] = (init as Record<string, unknown>)[key];
  }
  return further;
}

const inRequest: ReadonlySet<string> = new Set(requestKeys);
