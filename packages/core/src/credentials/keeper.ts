import { lacksScope } from '../api-answer/lacks-scope.ts';
import type { Call } from '../kernel/call.ts';
import type { CallContext } from '../kernel/call-context.ts';
import { given } from '../kernel/given.ts';
import { within } from '../waits/within.ts';
import type { AccountRefresh } from './account-refresh.ts';
import { AskedCredentials, credentialsError } from './ask.ts';
import type { Credentials } from './credentials.ts';
import { Refreshes } from './refreshes.ts';
import type { Sender } from './sender.ts';
import { type Sent, SentCredentials } from './sent.ts';

/**
 * One refresh for all calls of an account.
 *
 * When a token expires, every call in flight gets a 401 of its own. If each of them refreshes, the identity provider
 * sees a stampede, and refresh tokens that rotate revoke one another. If they only share a refresh that is under way, a
 * late call whose 401 arrives after it starts another. So a call remembers what it sent, and the number of refreshes
 * until then: if there has been one since, the request is only sent again.
 *
 * There is one keeper for each `Credentials` object, however many clients use it. So it has no clock of its own: it
 * uses that of the call.
 */
export class CredentialsKeeper {
  readonly #source: Credentials;
  readonly #ask: AskedCredentials;
  readonly #sent: SentCredentials;
  readonly #refreshes: Refreshes;
  #clients = 0;

  constructor(source: Credentials) {
    this.#source = source;
    this.#refreshes = new Refreshes(source);
    this.#ask = new AskedCredentials(source);
    this.#sent = new SentCredentials(this.#ask);
  }

  get header(): string {
    return this.#source.header;
  }

  get refreshable(): boolean {
    return this.#source.refresh !== undefined;
  }

  /** One more client has these credentials. */
  open(): this {
    this.#clients++;
    return this;
  }

