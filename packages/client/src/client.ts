/// <reference lib="esnext.disposable" preserve="true" />

import type { CircuitBreaker, CircuitSnapshot } from '@holdfast/circuit-breaker';
import {
  compose,
  createEventHub,
  type Decision,
  defaultLevels,
  describe,
  fetchTransport,
  systemClock,
} from '@holdfast/core';
import {
  type CallSettings,
  coalesceScope,
  credentialsIdentity,
  defused,
  type EventHub,
  type EventOf,
  fencedTransport,
  OptionError,
  opening,
  receiving,
  resolveCoalesce,
  resuming,
  show,
  systemRandom,
  traceCall,
} from '@holdfast/core/internal';
import {
  type Input,
  type KyBase,
  type KyInstance,
  type KyOptions,
  ky,
  kyBase,
  type ResponsePromise,
} from '@holdfast/ky';
import type { LimiterSnapshot, QuotaSnapshot } from '@holdfast/rate-limiter';
import { type AuthOrigins, authOriginsOf, noAuthOrigins } from './auth-origins.ts';
import { CallsInFlight, type CloseOptions, drainMsOf } from './calls-in-flight.ts';
import { detach } from './detach.ts';
import { type ExplainInput, explain } from './explain.ts';
import { Family } from './family.ts';
import { type ResilientFetch, resilientFetch } from './fetch.ts';
import { callWithKy } from './ky-face.ts';
import { type CallOptions, type ClientOptions, checkValues, separateOptions, splitOptions } from './options.ts';
import { refusedCall } from './refused-call.ts';
import { type CallPolicy, callPolicy, callSettings, type Runtime } from './runtime.ts';
import { closeParts, type PartsOfParent, sharedParts } from './shared-parts.ts';
import type { StatusSnapshot } from './status-page.ts';
import { answering, strategyOrder } from './strategy-order.ts';
import { type ClientStreams, clientStreams } from './streams/client-streams.ts';
import { checkPlatformLimits } from './time/platform-limits.ts';

type Method = <T = unknown>(url: Input, options?: CallOptions) => ResponsePromise<T>;

/** What `client.snapshot()` gives: plain JSON. */
export interface ClientSnapshot {
  /** The rings' names, outermost first. */
  readonly pipeline: readonly string[];
  readonly circuits: readonly CircuitSnapshot[];
  readonly limiters: readonly LimiterSnapshot[];
  readonly budgets: readonly { readonly key: string; readonly tokens: number }[];
  readonly auth: { readonly refreshing: boolean; readonly expiresAt?: number };
  readonly callsInFlight: number;
  readonly quotas: readonly QuotaSnapshot[];
  /** Where `statusPage` is set. */
  readonly statusPage?: StatusSnapshot;
}

/** A ky client whose every request goes through one pipeline. */
export interface ResilientClient extends ClientStreams {
  <T = unknown>(url: Input, options?: CallOptions): ResponsePromise<T>;
  readonly get: Method;
  readonly post: Method;
  readonly put: Method;
  readonly patch: Method;
  readonly delete: Method;
  readonly head: Method;
  readonly query: Method;
  /** A drop-in for the platform's `fetch`, to hand to any SDK. */
  readonly fetch: ResilientFetch;
  /** A client with more options. It shares with its parent whatever they do not change. */
  extend(options: ClientOptions | ((parent: ClientOptions) => ClientOptions)): ResilientClient;
  /** Observes; gives the function that stops it. A listener that throws breaks no call. */
  readonly on: EventHub['on'];
  /**
   * Observes what the API's status page says; gives the function that stops it.
   *
   * @throws TypeError where `statusPage` is not set.
   */
  onStatus(listener: (event: EventOf<'status.changed'>) => void): () => void;
  /** What the policy engine would decide of such an outcome; nothing is sent. */
  explain(input: ExplainInput): Decision;
  snapshot(): ClientSnapshot;
  /** The circuits, by hand; a key is what `snapshot()` shows, an origin by default. */
  readonly circuits: CircuitBreaker['circuits'];
  /**
   * Ends every call that has not ended with `CLIENT_CLOSED`, and refuses those to come; so do the clients that this one was
   * extended to. With `drainMs`, calls in flight may first end by themselves. A response that was handed over before goes
   * on being read. Resolves when everything has ended that the client owns: timers, connections, listeners.
   *
   * @remarks A second `close()` without `drainMs` ends the wait of the first.
   * @throws TypeError or RangeError for a `drainMs` that is no number of milliseconds.
   * @example
   * ```ts
   * import { createResilientClient } from 'holdfast';
   *
   * const api = createResilientClient({ baseUrl: 'https://api.example.com/v1/' });
   * process.once('SIGTERM', () => api.close({ drainMs: 10_000 }));
   * ```
   */
  close(options?: CloseOptions): Promise<void>;
  /** `close()` without `drainMs`: at the end of an `await using` block, calls that have not ended end at once. */
  [Symbol.asyncDispose](): Promise<void>;
  /** ky's own, for hooks. */
  readonly stop: KyInstance['stop'];
  readonly retry: KyInstance['retry'];
}

