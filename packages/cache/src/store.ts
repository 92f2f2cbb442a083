import type { CallContext } from '@holdfast/core';
import type { Kept } from './entry.ts';

/** A resource whose answers vary: by which headers, and under which keys they are. */
export interface Marker {
  /** Part of the variants' keys: a marker that is gone takes its variants along. */
  readonly id: string;
  /** Names of request headers, in lower case, sorted. */
  readonly vary: readonly string[];
  /** The oldest first. */
  readonly variants: readonly string[];
}

/** What lies under a key. */
export type Item =
  | { readonly kept: Kept; readonly marker?: never }
  | { readonly marker: Marker; readonly kept?: never };

/** Where items are kept. Nothing that it does breaks a call: what fails is told, and is as if it were not there. */
export interface ItemStore {
  /** @param context The call that waits for it, if one does. */
  get(key: string, context?: CallContext): Item | undefined | Promise<Item | undefined>;
  /** @param ttlMs Of no use after that. */
  set(key: string, item: Item, ttlMs: number): void | Promise<void>;
  /** Gone when it returns, or will not be given any more. */
  delete(key: string, context?: CallContext): void | Promise<void>;
  close(): void;
}

/**
 * In memory, as it is, without a copy: the ones that were used longest ago go first. A Map keeps its keys in the order in
 * which they were set, which is all that it takes; a library for it would be a fifth of what a page loads of the cache.
 */
export function memoryStore(maxBytes: number): ItemStore {
  const items = new Map<string, { readonly item: Item; readonly bytes: number }>();
  let held = 0;
  const remove = (key: string): void => {
    held -= items.get(key)?.bytes ?? 0;
    items.delete(key);
  };
  return {
    get(key) {
      const found = items.get(key);
      if (found === undefined) return undefined;
      items.delete(key);
      items.set(key, found);
      return found.item;
    },
    set(key, item) {
      remove(key);
      const bytes = sizeOf(item);
      // One that does not fit would else drive out all others first.
      if (bytes > maxBytes) return;
      items.set(key, { item, bytes });
      held += bytes;
      for (const oldest of items.keys()) {
        if (held <= maxBytes) return;
        remove(oldest);
      }
    },
    delete: remove,
    close: () => items.clear(),
  };
}

/** What an entry takes besides its body and headers, about. */
const overheadBytes = 1000;

function sizeOf({ kept, marker }: Item): number {
  if (marker) return overheadBytes + 150 * marker.variants.length;
  const { body, headers } = kept.entry;
  const characters = headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  return overheadBytes + body.byteLength + 2 * characters;
}
