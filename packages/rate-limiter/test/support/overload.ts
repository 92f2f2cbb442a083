import { AdaptiveLimit } from '../../src/limiter/adaptive.ts';

/** The results of one second. */
export interface Second {
  answered: number;
  /** Calls without an answer within a second of their start. */
  failed: number;
  /** Calls that waited for two seconds and were not sent. */
  gaveUp: number;
  /** The limit at the end of the second. */
  limit: number;
}

interface Load {
  /** Calls per second, at random times, independent of earlier calls. */
  readonly arrivals: number;
  readonly seconds: number;
  /** How many calls are served at a time, each for 100 ms on average. The others wait in the server's queue. */
  readonly capacityAt: (ms: number) => number;
  /** The share of calls that fail at once. */
  readonly failing?: number;
  readonly isLimited?: boolean;
}

/** A server of unknown capacity under open-loop load, in virtual time and with seeded randomness. */
export function overload({ arrivals, seconds, capacityAt, failing = 0, isLimited = true }: Load): readonly Second[] {
  const limit = new AdaptiveLimit();
  const told = Array.from({ length: seconds }, (): Second => ({ answered: 0, failed: 0, gaveUp: 0, limit: 0 }));
  const random = seeded(2026);
  const agenda = new Map<number, (() => void)[]>();
  let now = 0;
  let inFlight = 0;
  let busy = 0;
  const served: (() => void)[] = [];
  const waiting: { readonly send: () => void; isOpen: boolean }[] = [];

  const second = (): Second => told[Math.min(seconds - 1, Math.floor(now / 1000))] as Second;
  const after = (ms: number, what: () => void): void => {
    const at = Math.ceil(now + ms);
    const list = agenda.get(at);
    if (list) list.push(what);
    else agenda.set(at, [what]);
  };
  const serve = (): void => {
    while (busy < capacityAt(now) && served.length > 0) {
      busy++;
      served.shift()?.();
    }
  };
  const hasRoom = (): boolean => !isLimited || limit.admits(inFlight, now);
  const letGo = (): void => {
    while (waiting.length > 0 && hasRoom()) {
      const first = waiting.shift();
      if (!first?.isOpen) continue;
      first.isOpen = false;
      first.send();
    }
  };
  const send = (): void => {
    const startedAt = now;
    let isOver = false;
    limit.started(now, inFlight);
    inFlight++;
    const end = (isGood: boolean): void => {
      if (isOver) return;
      isOver = true;
      limit.ended(isGood ? 'good' : 'distress', startedAt, now, inFlight);
      inFlight--;
      if (isGood) second().answered++;
      else second().failed++;
      letGo();
    };
    if (random() < failing) {
      after(5, () => end(false));
      return;
    }
    after(1000, () => end(false));
    // The server keeps working although no caller waits any more.
    served.push(() => {
      after(50 - 50 * Math.log(1 - random()), () => {
        busy--;
        end(true);
        serve();
      });
    });
    serve();
  };
  const arrive = (): void => {
    if (hasRoom() && !waiting.some(({ isOpen }) => isOpen)) {
      send();
      return;
    }
    const place = { send, isOpen: true };
    waiting.push(place);
    after(2000, () => {
      if (!place.isOpen) return;
      place.isOpen = false;
      second().gaveUp++;
    });
  };
  for (let at = 0; at < seconds * 1000; at += (-Math.log(1 - random()) * 1000) / arrivals) after(at, arrive);
  for (; now < seconds * 1000; now++) {
    for (const what of agenda.get(now) ?? []) what();
    agenda.delete(now);
    serve();
    if (now % 1000 === 999) second().limit = limit.limit;
  }
  return told;
}

/** mulberry32 */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
