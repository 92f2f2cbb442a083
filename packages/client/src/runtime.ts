import {
  type CallSettings,
  type Clock,
  type CredentialsKeeper,
  type ErrorLinks,
  type EventHub,
  type Handler,
  type KyRetryOptions,
  type PolicyLevel,
  type RetryBudget,
  resolvePolicyLevel,
  translateKyRetry,
} from '@holdfast/core';
import type { Options as KyOptions } from 'ky';
import type { CallScope } from './call-scope.ts';
import { type IdempotencyKeys, idempotencyKeys } from './idempotency-keys.ts';
import type { CallOptions } from './options.ts';

/** What the calls of one client share. */
export interface Runtime {
  readonly clock: Clock;
  readonly random: () => number;
  readonly hub: EventHub;
  readonly budget: RetryBudget | undefined;
  readonly credentials: CredentialsKeeper | undefined;
  /** The composed pipeline. */
  readonly send: Handler;
  readonly pipeline: readonly string[];
  readonly policy: CallPolicy;
  readonly links: ErrorLinks;
  /** Every call that has not ended. */
  readonly calls: Set<CallScope>;
  readonly isClosed: () => boolean;
  /** Ends every call, and those of the clients that this one was extended to. */
  readonly close: () => Promise<void>;
}

/** What a call's options come to, over those of its client. */
export interface CallPolicy {
  readonly levels: readonly PolicyLevel[];
  /** ky's `retry`, merged as ky does: for its `shouldRetry`, and for what hooks are shown. */
  readonly retry: KyRetryOptions | undefined;
  readonly fallback: CallOptions['fallback'];
  readonly keys: IdempotencyKeys | undefined;
  readonly links: ErrorLinks;
}

/** One options object put on top of what lies below it. */
export function callPolicy(own: CallOptions, below: CallPolicy, where: string): CallPolicy {
  const override = own.retry === undefined ? undefined : translateKyRetry(own.retry, where);
  const level = resolvePolicyLevel(own, where, override);
  const { docsUrl, dashboardUrl, supportUrl } = own;
  const given = {
    ...(docsUrl && { docsUrl }),
    ...(dashboardUrl && { dashboardUrl }),
    ...(supportUrl && { supportUrl }),
  };
  return {
    levels: level ? [level, ...below.levels] : below.levels,
    retry: mergedRetry(own.retry, below.retry),
    fallback: own.fallback ?? below.fallback,
    keys: own.idempotencyKeys === undefined ? below.keys : idempotencyKeys(own.idempotencyKeys, where),
    links: { ...below.links, ...given },
  };
}

export function mergedRetry(own: CallOptions['retry'], below: KyRetryOptions | undefined): KyRetryOptions | undefined {
  if (own === undefined) return below;
  return { ...below, ...(typeof own === 'number' ? { limit: own } : own) };
}

/** The settings that travel with a call. */
export function callSettings(
  policy: CallPolicy,
  { timeout = 10_000, totalTimeout, fetch }: Pick<KyOptions, 'timeout' | 'totalTimeout' | 'fetch'>,
  hooks: CallSettings['hooks'],
): CallSettings {
  const whole = totalTimeout ?? (timeout === false ? false : Math.max(30_000, 3 * timeout));
  return {
    levels: policy.levels,
    // Across levels, one attempt can't have more than the whole call.
    timeout: timeout !== false && whole !== false ? Math.min(timeout, whole) : timeout,
    totalTimeout: whole,
    ...(policy.fallback && { fallback: policy.fallback }),
    ...(policy.keys && { idempotencyHeader: policy.keys.header }),
    ...(fetch && { fetch }),
    ...(hooks && { hooks }),
  };
}
