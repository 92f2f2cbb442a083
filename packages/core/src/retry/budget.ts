import type { Clock } from '../clock.ts';
import { numberBetween, optionsObject } from '../options/validate.ts';

/**
 * Retries are a share of traffic. Where each call may be retried twice, a server that is down gets three times its
 * load, and stays down when it could have come back: it is the retries that hold it there. So every call earns a part
 * of a retry and every retry costs one; while few calls fail, nobody notices, and when most do, the load hardly grows.
 *
 * The bucket starts with two tokens: a lone call has its retries, and a thousand fresh clients bring no storm, as they
 * would with a full bucket each. Time gives back no more than these two.
 *
 * @see M. Brooker, "Fixing retries with token buckets and circuit breakers"; Google SRE book, "Handling Overload"
 */
export interface RetryBudgetOptions {
  /** The part of a retry that a call earns. @defaultValue 0.1 */
  readonly ratio?: number;
  /** Retries per second that are earned by time alone, up to the two that a bucket starts with. @defaultValue 0.01 */
  readonly minPerSecond?: number;
}

export interface RetryBudget {
  /** A call begins. */
  earn(key: string): void;
  /** A retry goes out. */
  spend(key: string): void;
  /** What is left; to ask leaves no trace. */
  tokens(key: string): number;
  snapshot(): readonly { readonly key: string; readonly tokens: number }[];
}

interface Bucket {
  tokens: number;
  at: number;
}

const reserve = 2;
const capacity = 100;
const mostKeys = 1000;

/** One bucket for each key (the origin), of which a bounded number is kept: the longest unused goes first. */
export function retryBudget(options: RetryBudgetOptions, clock: Clock, where = 'retryBudget'): RetryBudget {
  optionsObject(options, where, ['ratio', 'minPerSecond']);
  const { ratio = 0.1, minPerSecond = 0.01 } = options;
  numberBetween(ratio, 0, 1000, `${where}.ratio`);
  numberBetween(minPerSecond, 0, 1_000_000, `${where}.minPerSecond`);
  const buckets = new Map<string, Bucket>();

  const fill = (bucket: Bucket): Bucket => {
    const now = clock.now();
    if (bucket.tokens < reserve) {
      bucket.tokens = Math.min(reserve, exact(bucket.tokens + ((now - bucket.at) / 1000) * minPerSecond));
    }
    bucket.at = now;
    return bucket;
  };
  const bucketOf = (key: string): Bucket => {
    let bucket = buckets.get(key);
    if (bucket === undefined) {
      bucket = { tokens: reserve, at: clock.now() };
      if (buckets.size >= mostKeys) buckets.delete(buckets.keys().next().value as string);
      buckets.set(key, bucket);
    }
    return bucket;
  };

  return {
    earn(key) {
      const bucket = bucketOf(key);
      if (buckets.size > mostKeys / 2) {
        buckets.delete(key);
        buckets.set(key, bucket);
      }
      // Ten tenths must be one: floating point makes them a little less.
      bucket.tokens = Math.min(capacity, Math.round((bucket.tokens + ratio) * 1e6) / 1e6);
    },
    spend(key) {
      const bucket = fill(bucketOf(key));
      bucket.tokens = Math.max(0, bucket.tokens - 1);
    },
    tokens(key) {
      const bucket = buckets.get(key);
      return bucket === undefined ? reserve : fill(bucket).tokens;
    },
    snapshot: () =>
      [...buckets].map(([key, bucket]) => ({ key, tokens: Math.floor(exact(fill(bucket).tokens * 100)) / 100 })),
  };
}

/** Ten times a tenth is one, which binary fractions deny. */
function exact(tokens: number): number {
  return Math.round(tokens * 1e6) / 1e6;
}
