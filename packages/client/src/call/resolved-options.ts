import type { CallSettings, ErrorLinks, KyRetryOptions, PolicyLevel, RetryOverride } from '@holdfast/core/internal';
import type { KyOptions } from '@holdfast/ky';
import type { ResolvedByFeatures } from '../feature/declared.ts';
import type { Features } from '../feature/feature.ts';
import type { CallOptions } from '../options/options.ts';
import { unwrapped } from '../options/unwrapped.ts';

/** A call's options, resolved over those of its client. */
export interface ResolvedOptions extends ResolvedByFeatures {
  /** The settings of the call that features have made of their options. */
  readonly settings: Partial<CallSettings>;
  readonly levels: readonly PolicyLevel[];
  /** ky's `retry`, merged as ky does: for its `shouldRetry`, and for what hooks are shown. */
  readonly retry?: KyRetryOptions | undefined;
  readonly links: ErrorLinks;
}

/** Puts one options object over the settings below it. */
export function resolveOptions(
  own: CallOptions,
  below: ResolvedOptions,
  where: string,
  features: Features,
): ResolvedOptions {
  const { docsUrl, dashboardUrl, supportUrl } = own;
  const given = {
    ...(docsUrl && { docsUrl }),
    ...(dashboardUrl && { dashboardUrl }),
    ...(supportUrl && { supportUrl }),
  };
  const resolved = {
    ...below,
    settings: { ...below.settings },
    levels: [...levelOf(own, below, where, features), ...below.levels],
    retry: mergedRetry(own.retry, below.retry),
    links: { ...below.links, ...given },
  };
  for (const name in own) {
    const value = own[name as keyof CallOptions] as never;
    features.ofCall.get(name)?.(resolved, value, `${where}: ${name}`);
  }
  return resolved;
}

/** The policies of one options object: a level of their own, where it has any. */
function levelOf(
  own: CallOptions,
  below: ResolvedOptions,
  where: string,
  { retries }: Features,
): readonly PolicyLevel[] {
  if (!retries) return [];
  const override = own.retry === undefined ? undefined : overrideOf(own.retry, below.retry, where, retries);
  const level = retries.resolvePolicyLevel(own, where, override);
  const { policies, rules, retry, maxRetryAfter } = own;
  return level ? [{ ...level, given: { policies, rules, retry, maxRetryAfter } }] : [];
}

/** ky's `retry` of one options object over what lies below it, as ky merges it: field by field, lists together. */
export function mergedRetry(own: CallOptions['retry'], below: KyRetryOptions | undefined): KyRetryOptions | undefined {
  // `null` is refused when the policy is made.
  if (own === undefined || own === null) return below;
  const { value, replaces } = unwrapped(own);
  if (typeof value === 'number') return replaces ? { limit: value } : { ...below, limit: value };
  if (replaces || below === undefined) return value;
  const lists = Object.entries(value).flatMap(([key, list]) => {
    const lower: unknown = below[key as keyof KyRetryOptions];
    return Array.isArray(list) && Array.isArray(lower) ? [[key, [...lower, ...list]]] : [];
  });
  return { ...below, ...value, ...Object.fromEntries(lists) };
}

/** The given fields, with their resulting values. */
function overrideOf(
  own: number | KyRetryOptions,
  below: KyRetryOptions | undefined,
  where: string,
  { translateKyRetry }: NonNullable<Features['retries']>,
): RetryOverride {
  const { value, replaces } = unwrapped(own);
  if (replaces || typeof value !== 'object' || value === null) return translateKyRetry(value, where, replaces);
  const merged = mergedRetry(value, below) as Record<string, unknown>;
  return translateKyRetry(Object.fromEntries(Object.keys(value).map((key) => [key, merged[key]])), where);
}

/** The settings that travel with a call. */
export function callSettings(
  resolved: ResolvedOptions,
  { timeout = 10_000, totalTimeout, fetch }: Pick<KyOptions, 'timeout' | 'totalTimeout' | 'fetch'>,
  { hooks, readRetried }: { readonly [key in 'hooks' | 'readRetried']?: CallSettings[key] | undefined } = {},
): CallSettings {
  const settings: { -readonly [key in keyof CallSettings]: CallSettings[key] } = {
    ...resolved.settings,
    levels: resolved.levels,
    // `timeout` and `totalTimeout` may come from different levels, so `timeout` may be longer; then the call's deadline
    // ends the attempt.
    timeout,
    totalTimeout: totalTimeout ?? (timeout === false ? false : Math.max(30_000, 3 * timeout)),
  };
  if (fetch) settings.fetch = fetch;
  if (hooks) settings.hooks = hooks;
  if (readRetried) settings.readRetried = readRetried;
  return settings;
}
