import type { Clock } from '../kernel/clock.ts';
import { checkMembers, number } from '../options/checks.ts';
import { RecentMap } from '../platform/recent-map.ts';
import { exact, reserve, Stock } from './stock.ts';
import { RetryLine } from './waiting/retry-line.ts';

/**
 * Retries are limited to a share of traffic. If each call may be retried twice, a server that is down gets three times
 * its load, and the retries keep it down when it could recover. So each answered call earns a part of a retry, and two
 * tokens let one call retry; while few calls fail, the budget is never spent, and when most fail, the load hardly
 * grows.
 *
 * The stock is easy to get wrong: a thousand clients with ten tokens each have ten thousand, however few calls each of
 * them makes. So earned tokens are kept for ten seconds, and are worth a tenth of the calls of that time. Only two
 * tokens stay for longer, so that a single call has its retries. An answer restores them at once, since it shows that
 * the server works; time restores them slowly, since it shows nothing.
 *
 * A call for which there are no tokens is not refused: it waits for the outcome of the retries under way (`RetryLine`).
 * After a timeout, a grant covers one retry only: the server may still be working on the first request. While
 * the server has never answered, nothing is known of it, and the grant covers all retries of the call.
 *
 * Its figures come from the simulation of overload (`npm run simulate`).
 *
 * @see M. Brooker, "Fixing retries with token buckets and circuit breakers"; Google SRE book, "Handling Overload"
 */
export interface RetryBudgetOptions {
  /**
   * The part of a token that an answered call earns, for ten seconds; two tokens let one call retry. A call is answered if it ends with a success, or
   * with a refusal that would be the same again, such as a 404. It is not answered if its last attempt fails with a
   * 500, a 503, a 429, a timeout or a broken connection.
   *
   * @defaultValue 0.1
   */
  readonly ratio?: number;
  /** Tokens per second that are earned by time alone, up to two. @defaultValue 0.01 */
  readonly minPerSecond?: number;
}

/** The retries that the calls of each origin may make. */
export interface RetryBudget {
  /** A call was answered. */
  earn(key: string): void;
  /** Takes a token for a retry that goes out in any case. */
  spend(key: string): void;
  /**
   * A call has failed although the server had asked for its retries at once: they are paid for now, and further such
   * retries are not free.
   */
  spendInVain(key: string, retries: number): void;
  /** Has that happened in the last seconds, and has no call been answered since? */
  isNowInVain(key: string): boolean;
  /** The tokens that are left. Reading changes nothing. */
  tokens(key: string): number;
  /** The line of an origin: the calls that want to retry. */
  lineOf(key: string): RetryLine;
  /** The same line, if any call has failed or was answered. Reading changes nothing. */
  findLine(key: string): RetryLine | undefined;
  snapshot(): readonly BudgetSnapshot[];
}

/** The budget of one origin as plain JSON. */
export interface BudgetSnapshot {
  readonly key: string;
  readonly tokens: number;
  /** How many calls wait for a grant; absent if none do. */
  readonly waiting?: number;
}

interface Entry {
  readonly stock: Stock;
  readonly line: RetryLine;
}

const mostKeys = 1000;

/**
 * One entry for each key (the origin). Their number is bounded: the entry that was unused for longest is removed first.
 */
export function retryBudget(options: RetryBudgetOptions, clock: Clock, where = 'retryBudget'): RetryBudget {
  checkMembers(options, where, { ratio: number(0, 1000), minPerSecond: number(0, 1_000_000) });
  const { ratio = 0.1, minPerSecond = 0.01 } = options;
  const entries = new RecentMap<string, Entry>(mostKeys);

  const entryOf = (key: string): Entry => {
    const known = entries.get(key);
    if (known) return known;
    const stock = new Stock({ ratio, minPerSecond }, clock);
    const entry = { stock, line: new RetryLine(stock, clock) };
    entries.set(key, entry);
    return entry;
  };

  return {
    earn(key) {
      const { stock, line } = entryOf(key);
      stock.earn();
      line.answered();
    },
    spend: (key) => entryOf(key).stock.spend(1),
    spendInVain: (key, retries) => entryOf(key).stock.spendInVain(retries),
    isNowInVain: (key) => entries.peek(key)?.stock.isNowInVain ?? false,
    tokens: (key) => entries.peek(key)?.stock.tokens ?? reserve,
    lineOf: (key) => entryOf(key).line,
    findLine: (key) => entries.peek(key)?.line,
    snapshot: () =>
      [...entries.entries()].map(([key, { stock, line }]) => ({
        key,
        tokens: Math.floor(exact(stock.tokens * 100)) / 100,
        ...(line.length > 0 && { waiting: line.length }),
      })),
  };
}
