import type { Call } from '../call.ts';
import type { Clock } from '../clock.ts';
import { oneLine } from '../errors/cause.ts';
import { CredentialsError } from '../errors/rejection-errors.ts';
import { isResilienceError } from '../errors/resilience-error.ts';
import { defused } from '../options/defused.ts';
import { OptionError } from '../options/validate.ts';
import type { CallContext } from '../pipeline.ts';
import { unlessAborted } from '../unless-aborted.ts';
import type { Credentials } from './credentials.ts';
import { type Sender, Senders } from './sender.ts';

/**
 * One refresh for all.
 *
 * When a token expires, every call in flight learns of it by a 401 of its own. If each of them refreshes, the identity
 * provider sees a stampede, and the refresh tokens that rotate kill one another. If they only share a refresh that is
 * under way, a straggler whose 401 comes after it starts another. So a call remembers what it sent: where that is no
 * longer today's, there is nothing to refresh, only to send again.
 */
export interface CredentialsKeeper {
  readonly header: string;
  readonly refreshable: boolean;
  /** Today's header value for a call, which is remembered as sent. Waits for a refresh only where the old is no good. */
  valueFor(context: CallContext): Promise<string> | string;
  /** A refresh to be waited for, where the old ones are no good. Rejects with CredentialsError. */
  refreshed(context: CallContext): Promise<void> | undefined;
  /** What a call has sent last, if it was ours. */
  sentBy(call: Call): string | undefined;
  /**
   * A request that our credentials were put on was answered.
   *
   * @param reached They reached the server that answered, which a redirect to another origin prevents.
   */
  answered(call: Call, status: number, reached: boolean): void;
  /** A 401 that a refresh may cure: they can be refreshed, and were put on by us. */
  canRefreshFor(call: Call): boolean;
  /** Resolves when there are others than the call has sent. @throws CredentialsError */
  refreshFor(call: Call, context: CallContext): Promise<void>;
  /**
   * As whom a request would be sent now, without a refresh. `undefined` where that is not known.
   *
   * @throws what `account()` throws.
   */
  identity(context: CallContext): Promise<Sender | undefined>;
  /** As whom a call's last request was sent, where our credentials were put on. */
  sentAs(call: Call): Sender | undefined;
  snapshot(): { readonly refreshing: boolean; readonly expiresAt?: number };
  /** Ends a refresh that is under way. */
  close(): void;
}

/** After a refresh that failed, the next is tried so much later, doubling up to the longest. */
const firstPauseMs = 1000;
const longestPauseMs = 30_000;