/**
 * Creates a resilient client.
 *
 * @param options ky's and fetch's own options under their own names, and Holdfast's.
 * @throws TypeError or RangeError for an option that is unknown but resembles a known one, of the wrong type, out of
 * range or contradictory; the message names path, value and remedy.
 * @example
 * ```ts
 * import { createResilientClient, accept } from 'holdfast';
 *
 * const api = createResilientClient({ baseUrl: 'https://api.example.com/v1/', policies: { 404: accept() } });
 * api.on('retry.scheduled', (event) => console.log(event.decision.reason));
 * ```
 */
export function createResilientClient(options: ClientOptions = {}): ResilientClient {
  return build(options, undefined, 'createResilientClient');
}

/** What a client hands down to those that it is extended to. */
interface Parent extends PartsOfParent {
  readonly base: KyBase;
  readonly runtime: Runtime;
  readonly family: Family;
  readonly origins: AuthOrigins;
}

const methods = ['get', 'post', 'put', 'patch', 'head', 'delete', 'query'] as const;
const nothingSet: CallPolicy = {
  levels: defaultLevels,
  retry: undefined,
  fallback: undefined,
  keys: undefined,
  check: undefined,
  readBody: undefined,
  idleTimeout: undefined,
  resumeBody: undefined,
  fence: undefined,
  maxResponseBytes: false,
  dialects: undefined,
  links: {},
};

