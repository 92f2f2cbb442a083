import {
  type CallContext,
  type Clock,
  type CredentialsIdentity,
  type Handler,
  ignore,
  loadedInTime,
  onDemand,
  outcomeOf,
  outOfTime,
  type ResponseOutcome,
  type Strategy,
  systemClock,
  withinCall,
} from '@holdfast/core/internal';
import { mayReportLimits } from '../answers/may-report-limits.ts';
import type { ResolvedOptions } from '../limiter/options.ts';
import type { RateLimiter, RateLimiterParts, WholeRateLimiter } from '../limiter/rate-limiter.ts';
import { shownKeyOf } from '../limiter/shown-key.ts';
import { closedError, rejection } from '../waiting/rejection.ts';

/**
 * The limiter of a page without a limit or a pause: it does nothing, and is small. The whole limiter is loaded when the
 * page is idle after its first answer, at the first failure, or at once where a limit is set.
 *
 * - Without a limit, calls are sent meanwhile. An answer that asks for a pause waits until the limiter is loaded and
 *   knows it, since the pause has to apply to the calls that follow; but it waits for a second at most.
 * - With a limit, calls wait as they would in the queue. If the limiter can't be loaded, they are rejected: none is
 *   sent without its limit.
 */
const whole = onDemand('The rate limiter', () => import('../limiter/rate-limiter.ts'));

/** The longest time that an answer waits, in milliseconds. */
const longestLoadMs = 1_000;

export function rateLimiter(resolved: ResolvedOptions, parts: RateLimiterParts): RateLimiter {
  const { clock = systemClock } = parts;
  const late = new LateLimiter(resolved, clock, (loaded) => loaded.rateLimiter(resolved, parts));
  return {
    ...late.ring(undefined),
    for: (identity) => late.ring(identity),
    snapshot: () => late.known?.snapshot() ?? [],
    quotas: () => late.known?.quotas() ?? [],
    holdUp: (request, showsSender) => late.known?.holdUp(request, showsSender),
    close: () => late.close(),
  };
}

type Create = (loaded: NonNullable<typeof whole.loaded>) => WholeRateLimiter;

/** The limiter, once it is loaded, and what calls do until then. */
class LateLimiter {
  /** The limiter, if it has been created. */
  known: WholeRateLimiter | undefined;
  readonly #options: ResolvedOptions;
  readonly #clock: Clock;
  readonly #create: Create;
  readonly #hasLimits: boolean;
  #isClosed = false;

  constructor(options: ResolvedOptions, clock: Clock, create: Create) {
    this.#options = options;
    this.#clock = clock;
    this.#create = create;
    this.#hasLimits = options.limits.length + options.units.length > 0;
    if (this.#hasLimits) this.#load();
  }

  ring(identity: CredentialsIdentity | undefined): Strategy {
    let inner: Strategy | undefined;
    return {
      name: 'rateLimiter',
      execute: async (request, next, context) => {
        inner ??= this.#limiter()?.for(identity);
        if (inner) return inner.execute(request, next, context);
        context.signal.throwIfAborted();
        if (this.#isClosed) throw closedError(context, 'was not sent, since its limiter is closed');
        if (this.#hasLimits) {
          const limiter = await this.#whenLoaded(request, context);
          return limiter.for(identity).execute(request, next, context);
        }
        return this.#sendWithout(identity, request, next, context);
      },
    };
  }

  close(): void {
    this.#isClosed = true;
    this.known?.close();
  }

  #limiter(): WholeRateLimiter | undefined {
    if (this.known === undefined && whole.loaded) {
      this.known = this.#create(whole.loaded);
      if (this.#isClosed) this.known.close();
    }
    return this.known;
  }

  /** Waits for the limiter as for a permit. */
  async #whenLoaded(request: Request, context: CallContext): Promise<RateLimiter> {
    const { keyOf, maxQueueMs } = this.#options;
    const refuse = (code: 'QUEUE_FULL' | 'QUEUE_TIMEOUT', why: string, cause?: unknown): Error =>
      rejection({ shownKey: shownKeyOf(keyOf(request), request), queued: () => 0 }, context, { code, why, cause });
    const loading = await withinCall(whole.load(this.#clock), context, maxQueueMs).catch((error: unknown) => {
      context.signal.throwIfAborted();
      throw refuse('QUEUE_FULL', String((error as Error).message), error);
    });
    if (loading === outOfTime) throw refuse('QUEUE_TIMEOUT', `the rate limiter was not loaded within ${maxQueueMs} ms`);
    return this.#limiter() as RateLimiter;
  }

  /** Sends without a limit, and learns from the answer whether the limiter is needed. */
  async #sendWithout(
    identity: CredentialsIdentity | undefined,
    request: Request,
    next: Handler,
    context: CallContext,
  ): Promise<Response> {
    let response: Response;
    try {
      response = await next(request, context);
    } catch (error) {
      this.#load();
      throw error;
    }
    const read = outcomeOf(response, request, context);
    const outcome = read instanceof Promise ? await read : read;
    if (!mayReportLimits(outcome, context)) whole.loadWhenIdle();
    else {
      const noting = this.#noteAnswer({ request, outcome }, context, identity);
      if (outcome.status >= 400) await noting;
    }
    return response;
  }

  /** Resolves when the pause that an answer asks for has begun, and its quotas are known. Never rejects. */
  async #noteAnswer(
    answered: { readonly request: Request; readonly outcome: ResponseOutcome },
    context: CallContext,
    identity: CredentialsIdentity | undefined,
  ): Promise<void> {
    await loadedInTime(whole, context, longestLoadMs);
    this.#limiter()?.noteAnswer(answered, context, identity);
  }

  #load(): void {
    // The next call that needs the limiter tries again.
    whole.load(this.#clock).catch(ignore);
  }
}
