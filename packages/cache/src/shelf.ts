import { type CallContext, withinCall } from '@holdfast/core';
import type { Kept } from './entry.ts';
import { variantKey } from './key.ts';
import type { HeaderFields } from './policy.ts';
import type { ItemStore, Marker } from './store.ts';

/**
 * What is kept for one URL and one user: a single answer, or a marker that says by which request headers the answers
 * vary, with the variants under keys of their own. The marker's id is part of them, so that all go when it goes.
 */
export interface Shelf {
  find(key: string, headers: HeaderFields, context: CallContext): Promise<Found>;
  /** @param since What {@link Shelf.now} gave before the answer was asked for. */
  put(key: string, answer: Answer, since: number): Promise<void>;
  /** Everything of that URL; an answer that is on its way will not be put, either. */
  drop(key: string, context?: CallContext): void | Promise<void>;
  /** Counts what was dropped. */
  now(): number;
}

export interface Found {
  readonly key: string;
  readonly kept: Kept | undefined;
  readonly varies: boolean;
}

export interface Answer {
  readonly kept: Kept;
  /** Names of request headers, in lower case. */
  readonly vary: readonly string[];
  /** Those of the request that it answers. */
  readonly headers: HeaderFields;
  readonly ttlMs: number;
  /** What was there before it was asked for, if anybody has looked. */
  readonly found: Found | undefined;
}

/** So many variants of one URL are kept; then the oldest goes. */
const mostVariants = 32;
const mostDropped = 1000;
/** A marker outlives those of its variants that were put before. */
const markerMs = 86_400_000;

export function shelf(store: ItemStore, random: () => number): Shelf {
  const tag = random();
  let drops = 0;
  let markers = 0;
  /** One after the other, so that variants do not lose each other, and whoever asks sees what was put before. */
  const putting = new Map<string, Promise<void>>();
  /** The keys dropped last. */
  const dropped = new Map<string, number>();

  const markerOf = (found: Marker | undefined, vary: readonly string[]): Marker => {
    if (found && vary.every((name) => found.vary.includes(name))) return found;
    const names = [...new Set([...(found?.vary ?? []), ...vary])].sort();
    return { id: `${tag}-${++markers}`, vary: names, variants: [] };
  };

  const put: Shelf['put'] = async (key, { kept, vary, headers, ttlMs, found }, since) => {
    const isDropped = (): boolean => (dropped.get(key) ?? 0) > since;
    // Most do not vary, and are there when the reader of the body goes on.
    const isPlain = vary.length === 0 && found?.key === key && !found.varies;
    const there = isPlain ? undefined : (await store.get(key))?.marker;
    if (isDropped()) return;
    if (vary.length === 0 && !there) {
      await store.set(key, { kept }, ttlMs);
      return;
    }
    const marker = markerOf(there, vary);
    const variant = variantKey(marker.id, marker.vary, headers);
    const others = marker.variants.filter((one) => one !== variant);
    for (const old of others.splice(0, others.length + 1 - mostVariants)) await store.delete(old);
    await store.set(variant, { kept }, ttlMs);
    if (isDropped()) return;
    await store.set(key, { marker: { ...marker, variants: [...others, variant] } }, Math.max(ttlMs, markerMs));
  };

  return {
    now: () => drops,
    async find(key, headers, context) {
      const before = putting.get(key);
      if (before) await withinCall(before, context);
      const item = await store.get(key, context);
      const { marker } = item ?? {};
      if (!marker) return { key, kept: item?.kept, varies: false };
      const variant = await store.get(variantKey(marker.id, marker.vary, headers), context);
      return { key, kept: variant?.kept, varies: true };
    },
    put(key, answer, since) {
      const before = putting.get(key);
      const done = before
        ? before.then(() => put(key, { ...answer, found: undefined }, since))
        : put(key, answer, since);
      putting.set(key, done);
      return done.finally(() => {
        if (putting.get(key) === done) putting.delete(key);
      });
    },
    drop(key, context) {
      dropped.delete(key);
      dropped.set(key, ++drops);
      if (dropped.size > mostDropped) dropped.delete(dropped.keys().next().value as string);
      return store.delete(key, context);
    },
  };
}
