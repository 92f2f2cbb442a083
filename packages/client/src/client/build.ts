import type { Inside } from '@holdfast/cache';
import { describe, fetchTransport } from '@holdfast/core/internal';
import { inBackground } from '../call/in-background.ts';
import { Lifetime } from '../call/lifetime.ts';
import type { Runtime } from '../call/runtime.ts';
import type { Features } from '../feature/feature.ts';
import type { ClientOptions } from '../options/options.ts';
import { answering, type StrategyParts, strategyOrder } from '../strategy-order.ts';
import type { ResilientClient } from './client.ts';
import { clientOf } from './members.ts';
import { coalescingRing, pipelineOf } from './pipeline-of.ts';
import { type Access, accessOf, type Parent, type Setup, setUp } from './setup.ts';
import { type ClientParts, closeParts, sharedParts, watchersIn } from './shared-parts.ts';

/**
 * Builds a client: its options are taken apart, what its calls share is made or inherited, and the rings are put into
 * their order.
 */
export function build(features: Features, options: ClientOptions, where: string, parent?: Parent): ResilientClient {
  const setup = setUp(features, options, parent, where);
  const { own, allOwn, base, resolved, clock, random, hub } = setup;
  const parts = sharedParts(features, own, parent, { clock, random, emit: hub.emit, where });
  const access = accessOf(setup, parts, parent);
  const rings = ringsOf(setup, parts, access, (request, context, work) =>
    inBackground(runtime, request, context, work),
  );
  const order = strategyOrder(features, rings);
  const { budget, credentials, authOrigins } = rings;
  const life = new Lifetime(clock, () => closeParts(parts, parent?.parts), parent?.runtime.isClosed);
  const runtime: Runtime = {
    features,
    clock,
    random,
    hub,
    budget,
    credentials,
    authOrigins,
    resolved,
    send: pipelineOf(features, order, allOwn.transport ?? fetchTransport(), rings),
    pipeline: [...describe([...order.outside, ...order.around, ...order.inside]), 'transport'],
    handsAnswersOn: !allOwn.perCall?.length && !parts.responseCache && !allOwn.coalesce,
    calls: life.calls,
    isClosed: life.isClosed,
    close: life.close,
  };
  parent?.family.add(runtime);
  const asParent: Parent = { own: allOwn, base, runtime, family: life.family, parts, origins: access.origins };
  return clientOf(setup, runtime, parts, (further) => build(features, further, 'extend', asParent));
}

/** The parts of the rings of one client. */
function ringsOf(
  setup: Setup,
  parts: ClientParts,
  { origins, identity }: Access,
  inBackground: NonNullable<Inside['inBackground']>,
): StrategyParts {
  const { transport, perCall = [], perAttempt = [] } = setup.allOwn;
  return {
    links: setup.resolved.links,
    budget: parts.retryBudget,
    credentials: parts.auth,
    breaker: parts.circuitBreaker,
    limiter: parts.rateLimit?.for(identity),
    watchers: watchersIn(parts),
    cache: parts.responseCache?.for({ identity, strategies: [...perCall, ...perAttempt], transport, inBackground }),
    authOrigins: origins.all,
    coalesce: coalescingRing(setup, parts, identity),
    perCall: answering(perCall, 'perCall'),
    perAttempt: answering(perAttempt, 'perAttempt'),
  };
}