function build(options: ClientOptions, parent: Parent | undefined, where: string): ResilientClient {
  const hasOwnSender = [options, parent?.own, parent?.base.defaults].some(saysWhatSends);
  const { own, forKy } = splitOptions(options, where, 'client', hasOwnSender);
  const hasOwnLimits = [options, parent?.base.defaults].some(saysDispatcher) || hasOwnSender;
  checkPlatformLimits({ ...forKy, ...own }, where, hasOwnLimits);
  // An option that is `undefined` is one that is not given; `splitOptions` has left those of ours out.
  const mergedOwn = { ...parent?.own, ...own };
  const base = kyBase(parent ? parent.base.ky.extend(forKy) : ky.create(forKy));
  const { defaults } = base;
  if (forKy.baseUrl) baseOf(defaults, where);
  const policy = callPolicy(own, parent?.runtime.policy ?? nothingSet, where);
  const clock = own.clock ?? parent?.runtime.clock ?? systemClock;
  const hub = parent?.runtime.hub ?? createEventHub();
  const random = (own.random && chanceOf(own.random)) ?? parent?.runtime.random ?? systemRandom;
  const parts = sharedParts(own, parent, { clock, random, emit: hub.emit, where });
  const { budget, credentials, breaker, limiter, page, cache } = parts;
  const inheritedOrigins =
    credentials !== undefined && credentials === parent?.parts.credentials ? parent.origins : undefined;
  const origins = credentials
    ? authOriginsOf(inheritedOrigins, baseOf(defaults), mergedOwn.authOrigins, where)
    : noAuthOrigins;
  const authOrigins = origins.all;
  const identity = credentials && credentialsIdentity(credentials, authOrigins);
  const { transport, perCall = [], perAttempt = [] } = mergedOwn;
  const sharing = resolveCoalesce(mergedOwn.coalesce, `${where}: coalesce`);
  const ofLimiter = limiter?.for(identity);
  const { outside, around, inside } = strategyOrder({
    links: policy.links,
    budget,
    credentials,
    breaker,
    limiter: ofLimiter,
    statusPage: page,
    cache: cache?.for({ identity, strategies: [...perCall, ...perAttempt], transport }),
    authOrigins,
    coalesce:
      sharing === false
        ? undefined
        : parts.coalescer.for({ identity, scope: coalesceScope(sharing, { strategies: perAttempt, transport }) }),
    perCall: answering(perCall, 'perCall'),
    perAttempt: answering(perAttempt, 'perAttempt'),
  });
  const calls = new CallsInFlight();
  const family = new Family();
  let closed = false;
  let ended: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    for (const call of calls) call.close();
    await family.close();
    await closeParts(parts, parent?.parts);
  };
  const runtime: Runtime = {
    clock,
    random,
    hub,
    budget,
    credentials,
    authOrigins,
    send: compose(
      outside,
      resuming(compose(around, opening(compose(inside, receiving(fencedTransport(transport ?? fetchTransport()))))), {
        ...{ budget, credentials, authOrigins, limiter: ofLimiter },
      }),
    ),
    pipeline: [...describe(outside), ...describe(around), ...describe(inside), 'transport'],
    policy,
    links: policy.links,
    detach: (request, context, work) => detach(runtime, request, context, work),
    calls,
    isClosed: () => closed || (parent?.runtime.isClosed() ?? false),
    async close(options) {
      const drainMs = drainMsOf(options);
      closed = true;
      if (drainMs > 0) await Promise.all([calls.ended(drainMs, clock), family.close(options)]);
      ended ??= end();
      return ended;
    },
  };
  parent?.family.add(runtime);
  const settings: CallSettings = callSettings(policy, defaults, undefined);

  const send = (entry: unknown, input: Input, given: CallOptions | undefined, method?: string): ResponsePromise => {
    const trace = traceCall(entry);
    if (given === undefined) {
      return callWithKy(runtime, base, input, { own: undefined, forKy: method === undefined ? {} : { method }, trace });
    }
    const where = method ?? 'call';
    const isOwn = hasOwnSender || given?.fetch !== undefined;
    const split = separateOptions(given, where, 'call', isOwn);
    try {
      checkValues(split, where);
      checkPlatformLimits({ ...split.forKy, ...split.own }, where, hasOwnLimits || isOwn || saysDispatcher(given));
    } catch (error) {
      return refusedCall(error);
    }
    const ofCall = Object.keys(split.own).length === 0 ? undefined : split.own;
    const forKy = method === undefined ? split.forKy : { ...split.forKy, method };
    return callWithKy(runtime, base, input, { own: ofCall, forKy, trace });
  };
  const members = {
    ...clientStreams({ runtime, base, hasOwnSender, hasOwnLimits }),
    fetch: resilientFetch(runtime, defaults, hasOwnLimits),
    extend(given: ClientOptions | ((parent: ClientOptions) => ClientOptions)): ResilientClient {
      const further = typeof given === 'function' ? given({ ...mergedOwn, ...(defaults as ClientOptions) }) : given;
      if (typeof further !== 'object' || further === null) {
        throw new OptionError('extend: options', further, 'must be an object, or a function that returns one');
      }
      return build(further, { own: mergedOwn, base, runtime, family, parts, origins }, 'extend');
    },
    on: hub.on,
    circuits: breaker?.circuits ?? noCircuits,
    onStatus(listener: (event: EventOf<'status.changed'>) => void): () => void {
      if (page) return hub.on('status.changed', listener);
      throw new TypeError('onStatus: this client has no statusPage; set the option statusPage');
    },
    explain: (input: ExplainInput) => explain(runtime, settings, baseOf(defaults), input),
    snapshot: (): ClientSnapshot => ({
      pipeline: runtime.pipeline,
      circuits: breaker?.snapshot() ?? [],
      limiters: limiter?.snapshot() ?? [],
      budgets: budget?.snapshot() ?? [],
      auth: credentials?.snapshot() ?? { refreshing: false },
      callsInFlight: calls.size,
      quotas: limiter?.quotas() ?? [],
      ...(page && { statusPage: page.snapshot() }),
    }),
    close: runtime.close,
    [Symbol.asyncDispose]: () => runtime.close(),
    stop: ky.stop,
    retry: ky.retry,
  };
  const client = (input: Input, given?: CallOptions): ResponsePromise => send(client, input, given);
  for (const method of methods) {
    const call = (input: Input, given?: CallOptions): ResponsePromise => send(call, input, given, method);
    Object.assign(client, { [method]: call });
  }
  return Object.assign(client, members) as unknown as ResilientClient;
}

/** A random function of the user's may give anything. */
function chanceOf(random: () => number): () => number {
  return () => {
    const value = defused(random());
    return value >= 0 && value <= 1 ? value : 0;
  };
}

/** Does the user say what sends, in place of the platform's fetch? */
function saysWhatSends(options: ClientOptions | KyOptions | undefined): boolean {
  const { fetch, transport } = Object(options) as ClientOptions;
  return fetch !== undefined || transport !== undefined;
}

/** Does it name a dispatcher of undici's, which has limits of its own? */
function saysDispatcher(options: object | undefined): boolean {
  return (options as { dispatcher?: unknown } | undefined)?.dispatcher !== undefined;
}

/** With the breaker off there is nothing to be opened by hand. */
const noCircuits: CircuitBreaker['circuits'] = {
  open: () => {
    throw new TypeError('circuits.open: this client has circuitBreaker: false');
  },
  close: () => undefined,
  reset: () => undefined,
};

/** The absolute URL that relative ones are joined to. */
function baseOf({ baseUrl, prefix }: KyOptions, where = 'createResilientClient'): string | undefined {
  const base = baseUrl || prefix;
  if (!base) return undefined;
  const page = (globalThis as { location?: { href: string } }).location?.href;
  try {
    return new URL(base, page).href;
  } catch {
    throw new TypeError(
      `${where}: ${baseUrl ? 'baseUrl' : 'prefix'} must be a URL such as 'https://api.example.com/v1/', got ${show(base)}`,
    );
  }
}
