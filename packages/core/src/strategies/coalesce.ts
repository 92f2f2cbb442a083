import type { Call } from '../call.ts';
import { discard } from '../discard.ts';
import { errorOfCall } from '../errors/error-of-call.ts';
import { NetworkError } from '../errors/network-error.ts';
import { isResilienceError } from '../errors/resilience-error.ts';
import type { CallContext, CallSettings, Handler, Strategy } from '../pipeline.ts';
import { decide } from '../policy/decide.ts';
import type { Facts } from '../policy/facts.ts';
import { responseWithBody } from '../response-with-body.ts';
import { errorOutcome } from '../retry/attempt.ts';
import { shareBody } from '../shared-body.ts';
import { remainingMs } from './deadline.ts';
import { sharingKey } from './sharing-key.ts';

/**
 * Equal requests that are in flight at the same time are sent once.
 *
 * A page that renders ten components asks for the same user ten times; a cache entry runs out, and a thousand requests
 * ask for it at once. The naive remedy, a map from URL to promise, shares too much: what the first caller aborts, all
 * lose; the first one's time limit is everybody's; and one body is read by one reader.
 *
 * So the flight belongs to nobody who waits for it. It has a signal and a history of its own, and ends when the last of
 * them has left. It stands inside the deadline, which is each caller's own, and outside the retries: budget, limiter and
 * circuit count one call, and those who wait for a retry wait for one.
 */
export function coalesce(): Strategy {
  const flights = new Map<string, Flight>();
  return {
    name: 'coalesce',
    execute(request, next, context) {
      const key = sharingKey(request, context);
      if (key === undefined) return next(request, context);
      if (context.signal.aborted) return Promise.reject(context.signal.reason);
      const underWay = flights.get(key);
      if (underWay) {
        const { call, emit } = context;
        emit['call.coalesced']?.({ call }, { leaderCallId: underWay.call.id });
        return board(underWay, context);
      }
      const flight: Flight = {
        call: historyFor(context.call),
        riders: new Set(),
        controller: new AbortController(),
        close() {
          if (flights.get(key) === flight) flights.delete(key);
        },
      };
      flights.set(key, flight);
      const answer = board(flight, context);
      takeOff(flight, request, next, context);
      return answer;
    },
  };
}

/** One request on its way, and those who wait for it. */
interface Flight {
  /** Its history, under the id of the call that it began for. */
  readonly call: Call;
  readonly riders: Set<Rider>;
  readonly controller: AbortController;
  /** Nobody boards any more. */
  close(): void;
}

interface Rider {
  readonly context: CallContext;
  land(response: Response): void;
  fail(error: unknown): void;
  /** What a caller's abort comes to: at first it leaves the flight; later it ends the body. */
  leave(reason: unknown): void;
}

/** The call of whoever began the flight may end before it: then its history is whole, and grows no more. */
function historyFor(leader: Call): Call {
  const { id, method, clock, startedAt } = leader;
  return {
    id,
    method,
    get url(): string {
      return leader.url;
    },
    startedAt,
    clock,
    attempts: [],
  };
}

function board(flight: Flight, context: CallContext): Promise<Response> {
  return new Promise((land, fail) => {
    const rider: Rider = { context, land, fail, leave: (reason) => leave(flight, rider, reason) };
    flight.riders.add(rider);
    // Both ends of this link belong to the same call, and go with it.
    context.signal.addEventListener('abort', () => rider.leave(context.signal.reason), { once: true });
  });
}

function takeOff(flight: Flight, request: Request, next: Handler, context: CallContext): void {
  const { call, controller } = flight;
  const inner = { ...context, call, signal: controller.signal, settings: settingsFor(flight, context.settings) };
  (async () => land(flight, await next(request, inner)))().catch((error: unknown) => crash(flight, error));
}

/** There is as much time as the rider has who has most: each one's own deadline stands outside. */
function settingsFor({ call, riders }: Flight, settings: CallSettings): CallSettings {
  return {
    ...settings,
    get totalTimeout(): number | false {
      let left = 0;
      for (const { context } of riders) {
        left = Math.max(left, remainingMs(context.call, context.settings.totalTimeout));
      }
      return left === Number.POSITIVE_INFINITY ? false : left + call.clock.now() - call.startedAt;
    },
  };
}

/** Who leaves goes at once; the last one waits until the request has ended, so that the history tells of it. */
function leave(flight: Flight, rider: Rider, reason: unknown): void {
  const { riders, controller, call } = flight;
  if (riders.size === 1) {
    flight.close();
    controller.abort(reason);
    return;
  }
  riders.delete(rider);
  const own = rider.context.call;
  adopt(call, own);
  own.decision = decide(errorOutcome(reason, rider.context.signal, own), {} as Facts, rider.context.settings.levels);
  rider.fail(reason);
}

function land(flight: Flight, response: Response): void {
  flight.close();
  const riders = [...flight.riders];
  for (const [index, { context }] of riders.entries()) {
    adopt(flight.call, context.call);
    if (index > 0) context.call.hasCopy = true;
  }
  const [only] = riders;
  if (riders.length > 1) share(response, riders);
  else if (only && !only.context.signal.aborted) {
    only.leave = (reason) => flight.controller.abort(reason);
    only.land(response);
  } else {
    discard(response);
    only?.fail(only.context.signal.reason);
  }
}

function share(response: Response, riders: readonly Rider[]): void {
  const tooSlow = (index: number): unknown => fellBehind(riders[index] as Rider);
  const { body } = response;
  // A strategy of the user's may have read it.
  const shared = body === null || body.locked ? [] : shareBody(body, riders.length, tooSlow);
  for (const [index, rider] of riders.entries()) {
    const own = shared[index];
    rider.leave = (reason) => own?.fail(reason);
    if (own) rider.land(responseWithBody(response, own.stream));
    else rider.land(response.bodyUsed ? response : response.clone());
  }
}

function crash(flight: Flight, error: unknown): void {
  flight.close();
  for (const rider of flight.riders) {
    const { call, signal } = rider.context;
    adopt(flight.call, call);
    rider.leave = () => {};
    if (signal.aborted) rider.fail(signal.reason);
    else rider.fail(isResilienceError(error) && error.callId === flight.call.id ? errorOfCall(error, call) : error);
  }
}

/** The history of the flight becomes the call's, as seen from its own beginning. */
function adopt(flown: Call, call: Call): void {
  const shift = flown.startedAt - call.startedAt;
  for (const record of flown.attempts) {
    call.attempts.push(shift === 0 ? record : { ...record, startedMs: record.startedMs + shift });
  }
  call.decision = flown.decision;
  call.fallback = flown.fallback;
  call.outage = flown.outage;
}

function fellBehind({ context: { call } }: Rider): NetworkError {
  const message = `${call.method} ${call.url} lost the body that it shared with other calls: they read on, and it did not`;
  return new NetworkError({ call, message, applied: 'yes', permanent: true });
}
