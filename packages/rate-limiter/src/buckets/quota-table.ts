import { type ApiQuota, given, RecentMap } from '@holdfast/core/internal/late';
import { shownBucket } from './shown-bucket.ts';

/** The server's last report of a quota. */
export interface QuotaSnapshot {
  /** The origin that answered, or the key that `rateLimit.key` gives. */
  readonly key: string;
  /** The quota's name, if the server gives it one. */
  readonly bucket?: string;
  /** What it counts, if not requests. */
  readonly counts?: Exclude<ApiQuota['counts'], 'requests' | undefined>;
  readonly limit?: number;
  readonly remaining?: number;
  /** Wall clock, in milliseconds since 1970. */
  readonly resetAt?: number;
}

/** How many quotas are kept; if there are more, the one that was reported longest ago is removed. */
const mostQuotas = 1_000;

/** The quotas that servers reported, each with its last report. */
export class QuotaTable {
  readonly #quotas = new RecentMap<string, QuotaSnapshot>(mostQuotas);

  /** @param shownKey The key in a form that may be shown. */
  note(owner: string, senderId: string, shownKey: string, quotas: readonly ApiQuota[]): void {
    for (const { bucket, counts, limit, remaining, resetAt } of quotas) {
      const key = `${owner}\n${senderId}\n${counts ?? ''}\n${bucket ?? ''}`;
      this.#quotas.set(key, {
        key: shownKey,
        ...given({
          bucket: shownBucket({ bucket }),
          counts: counts === 'requests' ? undefined : counts,
          limit,
          remaining,
          resetAt,
        }),
      });
    }
  }

  snapshot(): readonly QuotaSnapshot[] {
    return [...this.#quotas.values()];
  }
}
