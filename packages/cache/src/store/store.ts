import type { CallContext } from '@holdfast/core';
import type { Stored } from './entry.ts';

/** The record of one URL, for all its senders: which responses are valid, and what they vary by. */
export interface Resource {
  /** Part of the keys of its responses: with another id, none of them is found any more. */
  readonly id: string;
  /** Names of request headers, in lower case, sorted. */
  readonly vary: readonly string[];
  /** True if a change has put the record there: answers that were requested before it must not be stored. */
  readonly changed: boolean;
  /** When the record expires, by the wall clock in milliseconds: no earlier than its responses. */
  readonly until: number;
}

/** The value of a key. */
export type Item =
  | { readonly stored: Stored; readonly resource?: never }
  | { readonly resource: Resource; readonly stored?: never };

/**
 * A place for items. A store cannot break a call: its failures are reported, and then it counts as empty. Keys are
 * texts of any length that hold secrets: a store that others can read hashes them.
 */
export interface ItemStore {
  /** @param context The call that waits for it, if one does. */
  get(key: string, context?: CallContext): Item | undefined | Promise<Item | undefined>;
  /** @param ttlMs How long the item may be used. */
  set(key: string, item: Item, ttlMs: number): void | Promise<void>;
  /** When this returns, the item is gone, or will not be served any more. */
  delete(key: string, context?: CallContext): void | Promise<void>;
  /**
   * Makes the responses of a resource unreachable. Where other processes use the store, `mark` takes the resource's place,
   * so that they do not store what they asked for before.
   */
  invalidate(key: string, mark: Resource, ttlMs: number, context?: CallContext): void | Promise<void>;
  close(): void;
}

/**
 * A store in memory, without copies: the least recently used items are removed first. A Map keeps its keys in the order
 * in which they were set, which is all that is needed; a library for this would be a fifth of the code that a page
 * loads for the cache.
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
      const bytes = 2 * key.length + sizeOf(item);
      // Otherwise an item that does not fit would first remove all others.
      if (bytes > maxBytes) return;
      items.set(key, { item, bytes });
      held += bytes;
      for (const oldest of items.keys()) {
        if (held <= maxBytes) return;
        remove(oldest);
      }
    },
    delete: remove,
    // No other code uses it, so no mark is needed.
    invalidate: remove,
    close: () => items.clear(),
  };
}

/** About how many bytes a response takes besides its body and headers. */
const overheadBytes = 1000;
const resourceBytes = 300;

function sizeOf({ stored, resource }: Item): number {
  if (resource) return resourceBytes + 2 * resource.vary.join().length;
  const { body, headers } = stored.entry;
  const characters = headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  return overheadBytes + body.byteLength + 2 * characters;
}
