import type { Call } from '../kernel/call.ts';
import type { AccountRefresh } from './account-refresh.ts';
import type { AskedCredentials } from './ask.ts';
import { type Sender, Senders } from './sender.ts';

declare module '../kernel/call.js' {
  interface Call {
    /** The shared request that answered the call, where there was one: credentials are noted under that. */
    sentUnder?: Call;
  }
}

/** What a call has sent last. */
export interface Sent {
  readonly value: string;
  readonly account: string | undefined;
  /** The account, if it was the same before and after the value was read. */
  readonly sender: string | undefined;
  readonly refresh: AccountRefresh | undefined;
  /** The number of refreshes until then. */
  readonly generation: number;
  /** True if the credentials reached the server that answered. */
  reached: boolean;
}

/** What a call has from a refresh. */
export interface Waited {
  readonly refresh: AccountRefresh;
  readonly generation: number;
  /** The value was read after the refresh had ended. */
  readonly isLate: boolean;
}

/** What each call has sent, and which refresh it has waited for. */
export class SentCredentials {
  readonly #ask: AskedCredentials;
  readonly #sent = new WeakMap<Call, Sent>();
  readonly #waited = new WeakMap<Call, Waited>();
  readonly #senders = new Senders();

  constructor(ask: AskedCredentials) {
    this.#ask = ask;
  }

  get(call: Call): Sent | undefined {
    return this.#sent.get(call);
  }

  /** Records what a call sends, and returns the header's value. */
  remember(call: Call, value: string, account: string | undefined, refresh: AccountRefresh | undefined): string {
    // A token that was read while the account changed may belong to either account, so it gets no account.
    const sender = account === this.#ask.accountIfAny() ? account : undefined;
    this.#sent.set(call, { value, account, sender, refresh, generation: refresh?.generation ?? 0, reached: true });
    return value;
  }

  senderOf(account: string | undefined, value: string): Sender {
    return this.#senders.of(account === undefined ? `value ${value}` : `account ${account}`);
  }

  /** The call continues with the result of the last refresh. */
  hasFrom(call: Call, refresh: AccountRefresh, isLate: boolean): void {
    this.#waited.set(call, { refresh, generation: refresh.generation, isLate });
  }

  /** The token of the refresh was good: if a later request of the call is refused, as in a stream, the token has ended. */
  proved(call: Call): void {
    this.#waited.delete(call);
  }

  waited(call: Call): Waited | undefined {
    return this.#waited.get(call);
  }

  /** Has the call waited for the last refresh? */
  hasWaited(call: Call, refresh: AccountRefresh | undefined): boolean {
    const waited = this.#waited.get(call);
    return refresh !== undefined && waited?.refresh === refresh && waited.generation === refresh.generation;
  }
}
