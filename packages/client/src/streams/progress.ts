import type { StreamState } from './stream-reader.ts';

/** How far a stream has come, over all of its connections. */
export interface Progress<Item> extends StreamState {
  /** Items that were delivered, and the last of them. */
  received: number;
  last: Item | undefined;
  /** Retries since an item was last delivered. */
  retries: number;
}

export function noProgress<Item>(): Progress<Item> {
  return { lastEventId: undefined, retryMs: undefined, received: 0, last: undefined, retries: 0 };
}

/** The id as it stands in events and errors; absent where there is none. */
export function idOf({ lastEventId }: StreamState): { readonly lastEventId?: string } {
  return lastEventId === undefined ? {} : { lastEventId };
}
