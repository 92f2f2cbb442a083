import type { Clock } from '../clock.ts';
import { numberBetween, optionsObject } from '../options/validate.ts';

/**
 * Retries are a share of traffic. Where each call may be retried twice, a server that is down gets three times its
 * load, and stays down when it could have come back: it is the retries that hold it there. So every call that is answered
 * earns a part of a retry, and every retry takes a token; while few calls fail, nobody notices, and when most do, the
 * load hardly grows.
 *
 * What is easy to get wrong is the stock: a thousand clients with ten tokens each have ten thousand, however little each
 * of them calls. So what was earned is kept for ten seconds, and is worth a tenth of the calls of that time. Only two
 * tokens stay for longer, so that a lone call has its retries. An answer brings them back at once, for it shows that the
 * server is well; time does so slowly, for it shows nothing.
 *
 * After a timeout a retry takes two: the server may be at work on the first request still, and has worse to bear than
 * one that refuses at once. Only of a server that has never answered nothing is known, and it takes one.
 *
 * Its figures come from the simulation of overload (`npm run simulate`).
 *
 * @see M. Brooker, "Fixing retries with token buckets and circuit breakers"; Google SRE book, "Handling Overload"
 */
export interface RetryBudgetOptions {
  /**
   * The part of a retry that an answered call earns, for ten seconds. Answered is what comes to a success, or to a refusal
   * that would be the same again, such as a 404; not what fails to the last: a 500, a 503, a 429, a timeout, a broken
   * connection.
   *
   * @defaultValue 0.1
   */
  readonly ratio?: number;
  /** Retries per second that are earned by time alone, up to two. @defaultValue 0.01 */
  readonly minPerSecond?: number;
}

export interface RetryBudget {
  /** A call was answered. */
  earn(key: string): void;
  /**
   * A retry goes out.
   *
   * @param isAfterTimeout Then it takes two. @defaultValue false
   */
  spend(key: string, isAfterTimeout?: boolean): void;
  /** What is left; to ask leaves no trace. */
  tokens(key: string): number;
  snapshot(): readonly { readonly key: string; readonly tokens: number }[];
}

interface Bucket {
  /** What there was at the time of `at`. */
  tokens: number;
  at: number;
  /** By the calls that were answered since then. */
  earned: number;
  wasAnswered: boolean;
}

/** What there is at first, what an answer brings back, and what whoever calls seldom keeps. */
const reserve = 2;
const capacity = 100;
/** For so long, in milliseconds, is kept what was earned. */
const keptMs = 10_000;
/** When so much was earned, it is time to look at the clock, which costs more than to earn. */
const muchEarned = 10;
const mostKeys = 1000;

/** One bucket for each key (the origin), of which a bounded number is kept: the longest unused goes first. */
export function retryBudget(options: RetryBudgetOptions, clock: Clock, where = 'retryBudget'): RetryBudget {
  optionsObject(options, where, ['ratio', 'minPerSecond']);
  const { ratio = 0.1, minPerSecond = 0.01 } = options;
  numberBetween(ratio, 0, 1000, `${where}.ratio`);
  numberBetween(minPerSecond, 0, 1_000_000, `${where}.minPerSecond`);
  const buckets = new Map<string, Bucket>();

  const held = ({ tokens, at, earned }: Bucket, now: number): number => {
    const ms = now - at;
    // When each was earned is not known: evenly over the time, as far as anybody can tell.
    const kept = tokens * Math.max(0, 1 - ms / keptMs) + earned * Math.min(1, keptMs / ms);
    const least = earned > 0 ? reserve : Math.min(reserve, tokens + (ms / 1000) * minPerSecond);
    return exact(Math.min(capacity, Math.max(kept, least)));
  };
  const settle = (bucket: Bucket, spent: number): void => {
    const now = clock.now();
    bucket.tokens = Math.max(0, held(bucket, now) - spent);
    bucket.at = now;
    bucket.earned = 0;
  };
  const bucketOf = (key: string): Bucket => {
    let bucket = buckets.get(key);
    if (bucket === undefined) {
      bucket = { tokens: reserve, at: clock.now(), earned: 0, wasAnswered: false };
      if (buckets.size >= mostKeys) buckets.delete(buckets.keys().next().value as string);
      buckets.set(key, bucket);
    } else if (buckets.size > mostKeys / 2) {
      buckets.delete(key);
      buckets.set(key, bucket);
    }
    return bucket;
  };

  return {
    earn(key) {
      const bucket = bucketOf(key);
      bucket.earned += ratio;
      bucket.wasAnswered = true;
      if (bucket.earned >= muchEarned) settle(bucket, 0);
    },
    spend(key, isAfterTimeout = false) {
      const bucket = bucketOf(key);
      settle(bucket, isAfterTimeout && bucket.wasAnswered ? 2 : 1);
    },
    tokens(key) {
      const bucket = buckets.get(key);
      return bucket === undefined ? reserve : held(bucket, clock.now());
    },
    snapshot: () =>
      [...buckets].map(([key, bucket]) => ({ key, tokens: Math.floor(exact(held(bucket, clock.now()) * 100)) / 100 })),
  };
}

/** Ten times a tenth is one, which binary fractions deny. */
function exact(tokens: number): number {
  return Math.round(tokens * 1e6) / 1e6;
}
