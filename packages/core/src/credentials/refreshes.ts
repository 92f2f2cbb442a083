import { RecentMap } from '../platform/recent-map.ts';
import { AccountRefresh } from './account-refresh.ts';
import type { Credentials } from './credentials.ts';

/** The refreshes by account, or by the header's value if that depends on the caller; otherwise there is one entry. */
export class Refreshes {
  readonly #source: Credentials;
  readonly #refreshes = new RecentMap<string, AccountRefresh>(10_000, (refresh) => !refresh.isUnderWay);

  constructor(source: Credentials) {
    this.#source = source;
  }

  get areUnderWay(): boolean {
    return [...this.#refreshes.values()].some(({ isUnderWay }) => isUnderWay);
  }

  /** @param value The header's value, where it is known. */
  find(account: string | undefined, value: string | undefined): AccountRefresh | undefined {
    const key = this.#keyOf(account, value);
    return key === undefined ? undefined : this.#refreshes.get(key);
  }

  /** As `find()`; one that is not there is created. */
  of(account: string | undefined, value: string | undefined): AccountRefresh {
    return this.find(account, value) ?? this.#keep(account, value, new AccountRefresh(this.#source));
  }

  /**
   * As `find()`; one that is not there is taken over from the value that this value has replaced.
   *
   * @param refresh That of the replaced value.
   */
  inherit(account: string | undefined, value: string, refresh: AccountRefresh): AccountRefresh {
    return this.find(account, value) ?? this.#keep(account, value, refresh);
  }

  /** Ends the refreshes that are under way. */
  end(reason: Error): void {
    for (const refresh of this.#refreshes.values()) refresh.end(reason);
  }

  #keep(account: string | undefined, value: string | undefined, refresh: AccountRefresh): AccountRefresh {
    const key = this.#keyOf(account, value);
    if (key !== undefined) this.#refreshes.set(key, refresh);
    return refresh;
  }

  #keyOf(account: string | undefined, value: string | undefined): string | undefined {
    return account ?? (this.#source.variesByCaller ? value : '');
  }
}
