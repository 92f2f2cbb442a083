import { type CallContext, type Clock, type Strategy, systemClock } from '@holdfast/core';
import { type CredentialsIdentity, type Emit, systemRandom } from '@holdfast/core/internal';
import { prepareSlots } from '#slots';
import type { Answered } from '../buckets/buckets.ts';
import type { QuotaSnapshot } from '../buckets/quota-table.ts';
import { closedError } from '../waiting/rejection.ts';
import { type HoldUp, holdUpOf } from './hold-up.ts';
import type { LimiterSnapshot } from './limiters.ts';
import type { ResolvedOptions } from './options.ts';
import { SharedState } from './shared-state.ts';
import { snapshotOf } from './snapshot.ts';
import { sendInTurn, type Turn, waitInTurn } from './turn.ts';

/**
 * A server that gets too many requests answers 429, and further requests make it worse. So the client keeps the
 * server's limits itself, and when the server names a time, all calls that it concerns wait for it, not only the one
 * that got the answer.
 *
 * Common mistakes are: a bucket that is refilled lets twice as many calls through around the refill; an aborted call
 * keeps its place in the queue, and takes a permit that is then unused; after a pause all calls go at once; and a
 * limiter that is not needed costs more than the request.
 *
 * The ring is inside the retries, since they use the server's quota, too, and outside every ring whose time counts as
 * the attempt's.
 */
export interface RateLimiter extends Strategy {
  /**
   * The same limiter for a client that puts credentials on further inside: what the server says to one sender applies
   * to requests of the same sender.
   */
  for(identity: CredentialsIdentity | undefined): Strategy;
  /** Running and waiting calls and pauses, as plain JSON. */
  snapshot(): readonly LimiterSnapshot[];
  /** The servers' last reports of their quotas. */
  quotas(): readonly QuotaSnapshot[];
  /**
   * What would keep this request waiting if it were to be sent now; `undefined` if nothing would.
   *
   * @param showsSender Whether its headers show its sender. Otherwise the pauses of all senders count.
   */
  holdUp(request: Request, showsSender?: boolean): HoldUp | undefined;
  /** Rejects waiting and later calls (`CLIENT_CLOSED`), and releases everything. */
  close(): void;
}

/** The complete limiter, which a page loads late. */
export interface WholeRateLimiter extends RateLimiter {
  /** Gets an answer to a request that did not pass this limiter. */
  noteAnswer(answered: Answered, context: CallContext, identity: CredentialsIdentity | undefined): void;
}

/** Values that a client passes in; without a client, the defaults apply. */
export interface RateLimiterParts {
  /** @defaultValue `systemClock` */
  readonly clock?: Clock;
  /** Random numbers in [0, 1). @defaultValue `Math.random` */
  readonly random?: () => number;
  /** Gets pauses and changes of the fleet, which belong to no call. @defaultValue none */
  readonly emit?: Emit;
  /** The beginning of messages about options. @defaultValue 'rateLimit' */
  readonly where?: string;
}

/** The rate limiter on a server, where it is complete at once; see the package's `rateLimiter`. */
export function rateLimiter(resolved: ResolvedOptions, parts: RateLimiterParts): WholeRateLimiter {
  const { clock = systemClock, random = systemRandom, emit = {} } = parts;
  const { keyOf } = resolved;
  if (resolved.limits.length > 0) prepareSlots(clock);
  const state = new SharedState(resolved, { clock, random, emit });
  const { limiters, buckets } = state;

  const ring = (identity: CredentialsIdentity | undefined): Strategy => ({
    name: 'rateLimiter',
    execute(request, next, context) {
      try {
        context.signal.throwIfAborted();
        if (state.isClosed) throw closedError(context, 'was not sent, since its limiter is closed');
        state.fleet?.start();
        const ofKey = limiters.get(keyOf(request), request);
        const limiter = context.holdsPermit === true ? ofKey.continuations : ofKey;
        const turn: Turn = { limiter, buckets, identity, request, context };
        if (limiter.units.length === 0 && !buckets.pauses.has(limiter.key) && limiter.tryTake())
          return sendInTurn(turn, next);
        return waitInTurn(turn, ofKey).then((passage) => sendInTurn(turn, next, passage));
      } catch (error) {
        return Promise.reject(error);
      }
    },
  });
  return {
    ...ring(undefined),
    for: ring,
    snapshot: () => snapshotOf(limiters, buckets.pauses, clock),
    quotas: () => buckets.quotas(),
    holdUp: (request, showsSender = false) =>
      holdUpOf(state, keyOf(request), { request, showsSender }, clock.wallNow()),
    noteAnswer: (answered, context, identity) =>
      buckets.noteAnswer(keyOf(answered.request), answered, context, identity),
    close: () => state.close(),
  };
}
