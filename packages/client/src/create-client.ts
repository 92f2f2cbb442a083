import type { CircuitBreaker } from '@holdfast/circuit-breaker';
import {
  compose,
  createEventHub,
  describe,
  fetchTransport,
  type Handler,
  type Strategy,
  systemClock,
} from '@holdfast/core';
import {
  type CallSettings,
  type CredentialsIdentity,
  defused,
  type EventOf,
  OptionError,
  type RetryRingOptions,
  show,
  systemRandom,
  traceCall,
} from '@holdfast/core/internal';
import { type Input, type KyBase, type KyOptions, ky, kyBase, type ResponsePromise } from '@holdfast/ky';
import { type AuthOrigins, noAuthOrigins } from './auth-origins.ts';
import { CallsInFlight, drainMsOf } from './calls-in-flight.ts';
import type { ClientSnapshot, ResilientClient } from './client.ts';
import { detach } from './detach.ts';
import type { ExplainInput } from './explain.ts';
import { Family } from './family.ts';
import { type Feature, type FeatureName, type Features, featuresOf } from './feature.ts';
import { resilientFetch } from './fetch.ts';
import { callWithKy } from './ky-face.ts';
import { type CallOptions, type ClientOptions, checkValues, separateOptions, splitOptions } from './options.ts';
import { refusedCall } from './refused-call.ts';
import { type CallPolicy, callPolicy, callSettings, type Runtime } from './runtime.ts';
import { closeParts, type PartsOfParent, type SharedParts, sharedParts } from './shared-parts.ts';
import { answering, type StrategyOrder, strategyOrder } from './strategy-order.ts';
import type { ClientStreams } from './streams/client-streams.ts';

/**
 * Creates a client of the features that are given, and of no others: a bundler leaves out what is not named.
 *
 * @param features Such as `[retries, deadlines]`, in any order.
 * @param options Those of `createResilientClient()`, as far as the features know them.
 * @throws TypeError or RangeError as `createResilientClient()` does, and TypeError for an option whose feature is missing.
 * @example
 * ```ts
 * import { createClient, deadlines, retries } from 'holdfast/parts';
 *
 * const api = createClient([retries, deadlines], { baseUrl: 'https://api.example.com/v1/', timeout: 5_000 });
 * ```
 */
export function createClient(
  features: readonly Feature[],
  options: ClientOptions = {},
  where = 'createClient',
): ResilientClient {
  return build(featuresOf(features, where), options, undefined, where);
}

/** What a client hands down to those that it is extended to. */
interface Parent extends PartsOfParent {
  readonly base: KyBase;
  readonly runtime: Runtime;
  readonly family: Family;
  readonly origins: AuthOrigins;
}

const methods = ['get', 'post', 'put', 'patch', 'head', 'delete', 'query'] as const;
const nothingSet = ({ retries }: Features): CallPolicy => ({
  levels: retries?.defaultLevels ?? [],
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
});

