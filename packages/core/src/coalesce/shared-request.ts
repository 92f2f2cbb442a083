import { discard } from '../bodies/discard.ts';
import { responseWithBody } from '../bodies/response-with-body.ts';
import { shareBody } from '../bodies/shared-body.ts';
import { aboutRequest } from '../errors/about-request.ts';
import { errorOfCall } from '../errors/error-of-call.ts';
import { NetworkError } from '../errors/network-error.ts';
import { isResilienceError } from '../errors/resilience-error.ts';
import type { Call } from '../kernel/call.ts';
import type { CallContext, CallSettings } from '../kernel/call-context.ts';
import type { Handler } from '../kernel/pipeline.ts';
import { decide } from '../policy/decide.ts';
import { noFacts } from '../policy/no-facts.ts';
import { errorOutcome } from '../retry/attempt.ts';
import { remainingMs } from '../time/deadline.ts';
import { noteCopy } from './copies.ts';

interface Member {
  readonly context: CallContext;
  settle(answer: Response | undefined): void;
  fail(error: unknown): void;
  /** What a caller's abort does: it leaves the shared request, or ends its own copy of the body. */
  abort(reason: unknown): void;
}

export interface SharedRequestParts {
  /** The call for which the request is begun. */
  readonly leader: Call;
  /** From now on no call may join. */
  readonly close: () => void;
  /** Was it sent as the sender that its members expected? If not, only the leader gets its answer. */
  readonly isAsExpected: (call: Call) => boolean;
}

/** One request under way, and the calls that wait for its answer. It has a history and a signal of its own. */
export class SharedRequest {
  /** Its history, under the id of the call that it began for. */
  readonly call: Call;
  readonly #parts: SharedRequestParts;
  readonly #members = new Set<Member>();
  readonly #controller = new AbortController();

  constructor(parts: SharedRequestParts) {
    this.#parts = parts;
    this.call = historyFor(parts.leader);
  }

  /** The signal of the shared request; it is no caller's. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * Waits for the answer together with the other members. Resolves with nothing if the answer turned out to be for
   * another sender: then the call has to send its own request, in its own async context.
   */
  join(context: CallContext): Promise<Response | undefined> {
    return new Promise((settle, fail) => {
      const member: Member = { context, settle, fail, abort: (reason) => this.#leave(member, reason) };
      this.#members.add(member);
      const { signal } = context;
      // Both ends of this link belong to the same call, and end with it.
      signal.addEventListener('abort', () => member.abort(signal.reason), { once: true });
    });
  }

  /** Sends the request. Called once, after the first has joined. */
  send(request: Request, next: Handler, context: CallContext): void {
    const { call, signal } = this;
    const settings = settingsFor(call, this.#members, context.settings);
    const inner = { ...context, call, signal, settings };
    (async () => this.#answered(await next(request, inner)))().catch((error) => this.#failed(error));
  }

  /** A member that is not the last leaves at once; the last one waits for the end of the request, to have its history. */
  #leave(member: Member, reason: unknown): void {
    if (this.#members.size === 1) {
      this.#parts.close();
      this.#controller.abort(reason);
      return;
    }
    this.#members.delete(member);
    const { context } = member;
    adopt(this.call, context.call);
    const outcome = errorOutcome(reason, context.signal, context.call);
    context.call.decision = decide(outcome, noFacts, context.settings.levels);
    member.fail(reason);
  }

  #answered(response: Response): void {
    const all = this.#concerned();
    for (const { context } of all) adopt(this.call, context.call);
    const [only] = all;
    if (all.length > 1) share(response, all);
    else if (only && !only.context.signal.aborted) {
      only.abort = (reason) => this.#controller.abort(reason);
      only.settle(response);
    } else {
      discard(response);
      only?.fail(only.context.signal.reason);
    }
  }

  #failed(error: unknown): void {
    for (const member of this.#concerned()) {
      const { call: own, signal } = member.context;
      adopt(this.call, own);
      member.abort = () => {};
      const isOurs = isResilienceError(error) && error.callId === this.call.id;
      member.fail(signal.aborted ? signal.reason : isOurs ? errorOfCall(error, own) : error);
    }
  }

  /** The members that the outcome is for; all others have to send their own requests. */
  #concerned(): Member[] {
    const { leader, close, isAsExpected } = this.#parts;
    close();
    const all = [...this.#members];
    if (isAsExpected(this.call)) return all;
    const isLeader = ({ context }: Member): boolean => context.call === leader;
    for (const member of all) if (!isLeader(member)) member.settle(undefined);
    return all.filter(isLeader);
  }
}

/**
 * The call for which it was begun may end first: then the history of that call is complete, and gets no more entries.
 */
function historyFor(leader: Call): Call {
  const { id, method, clock, startedAt, inside } = leader;
  return {
    id,
    method,
    get url(): string {
      return leader.url;
    },
    startedAt,
    clock,
    attempts: [],
    inside,
  };
}

/** The time left is that of the member with the most; each member's own deadline is further outside. */
function settingsFor(call: Call, members: ReadonlySet<Member>, settings: CallSettings): CallSettings {
  return {
    ...settings,
    get totalTimeout(): number | false {
      let left = 0;
      for (const { context } of members) {
        left = Math.max(left, remainingMs(context.call, context.settings.totalTimeout));
      }
      return left === Number.POSITIVE_INFINITY ? false : left + call.clock.now() - call.startedAt;
    },
  };
}

function share(response: Response, members: readonly Member[]): void {
  const tooSlow = (index: number): unknown => fellBehind(members[index] as Member);
  const { body } = response;
  // A user's strategy may have read the body.
  const shared = !body || body.locked ? [] : shareBody(body, members.length, tooSlow);
  for (const [index, member] of members.entries()) {
    const own = shared[index];
    member.abort = (reason) => own?.fail(reason);
    const answer = own ? responseWithBody(response, own.stream) : response.bodyUsed ? response : response.clone();
    if (index > 0) noteCopy(answer);
    member.settle(answer);
  }
}

/** The history of the shared request becomes the call's, as seen from the call's own beginning. */
function adopt(shared: Call, call: Call): void {
  const shift = shared.startedAt - call.startedAt;
  for (const record of shared.attempts) {
    call.attempts.push(shift === 0 ? record : { ...record, startedMs: record.startedMs + shift });
  }
  call.decision = shared.decision;
  call.fallback = shared.fallback;
  call.outage = shared.outage;
  call.sentUnder = shared;
}

function fellBehind({ context: { call } }: Member): NetworkError {
  const words = 'lost the body that it shared with other calls, since it fell too far behind them';
  const message = aboutRequest(call, (request) => `${request} ${words}`);
  return new NetworkError({ call, message, applied: 'yes', permanent: true });
}
