import { createEventHub, describe, fetchTransport, systemClock } from '@holdfast/core';
import { type CallSettings, type EventOf, OptionError, systemRandom, traceCall } from '@holdfast/core/internal';
import { type Input, type KyBase, ky, kyBase, type ResponsePromise } from '@holdfast/ky';
import { CallsInFlight, drainMsOf } from '../call/calls-in-flight.ts';
import { detach } from '../call/detach.ts';
import { Family } from '../call/family.ts';
import { type CallPolicy, callPolicy, callSettings, type Runtime } from '../call/runtime.ts';
import type { ExplainInput } from '../explain/explain.ts';
import { resilientFetch } from '../faces/fetch.ts';
import { callWithKy } from '../faces/ky-face.ts';
import { refusedCall } from '../faces/refused-call.ts';
import { type Feature, type Features, featuresOf } from '../feature/feature.ts';
import { type AuthOrigins, noAuthOrigins } from '../options/auth-origins.ts';
import {
  type CallOptions,
  type ClientOptions,
  checkValues,
  separateOptions,
  splitOptions,
} from '../options/options.ts';
import { answering, strategyOrder } from '../strategy-order.ts';
import type { ClientSnapshot, ResilientClient } from './client.ts';
import { missing, noCircuits, noStreams } from './missing-members.ts';
import { coalescingRing, pipelineOf } from './pipeline-of.ts';
import { baseOf, chanceOf, saysDispatcher, saysWhatSends } from './read-client-options.ts';
import { closeParts, type PartsOfParent, sharedParts } from './shared-parts.ts';

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
