import {
  asFetchError,
  asGiven,
  type CallSettings,
  type CallTrace,
  fetchOfClient,
  isHandedBack,
  isInMemory,
  letGoOfBody,
  originalFetch,
  platformFetch,
  referrerOf,
  requestBody,
  traceCall,
  typedReads,
} from '@holdfast/core/internal';
import type { KyOptions } from '@holdfast/ky';
import { askShouldRetry } from '@holdfast/ky';
import { CallScope } from '../call/call-scope.ts';
import { ClientCall } from '../call/client-call.ts';
import { type CallPolicy, callPolicy, callSettings, type Runtime } from '../call/runtime.ts';
import { requestKeys } from '../options/known-names.ts';
import { type FetchCallOptions, splitOptions } from '../options/options.ts';
import { sayFinal, sdkRetries } from './final-answer.ts';
import { headersGiven } from './headers-given.ts';

/** fetch's own; what is `undefined` is not given, and SDKs hand such members on. */
type OrUndefined<T> = { [K in keyof T]: T[K] | undefined };

/** What `client.fetch` takes besides fetch's own: Holdfast's options for this one call. */
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
  const fetch: ResilientFetch = async (input, init) => {
    // A wrapper around it has taken the place of the global fetch, through which this very call is sent.
    if (isHandedBack(input, init as RequestInit)) return originalFetch(input, init as RequestInit);
    if (isOtherScheme(input) && !face.isFenced(init))
      return (sender ?? platformFetch)(input as Request, init as RequestInit);
    const { holdfast, signal, ...rest } = init === undefined ? nothing : membersOf(init);
    if (rest.body) rest.body = asGiven(rest.body);
    const request = requestOf(input, init === undefined ? nothing : rest, signal);
    const caller = (signal === undefined && input instanceof Request ? input.signal : signal) ?? undefined;
    const asked = { input, request, rest, caller };
    return send(face.call(asked, holdfast, traceCall(fetch)), asked);
  };
  return fetchOfClient(fetch);
}

/** What the caller has asked for. */
interface Asked {
  readonly input: string | URL | Request;
  readonly request: Request;
  /** The members of its init that are fetch's own, without the signal. */
  readonly rest: Members;
  readonly caller: AbortSignal | undefined;
}

/** Makes the calls of one client's `fetch`. */
class FetchFace {
  readonly #runtime: Runtime;
  /** Of ky's options, what concerns fetch as well. */
  readonly #times: KyOptions;
  readonly #hasOwnLimits: boolean;
  readonly #ofClient: CallSettings;

  constructor(runtime: Runtime, times: KyOptions, hasOwnLimits: boolean) {
    this.#runtime = runtime;
    this.#times = times;
    this.#hasOwnLimits = hasOwnLimits;
    this.#ofClient = this.#settings(runtime.policy, times);
  }

  isFenced(init: ResilientRequestInit | undefined): boolean {
    return this.#ofClient.fence !== undefined || init?.holdfast?.allowedOrigins !== undefined;
  }

  call(asked: Asked, holdfast: FetchCallOptions | undefined, trace: CallTrace | undefined): ClientCall {
    const { request, caller } = asked;
    const runtime = this.#runtime;
    let { policy } = runtime;
    let settings = this.#ofClient;
    if (holdfast !== undefined) [policy, settings] = this.#ofCall(holdfast, 'dispatcher' in asked.rest);
    if (sdkRetries(request) > 0) settings = { ...settings, retriedAbove: true };
    const shouldRetry = policy.retry?.shouldRetry;
    if (shouldRetry) settings = { ...settings, hooks: askShouldRetry(shouldRetry) };
    const scope = new CallScope(runtime, settings, caller, () => request).calledFrom(trace);
    return new ClientCall(runtime, policy, scope);
  }