  /** A client was closed. With the last one, a refresh that is under way ends. */
  close(): void {
    if (--this.#clients > 0) return;
    this.#clients = 0;
    this.#refreshes.end(new Error('the client was closed'));
  }

  /**
   * The current header value for a call, which is recorded as sent. Waits for a refresh only if the old value is
   * invalid.
   */
  valueFor(context: CallContext): Promise<string> | string {
    if (this.refreshable) return this.#freshValue(context);
    const account = this.#ask.accountIfAny();
    const value = this.#ask.value(context, account);
    if (typeof value === 'string') return this.#sent.remember(context.call, value, account, undefined);
    return value.then((given) => this.#sent.remember(context.call, given, account, undefined));
  }

  /** A refresh that a call has to wait for before it queues for a permit. Rejects with CredentialsError. */
  refreshed(context: CallContext): Promise<void> | undefined {
    if (!this.refreshable) return undefined;
    const account = this.#ask.accountIfAny();
    const waiting = this.#refreshedIfBad(account, undefined, context);
    if (waiting) return waiting;
    const refresh = this.#refreshes.find(account, undefined);
    if (refresh?.refused === undefined || this.#sent.hasWaited(context.call, refresh)) return undefined;
    return this.#unlessGood(account, context);
  }

  /** What a call has sent last, if it sent credentials of ours. */
  sentBy(call: Call): string | undefined {
    return this.#sent.get(call)?.value;
  }

  /**
   * Records the answer to a request on which our credentials were put.
   *
   * @param reached The credentials reached the server that answered; a redirect to another origin prevents that.
   */
  answered(call: Call, { status, headers }: Response, reached: boolean): void {
    const sent = this.#sent.get(call);
    if (!sent) return;
    sent.reached = reached;
    const hasWaited = this.#sent.hasWaited(call, sent.refresh);
    // Whatever the policies and hooks do about it, the next call should get another token.
    if (status === 401 && !hasWaited && !lacksScope(headers) && !this.isFreshlyRefused(call)) this.refused(call, true);
    if (!reached || status >= 400 || !hasWaited) return;
    // A late call proves little: its token may have been good until this very refresh.
    if (!this.#sent.waited(call)?.isLate) sent.refresh?.resultAccepted();
    this.#sent.proved(call);
  }

  /** True if a refresh may cure the refusal: the credentials can be refreshed, and we have put them on. */
  canRefreshFor(call: Call): boolean {
    return this.refreshable && this.#sent.get(call)?.reached === true;
  }

  /** The call was sent with the result of the last refresh, so another refresh would not help. */
  isFreshlyRefused(call: Call): boolean {
    const { refresh, generation } = this.#sent.get(call) ?? {};
    if (refresh === undefined || refresh.generation !== generation) return false;
    return refresh.isFruitless(call.clock) || (refresh.isSuspect && this.#sent.hasWaited(call, refresh));
  }

  /** @param mayRefresh No refresh was tried for the refused call: the next call should get another token. */
  refused(call: Call, mayRefresh: boolean): void {
    const sent = this.#sent.get(call);
    if (!sent?.reached || !this.refreshable) return;
    const refresh = this.#refreshOf(sent);
    if (refresh.generation !== sent.generation) return;
    if (this.#sent.hasWaited(call, refresh)) refresh.resultRefused(call.clock);
    if (mayRefresh) refresh.refuse(sent.value, call.clock);
  }

  /**
   * Resolves when there are newer credentials than those that the call has sent, or when none can be had yet.
   *
   * @throws CredentialsError
   */
  async refreshFor(call: Call, context: CallContext): Promise<void> {
    const sent = this.#sent.get(call);
    if (sent === undefined) return;
    const { value, account } = sent;
    const refresh = this.#refreshOf(sent);
    const hasEnded = (): boolean => !refresh.isUnderWay && refresh.generation !== sent.generation;
    /** Is the value still the current one? The credentials may have changed without a refresh of ours. */
    const isCurrent = async (): Promise<boolean> =>
      refresh.isUnderWay || (await this.#ask.value(context, account)) === value;
    if (!hasEnded() && (await isCurrent()) && !hasEnded()) return this.#wait(refresh, account, value, context);
    if (hasEnded()) this.#sent.hasFrom(call, refresh, true);
  }

  /**
   * The sender of a request that would be sent now, without a refresh. `undefined` if it is not known.
   *
   * @throws what `account()` throws.
   */
  identity(context: CallContext): Promise<Sender | undefined> {
    const identity = async (): Promise<Sender | undefined> => {
      const name = this.#ask.account();
      if (name !== undefined) return this.#sent.senderOf(name, '');
      try {
        return this.#sent.senderOf(undefined, await this.#ask.value(context, undefined));
      } catch {
        // Sending the request will show the error.
        return undefined;
      }
    };
    return within(identity(), { signal: context.signal });
  }

  /** The sender of a call's last request, where our credentials were put on. */
  sentAs(call: Call): Sender | undefined {
    const sent = this.#sent.get(call);
    return sent && this.#sent.senderOf(sent.sender, sent.value);
  }

  snapshot(): { readonly refreshing: boolean; readonly expiresAt?: number } {
    return { refreshing: this.#refreshes.areUnderWay, ...given({ expiresAt: this.#source.expiresAt }) };
  }

  async #freshValue(context: CallContext): Promise<string> {
    const { call } = context;
    const account = this.#ask.accountFor(call);
    const early = this.#refreshedIfBad(account, undefined, context);
    if (early) await early;
    let value = await this.#ask.value(context, account);
    const waiting = this.#refreshedIfBad(account, value, context);
    if (waiting) {
      await waiting;
      value = await this.#ask.value(context, account);
    } else if (this.#ask.state(call, account, value) === 'stale') {
      this.#refreshes.of(account, value).begin({ context, account, value, ahead: true });
    }
    const waited = this.#sent.waited(call)?.refresh;
    const refresh = waited ? this.#refreshes.inherit(account, value, waited) : this.#refreshes.find(account, value);
    return this.#sent.remember(call, value, account, refresh);
  }

  #refreshOf({ refresh, account, value }: Sent): AccountRefresh {
    return refresh ?? this.#refreshes.of(account, value);
  }

  /**
   * Waits for a refresh, if these credentials would be refused; their value may not be known yet. The result of a
   * refresh for which this call has waited is sent once, whatever its expiry says.
   */
  #refreshedIfBad(
    account: string | undefined,
    value: string | undefined,
    context: CallContext,
  ): Promise<void> | undefined {
    const { call } = context;
    const refresh = this.#refreshes.find(account, value);
    if (this.#sent.hasWaited(call, refresh)) return undefined;
    const isRefused = value !== undefined && refresh?.refused === value && refresh.pausedMs(call.clock) === 0;
    const isBad = refresh?.isAwaited || isRefused || this.#ask.state(call, account, value) === 'expired';
    return isBad ? this.#wait(this.#refreshes.of(account, value), account, value, context) : undefined;
  }

  async #unlessGood(account: string | undefined, context: CallContext): Promise<void> {
    await this.#refreshedIfBad(account, await this.#ask.value(context, account), context);
  }

  async #wait(
    refresh: AccountRefresh,
    account: string | undefined,
    value: string | undefined,
    context: CallContext,
  ): Promise<void> {
    const before = refresh.generation;
    try {
      await refresh.wait({ context, account, value });
    } catch (error) {
      if (context.signal.aborted) throw context.signal.reason;
      throw credentialsError(context.call, error, refresh.pausedMs(context.call.clock));
    }
    if (refresh.generation !== before) this.#sent.hasFrom(context.call, refresh, false);
  }
}