function build(features: Features, options: ClientOptions, parent: Parent | undefined, where: string): ResilientClient {
  const hasOwnSender = [options, parent?.own, parent?.base.defaults].some(saysWhatSends);
  const { own, forKy } = splitOptions(options, where, 'client', { features, hasOwnFetch: hasOwnSender });
  const hasOwnLimits = [options, parent?.base.defaults].some(saysDispatcher) || hasOwnSender;
  features.deadlines?.checkPlatformLimits({ ...forKy, ...own }, where, hasOwnLimits);
  // An option that is `undefined` is one that is not given; `splitOptions` has left those of ours out.
  const mergedOwn = { ...parent?.own, ...own };
  const base = kyBase(parent ? parent.base.ky.extend(forKy) : ky.create(forKy));
  const { defaults } = base;
  if (forKy.baseUrl) baseOf(defaults, where);
  const policy = callPolicy(own, parent?.runtime.policy ?? nothingSet(features), where, features);
  const clock = own.clock ?? parent?.runtime.clock ?? systemClock;
  const hub = parent?.runtime.hub ?? createEventHub();
  const random = (own.random && chanceOf(own.random)) ?? parent?.runtime.random ?? systemRandom;
  const parts = sharedParts(features, own, parent, { clock, random, emit: hub.emit, where });
  const { budget, credentials, breaker, limiter, page, cache } = parts;
  const inheritedOrigins =
    credentials !== undefined && credentials === parent?.parts.credentials ? parent.origins : undefined;
  const origins =
    credentials && features.credentials
      ? features.credentials.authOriginsOf(inheritedOrigins, baseOf(defaults), mergedOwn.authOrigins, where)
      : noAuthOrigins;
  const authOrigins = origins.all;
  const identity = credentials && features.credentials?.credentialsIdentity(credentials, authOrigins);
  const ofLimiter = limiter?.for(identity);
  const { transport, perCall = [], perAttempt = [] } = mergedOwn;
  const { outside, around, inside } = strategyOrder(features, {
    links: policy.links,
    budget,
    credentials,
    breaker,
    limiter: ofLimiter,
    statusPage: page,
    cache: cache?.for({ identity, strategies: [...perCall, ...perAttempt], transport }),
    authOrigins,
    coalesce: coalescingRing(features, parts, { identity, options: mergedOwn, where }),
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
    features,
    clock,
    random,
    hub,
    budget,
    credentials,
    authOrigins,
    send: pipelineOf(features, { outside, around, inside }, transport ?? fetchTransport(), {
      ...{ budget, credentials, authOrigins, limiter: ofLimiter },
    }),
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
    const split = separateOptions(given, where, 'call', { features, hasOwnFetch: isOwn });
    try {
      checkValues(split, where);
      features.deadlines?.checkPlatformLimits(
        { ...split.forKy, ...split.own },
        where,
        hasOwnLimits || isOwn || saysDispatcher(given),
      );
    } catch (error) {
      return refusedCall(error);
    }
    const ofCall = Object.keys(split.own).length === 0 ? undefined : split.own;
    const forKy = method === undefined ? split.forKy : { ...split.forKy, method };
    return callWithKy(runtime, base, input, { own: ofCall, forKy, trace });
  };
  const members = {
    ...(features.streams?.clientStreams({ runtime, base, hasOwnSender, hasOwnLimits }) ?? noStreams),
    fetch: resilientFetch(runtime, defaults, hasOwnLimits),
    extend(given: ClientOptions | ((parent: ClientOptions) => ClientOptions)): ResilientClient {
      const further = typeof given === 'function' ? given({ ...mergedOwn, ...(defaults as ClientOptions) }) : given;
      if (typeof further !== 'object' || further === null) {
        throw new OptionError('extend: options', further, 'must be an object, or a function that returns one');
      }
      return build(features, further, { own: mergedOwn, base, runtime, family, parts, origins }, 'extend');
    },
    on: hub.on,
    circuits: breaker?.circuits ?? noCircuits,
    onStatus(listener: (event: EventOf<'status.changed'>) => void): () => void {
      if (page) return hub.on('status.changed', listener);
      throw new TypeError('onStatus: this client has no statusPage; set the option statusPage');
    },
    explain: (input: ExplainInput) =>
      (features.explaining?.explain ?? missing('explain', 'explaining'))(runtime, settings, baseOf(defaults), input),
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

/** From the outermost ring to what sends. */
function pipelineOf(
  { retries, streams, bodies, fences }: Features,
  { outside, around, inside }: StrategyOrder,
  transport: Handler,
  ring: RetryRingOptions,
): Handler {
  const fenced = fences?.fencedTransport(transport) ?? transport;
  const received = bodies?.receiving(fenced) ?? fenced;
  const attempt = compose(inside, received);
  const opened = compose(around, streams?.opening(attempt) ?? attempt);
  return compose(outside, (retries && bodies?.resuming(opened, ring)) ?? opened);
}

/** What the ring that shares equal requests is made of. */
interface CoalescingParts {
  readonly identity: CredentialsIdentity | undefined;
  readonly options: ClientOptions;
  readonly where: string;
}

function coalescingRing(
  { coalescing }: Features,
  { coalescer }: SharedParts,
  { identity, options, where }: CoalescingParts,
): Strategy | undefined {
  if (!coalescing || !coalescer) return undefined;
  const { coalesce, perAttempt = [], transport } = options;
  const sharing = coalescing.resolveCoalesce(coalesce, `${where}: coalesce`);
  if (sharing === false) return undefined;
  return coalescer.for({ identity, scope: coalescing.coalesceScope(sharing, { strategies: perAttempt, transport }) });
}

/** Stands for a member of the client whose feature it does not have. */
function missing(member: string, name: FeatureName): () => never {
  return () => {
    throw new TypeError(`${member}: needs the feature ${name}; add it to createClient([…, ${name}], options)`);
  };
}

const noStreams: ClientStreams = { events: missing('events', 'streams'), lines: missing('lines', 'streams') };

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
