import { type Clock, redactUrl, systemClock } from '@holdfast/core';
import { OptionError, parsedUrl } from '@holdfast/core/internal';
import { ManualClock } from '@holdfast/core/testing';
import { beginTrip, type Trip } from './trip.ts';

/**
 * A mocked answer takes real turns of the event loop, and in a browser real milliseconds in the service worker. A
 * test's clock that ran meanwhile would let a timeout pass. So `fetch` is followed: while a request is under way, time
 * stands still; while the mocked server waits by the clock, it advances.
 */
export interface VirtualTime {
  readonly clock: ManualClock;
  /** What has not ended, as text: requests without an answer, unread bodies, mistakes of the test itself. */
  leftovers(): readonly string[];
  /** Restores the platform's `fetch`. */
  stop(): void;
}

/** The request, as the mocked server sees it. */
interface World {
  readonly clock: ManualClock;
  readonly waiting: Trip[];
  readonly mistakes: string[];
}

let world: World | undefined;

/**
 * From now on the handlers of this package use `clock`, which stands still while a `fetch` is under way. `holdfastTest`
 * does this by itself.
 *
 * @throws Error if another test controls the time: all tests of a file share `fetch`, so only one test at a time can.
 */
export function takeTime(clock: ManualClock): VirtualTime {
  if (!(clock instanceof ManualClock)) throw new OptionError('takeTime: clock', clock, 'must be a ManualClock');
  if (world) throw new Error('takeTime: another test holds the time; tests that share a fetch cannot run concurrently');
  const trips = new Set<Trip>();
  const mine: World = { clock, waiting: [], mistakes: [] };
  world = mine;
  const platformFetch = globalThis.fetch;

  const followedFetch: typeof fetch = async (input, init) => {
    const target = world === mine ? targetOf(input, init) : undefined;
    if (target === undefined) return platformFetch(input, init);
    const trip = beginTrip(
      target.method,
      target.url,
      () => clock.hold(),
      (ended) => {
        trips.delete(ended);
        forget(mine.waiting, ended);
      },
    );
    trips.add(trip);
    mine.waiting.push(trip);
    try {
      return trip.answered(await platformFetch(input, init));
    } catch (error) {
      trip.end();
      throw error;
    }
  };
  globalThis.fetch = followedFetch;

  return {
    clock,
    leftovers: () => [...mine.mistakes, ...[...trips].map(describeTrip)],
    stop() {
      if (world === mine) world = undefined;
      if (globalThis.fetch === followedFetch) globalThis.fetch = platformFetch;
      for (const trip of [...trips]) trip.end();
    },
  };
}

/** The clock of a handler: its own, or that of the test that controls the time, or the platform's. */
export const clockFor = (own: Clock | undefined): Clock => own ?? world?.clock ?? systemClock;

/** The trips whose request has arrived: a request that falls through to the next handler arrives there, too. */
const arrived = new WeakMap<Request, Trip>();

/** The trip that has arrived with this request. Equal requests arrive in the order in which they left. */
export function arrivalOf(request: Request): Trip | undefined {
  const known = arrived.get(request);
  if (known) return known;
  const waiting = (world?.waiting ?? []).filter(({ state }) => state === 'headers');
  const path = withoutFragment(request.url);
  // If none fits, the request was redirected: then the oldest trip under way is the likeliest.
  const trip = waiting.find(({ method, url }) => method === request.method && url === path) ?? waiting[0];
  if (trip) {
    arrived.set(request, trip);
    forget(world?.waiting ?? [], trip);
  }
  return trip;
}

/** Records a mistake of the test itself, which fails the test at its end. */
export function reportMistake(text: string): void {
  world?.mistakes.push(text);
}

function describeTrip({ method, url, status, state }: Trip): string {
  const subject = `${method} ${redactUrl(url)}`;
  if (state === 'headers') return `on its way: ${subject} has no answer yet`;
  return `unread: ${subject} answered ${status}, and its body was ${state === 'body' ? 'not waited for' : 'neither read nor cancelled'}`;
}

function targetOf(input: unknown, init: RequestInit | undefined): { method: string; url: string } | undefined {
  const request = input instanceof Request ? input : undefined;
  const page = (globalThis as { location?: { href: string } }).location?.href;
  const url = parsedUrl(request?.url ?? String(input), page);
  if (!url || !/^https?:$/.test(url.protocol)) return undefined;
  return { method: (init?.method ?? request?.method ?? 'GET').toUpperCase(), url: withoutFragment(url.href) };
}

const withoutFragment = (url: string): string => url.split('#', 1)[0] ?? url;

function forget<T>(list: T[], one: T): void {
  const index = list.indexOf(one);
  if (index >= 0) list.splice(index, 1);
}
