import { quotaHeaders, RecentMap } from '@holdfast/core/internal/late';

/** How many servers' headers are kept; if there are more, the server that has answered least recently is forgotten. */
const mostKeys = 1_000;

interface Learned {
  answers: number;
  /** The number of the answer whose headers are scanned next. */
  lookAt: number;
  readonly names: Set<string>;
}

/**
 * The headers in which a server sends its quotas, if their names are unusual. Only a scan of all names of an answer
 * finds them, and that costs as much as the rest of the limiter. So the first answer is scanned, then the second, the
 * fourth, the eighth and so on, since one endpoint may send headers that another does not send; any other answer costs
 * one look-up for each name that was found.
 */
export class QuotaHeaders {
  readonly #learned = new RecentMap<string, Learned>(mostKeys);

  /** Does this answer report a quota? */
  areIn(key: string, headers: Headers): boolean {
    const learned = this.#learned.get(key) ?? this.#begin(key);
    learned.answers++;
    if (learned.answers >= learned.lookAt) {
      learned.lookAt *= 2;
      for (const name of quotaHeaders(headers)) learned.names.add(name);
    }
    for (const name of learned.names) if (headers.has(name)) return true;
    return false;
  }

  #begin(key: string): Learned {
    const learned: Learned = { answers: 0, lookAt: 1, names: new Set() };
    this.#learned.set(key, learned);
    return learned;
  }
}
