import type { CallBudget } from '@holdfast/core/internal';
import type { StreamState } from './stream-reader.ts';

/** The progress of a stream over all of its connections. */
export interface Progress<Item> extends StreamState {
  /** The number of delivered items, and the last of them. */
  received: number;
  last: Item | undefined;
  /** Retries since an item was last delivered. */
  retries: number;
  /** The retry budget’s, for the connection that is to follow. */
  callBudget: CallBudget | undefined;
}

export function noProgress<Item>(): Progress<Item> {
  return {
    lastEventId: undefined,
    retryMs: undefined,
    received: 0,
    last: undefined,
    retries: 0,
    callBudget: undefined,
  };
}

/** The id for events and errors; absent if there is none. */
export function idOf({ lastEventId }: StreamState): { readonly lastEventId?: string } {
  return lastEventId === undefined ? {} : { lastEventId };
}