  #ofCall(holdfast: FetchCallOptions, hasDispatcher: boolean): [CallPolicy, CallSettings] {
    const { features, policy: ofClient } = this.#runtime;
    const where = 'fetch: init.holdfast';
    const { own, forKy } = splitOptions(holdfast, where, 'fetch', { features });
    features.deadlines?.checkPlatformLimits({ ...forKy, ...own }, where, this.#hasOwnLimits || hasDispatcher);
    const policy = callPolicy(own, ofClient, where, features);
    return [policy, this.#settings(policy, { ...this.#times, ...forKy })];
  }

  #settings(policy: CallPolicy, times: KyOptions): CallSettings {
    const settings = callSettings(policy, times, undefined);
    const levels = this.#runtime.features.retries?.levelsOfFetch(settings.levels) ?? settings.levels;
    return { ...settings, levels };
  }
}

async function send(call: ClientCall, { input, request, rest, caller }: Asked): Promise<Response> {
  const { scope, policy, runtime } = call;
  const body = requestBody(rest.body, request);
  // At once, as fetch does: whatever follows takes a moment.
  if (caller?.aborted) letGoOfBody(request, caller.reason);
  let failure: unknown;
  try {
    const context = call.begin(request, body, furtherInit(rest), headersGiven(rest.headers));
    const response = await call.send(request, context, async (given) => {
      const { check, links } = policy;
      const { requestSchemas } = runtime.features;
      if (check) await scope.within(() => requestSchemas?.checkRequest(check, { request: given, context, links }));
      return undefined;
    });
    if (response.status >= 400) sayFinal(response, scope.call.decision, request, input);
    scope.answer(response, response);
    return isInMemory(response) ? response : typedReads(response, scope.call, scope.signal);
  } catch (error) {
    failure = error;
    scope.fail(error);
    throw caller?.aborted && error === caller.reason ? error : asFetchError(error);
  } finally {
    // As fetch does. It was sent, or is not going to be: a call may be refused, or answered without it.
    if (body.kind === 'oneShot' || body.kind === 'request') letGoOfBody(request, failure);
  }
}

/** As the platform's types have it, though it takes `undefined` for what is not given. */
interface Members extends RequestInit, Pick<ResilientRequestInit, 'holdfast'> {}

const nothing: Members = {};

/** The signal is linked by hand: a Request would listen to it until it is garbage. */
function requestOf(
  input: string | URL | Request,
  init: Omit<RequestInit, 'signal'>,
  signal: AbortSignal | null | undefined,
): Request {
  // Most calls are a mere URL.
  if (init === nothing && typeof input === 'string') return new Request(input);
  return new Request(input, { ...untouched(input, init), ...init, signal: checkedSignal(signal) });
}

/**
 * An init's members, read by their names, as the platform reads them: in an instance of a class they are getters, behind a
 * Proxy they may be in no list, and in a Request they are inherited.
 */
function membersOf(init: ResilientRequestInit | null): Members {
  if (init === null) return nothing;
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
 * `holdfast` is ours; options of another kind of runtime have no effect here, unless they are in the init's own list.
 */
const namesInInit: readonly string[] = [...requestKeys, 'signal', 'priority', 'dispatcher', 'holdfast'];

/** A caller's own Request, with no init that would reset its referrer, keeps it; ours is no reason to. */
function untouched(input: string | URL | Request, init: Omit<RequestInit, 'signal'>): RequestInit | undefined {
  const keeps = input instanceof Request && Object.values(init).every((value) => value === undefined);
  return keeps ? referrerOf(input) : undefined;
}

/** A value that is not a signal is refused by the platform's own error. */
function checkedSignal(signal: AbortSignal | null | undefined): AbortSignal | null {
  const listens = typeof signal?.addEventListener === 'function' && typeof signal.aborted === 'boolean';
  return signal === undefined || signal === null || listens ? null : signal;
}

/** `data:`, `blob:` and the like are the platform's alone; a relative URL is for the Request to resolve. */
function isOtherScheme(input: string | URL | Request): boolean {
  const url = typeof input === 'string' ? input : input instanceof URL ? input.protocol : (input?.url ?? '');
  return /^\s*[a-z][a-z0-9+.-]*:/i.test(url) && !/^\s*https?:/i.test(url);
}

/** What a Request does not take along: a runtime's own options, such as `dispatcher`, `next`, `cf`, `priority`. */
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