export function credentialsKeeper(
  source: Credentials,
  clock: Clock,
  where = 'createResilientClient',
): CredentialsKeeper {
  if (typeof (source as Partial<Credentials> | null)?.get !== 'function' || typeof source.header !== 'string') {
    throw new OptionError(`${where}: auth`, source, 'must be bearerToken(…), apiKey(…) or {header, get, refresh?}');
  }
  const sent = new WeakMap<Call, { readonly value: string; readonly account: string | undefined; reached: boolean }>();
  const senders = new Senders();
  /** Counts the refreshes that came to something. */
  let generation = 0;
  const life = new AbortController();
  let refreshing: Promise<void> | undefined;
  /** The old ones are known to be bad: nobody is sent out with them. */
  let holding = false;
  let pauseMs = 0;
  let pausedUntil = 0;
  let lastFailure: unknown;

  const refresh = (context: CallContext, ahead = false): Promise<void> => {
    refreshing ??= runRefresh(context, ahead).finally(() => {
      refreshing = undefined;
      holding = false;
    });
    return refreshing;
  };

  const runRefresh = async (context: CallContext, ahead: boolean): Promise<void> => {
    if (clock.now() < pausedUntil) throw lastFailure;
    try {
      await withinTime(source.refreshTimeoutMs ?? 10_000, ahead, async (signal) =>
        source.refresh?.({ signal, wallNow: clock.wallNow() }),
      );
      generation++;
      pauseMs = 0;
      const { expiresAt } = source;
      context.emit['credentials.refreshed']?.({ call: context.call }, expiresAt === undefined ? {} : { expiresAt });
    } catch (error) {
      pauseMs = Math.min(Math.max(pauseMs * 2, firstPauseMs), longestPauseMs);
      pausedUntil = clock.now() + pauseMs;
      lastFailure = error;
      const message = oneLine(error instanceof Error ? error.message : String(error), 300);
      const nextTryAt = clock.wallNow() + pauseMs;
      context.emit['credentials.failed']?.({ call: context.call }, { message, nextTryAt });
      throw error;
    }
  };

  /** The refresh's own time limit: the signals of those who wait for it are none of its business. */
  const withinTime = async (
    limitMs: number,
    ahead: boolean,
    run: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> => {
    const own = new AbortController();
    const onClose = (): void => own.abort(life.signal.reason);
    if (life.signal.aborted) onClose();
    life.signal.addEventListener('abort', onClose, { once: true });
    const timer = clock.setTimer(() => own.abort(new Error(`refresh: took longer than its ${limitMs} ms`)), limitMs);
    // Nobody waits for a refresh ahead of expiry, so it keeps no process alive.
    if (ahead) clock.unref?.(timer);
    try {
      await unlessAborted(run(own.signal), own.signal);
    } finally {
      clock.clearTimer(timer);
      life.signal.removeEventListener('abort', onClose);
    }
  };

  const fail = (call: Call, cause: unknown): CredentialsError => {
    if (isResilienceError(cause) && cause instanceof CredentialsError && cause.callId === call.id) return cause;
    const why = oneLine(cause instanceof Error ? cause.message : String(cause), 300);
    return new CredentialsError({
      call,
      message: `Credentials for ${call.method} ${call.url} could not be had: ${why}`,
      cause,
      applied: 'no',
      ...(clock.now() < pausedUntil && { retryAt: clock.wallNow() + Math.ceil(pausedUntil - clock.now()) }),
    });
  };

  const waitForRefresh = async (context: CallContext): Promise<void> => {
    try {
      const underWay = refresh(context);
      holding = true;
      await unlessAborted(underWay, context.signal);
    } catch (error) {
      if (context.signal.aborted) throw context.signal.reason;
      throw fail(context.call, error);
    }
  };

  const today = async (context: CallContext): Promise<string> => {
    try {
      const value: unknown = await source.get({ signal: context.signal, wallNow: clock.wallNow() });
      if (typeof value === 'string') return value;
      throw new OptionError('auth.get()', value, "must give the header's value as a string");
    } catch (error) {
      if (context.signal.aborted) throw context.signal.reason;
      throw fail(context.call, error);
    }
  };

  /** @throws what `account()` throws, and TypeError for what is no account. */
  const account = (): string | undefined => {
    if (!source.account) return undefined;
    const given: unknown = defused(source.account());
    if (typeof given === 'string' && given !== '') return given;
    throw new OptionError('auth.account()', given, 'must give a string that is not empty');
  };

  /** Told where it matters, which is before anything is sent. */
  const accountIfAny = (): string | undefined => {
    try {
      return account();
    } catch {
      return undefined;
    }
  };

  const identity = async (context: CallContext): Promise<Sender | undefined> => {
    const name = account();
    if (name !== undefined) return senders.of(`account ${name}`);
    const value = await today(context).catch(ignore);
    return value === undefined ? undefined : senders.of(`value ${value}`);
  };

  const state = (): ReturnType<NonNullable<Credentials['state']>> => source.state?.(clock.wallNow()) ?? 'good';
  const isBad = (): boolean => source.refresh !== undefined && (holding || state() === 'expired');

  return {
    header: source.header,
    identity: (context) => unlessAborted(identity(context), context.signal),
    sentAs: (call) => {
      const { value, account: name } = sent.get(call) ?? {};
      if (name !== undefined) return senders.of(`account ${name}`);
      return value === undefined ? undefined : senders.of(`value ${value}`);
    },
    refreshable: source.refresh !== undefined,
    async valueFor(context) {
      if (isBad()) await waitForRefresh(context);
      // The old one is good still: nobody waits, and nobody minds if this comes to nothing.
      else if (source.refresh && state() === 'stale' && clock.now() >= pausedUntil) {
        refresh(context, true).catch(ignore);
      }
      const name = accountIfAny();
      const value = await today(context);
      // A token that was given while the account changed may be either's: it speaks for itself alone.
      sent.set(context.call, { value, account: name === accountIfAny() ? name : undefined, reached: true });
      return value;
    },
    refreshed: (context) => (isBad() ? waitForRefresh(context) : undefined),
    sentBy: (call) => sent.get(call)?.value,
    answered(call, _status, reached) {
      const record = sent.get(call);
      if (record) record.reached = reached;
    },
    canRefreshFor: (call) => source.refresh !== undefined && sent.get(call)?.reached === true,
    async refreshFor(call, context) {
      const refused = sent.get(call)?.value;
      if (!refreshing) {
        const before = generation;
        if ((await today(context)) !== refused || generation !== before) return;
      }
      await waitForRefresh(context);
    },
    snapshot: () => ({
      refreshing: refreshing !== undefined,
      ...(source.expiresAt !== undefined && { expiresAt: source.expiresAt }),
    }),
    close() {
      life.abort(new Error('the client was closed'));
    },
  };
}

/** Told by the event `credentials.failed`, or by whoever sends the request. */
function ignore(): void {}
