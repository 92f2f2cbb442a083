import {
  type CallSettings,
  type CredentialsIdentity,
  createEventHub,
  systemClock,
  systemRandom,
} from '@holdfast/core/internal';
import { type KyBase, ky, kyBase } from '@holdfast/ky';
import type { Family } from '../call/family.ts';
import { callSettings, type ResolvedOptions, resolveOptions } from '../call/resolved-options.ts';
import type { Runtime } from '../call/runtime.ts';
import type { Features } from '../feature/feature.ts';
import { type AuthOrigins, noAuthOrigins } from '../options/auth-origins.ts';
import type { OwnKey } from '../options/known-names.ts';
import { type ClientOptions, splitOptions } from '../options/options.ts';
import { type SendingClient, saysDispatcher } from '../options/options-context.ts';
import { baseOf, chanceOf, saysWhatSends } from './read-client-options.ts';
import type { ClientParts, PartsOfParent } from './shared-parts.ts';

/** What a client hands down to the clients that are made from it. */
export interface Parent extends PartsOfParent {
  readonly base: KyBase;
  readonly runtime: Runtime;
  readonly family: Family;
  readonly origins: AuthOrigins;
}

/** A client's options, taken apart and put over those of its parent. */
export interface Setup extends SendingClient, Pick<Runtime, 'clock' | 'random' | 'hub' | 'resolved'> {
  /** The options of this client alone. */
  readonly own: Pick<ClientOptions, OwnKey>;
  /** The options of this client and its parents. */
  readonly allOwn: Pick<ClientOptions, OwnKey>;
  readonly base: KyBase;
  readonly settings: CallSettings;
  /** The beginning of messages. */
  readonly where: string;
}

/** @throws TypeError or RangeError for options that are invalid, naming path, value and remedy. */
export function setUp(features: Features, options: ClientOptions, parent: Parent | undefined, where: string): Setup {
  const hasOwnSender = [options, parent?.own, parent?.base.defaults].some(saysWhatSends);
  const hasOwnLimits = hasOwnSender || [options, parent?.base.defaults].some(saysDispatcher);
  const context = { features, where, scope: 'client', hasOwnFetch: hasOwnSender, hasOwnLimits } as const;
  const { own, forKy } = splitOptions(options, context);
  const base = kyBase(parent ? parent.base.ky.extend(forKy) : ky.create(forKy));
  if (forKy.baseUrl) baseOf(base.defaults, where);
  const above = parent?.runtime;
  const resolved = resolveOptions(own, above?.resolved ?? nothingSet(features), where, features);
  return {
    features,
    where,
    own,
    // An option that is `undefined` overrides nothing: `splitOptions` has left it out of `own`.
    allOwn: { ...parent?.own, ...own },
    base,
    resolved,
    settings: callSettings(resolved, base.defaults),
    clock: own.clock ?? above?.clock ?? systemClock,
    random: (own.random && chanceOf(own.random)) ?? above?.random ?? systemRandom,
    hub: above?.hub ?? createEventHub(),
    hasOwnSender,
    hasOwnLimits,
  };
}

function nothingSet({ retries, links }: Features): ResolvedOptions {
  return { levels: retries?.defaultLevels ?? [], settings: {}, links };
}

/** The identity behind a client's requests, and where credentials may go. */
export interface Access {
  readonly origins: AuthOrigins;
  readonly identity: CredentialsIdentity | undefined;
}

/** @throws TypeError for credentials that could be sent to no origin. */
export function accessOf(setup: Setup, { auth }: ClientParts, parent: Parent | undefined): Access {
  const { credentials } = setup.features;
  if (!auth || !credentials) return { origins: noAuthOrigins, identity: undefined };
  const inherited = auth === parent?.parts.auth ? parent.origins : undefined;
  const { base, allOwn, where } = setup;
  const origins = credentials.authOriginsOf(inherited, baseOf(base.defaults), allOwn.authOrigins, where);
  return { origins, identity: credentials.credentialsIdentity(auth, origins.all) };
}
