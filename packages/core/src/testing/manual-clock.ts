import type { Clock, Timer } from '../kernel/clock.ts';

interface Pending {
  readonly at: number;
  /** Calls back in the async context in which the timer was set, as the platform's timers do. */
  readonly fire: () => void;
}

/**
 * A clock whose time passes only when a test says so.
 *
 * @example
 * ```ts no-run
 * const clock = new ManualClock();
 * const client = createResilientClient({ clock, random: () => 1, fetch: scriptedTransport([503, 200]) });
 * const response = await clock.run(client.get('https://api.example.com/'));
 * ```
 */
export class ManualClock implements Clock {
  #now = 0;
  readonly #wallStart: number;
  readonly #pending = new Set<Pending>();
  /** The timers that are due, and about to call back. */
  readonly #fired = new Set<Pending>();
  #holds = 0;
  #releases = 0;
  /** How many `advance` and `run` are under way: while they are, time does not flow by itself. */
  #driven = 0;
  #onChange: (() => void) | undefined;

  /** @param wallStart What the wall clock shows at the beginning, in milliseconds since 1970. */
  constructor(wallStart: number = Date.UTC(2026, 0, 1)) {
    this.#wallStart = wallStart;
  }

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return this.#wallStart + this.#now;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    let fire!: () => void;
    const due = new Promise<void>((resolve) => {
      fire = resolve;
    });
    const timer: Pending = { at: this.#now + Math.max(0, delayMs || 0), fire };
    due.then(() => {
      if (this.#fired.delete(timer)) callback();
    });
    this.#pending.add(timer);
    this.#onChange?.();
    return timer;
  }

  clearTimer(timer: Timer): void {
    this.#pending.delete(timer as Pending);
    this.#fired.delete(timer as Pending);
  }

  /** The number of pending timers; 0 when nothing was left behind. */
  get pending(): number {
    return this.#pending.size;
  }

  /**
   * Time does not pass by itself until the returned function is called: something is under way that no timer of this
   * clock controls, such as a request on a real wire, or work in another thread.
   */
  hold(): () => void {
    let held = true;
    this.#holds++;
    return () => {
      if (!held) return;
      held = false;
      this.#holds--;
      this.#releases++;
      this.#onChange?.();
    };
  }

  /** Runs all pending work that needs no time: promises, streams. No timer fires. */
  settle(): Promise<void> {
    return turns();
  }

  /** Lets time pass, and fires each timer that becomes due, at its own time. Waits while the clock is held. */
  async advance(ms: number): Promise<void> {
    this.#driven++;
    try {
      const end = this.#now + ms;
      await this.#ready();
      for (let next = this.#next(); next && next.at <= end; next = this.#next()) {
        this.#fire(next);
        await this.#ready();
      }
      this.#now = Math.max(this.#now, end);
    } finally {
      this.#driven--;
      this.#onChange?.();
    }
  }

  /**
   * Lets as much time pass as a promise needs, and returns its result. Rejects if no timer is left while the promise is
   * pending.
   */
  async run<T>(promise: PromiseLike<T>): Promise<T> {
    let settled = false;
    const done = (): void => {
      settled = true;
    };
    promise.then(done, done);
    this.#driven++;
    try {
      for (let idle = 0; idle < 50; idle++) {
        const quiet = await this.#quiet();
        if (settled) return await promise;
        const next = quiet ? this.#next() : undefined;
        if (next) this.#fire(next);
        if (next || !quiet) idle = 0;
      }
    } finally {
      this.#driven--;
      this.#onChange?.();
    }
    throw new Error('ManualClock: no timer is left to fire, and the promise is still pending');
  }

  /**
   * Lets time pass by itself: whenever nothing else happens, the next timer fires. Then the tested code waits as usual,
   * and needs no `run`. Returns the function that makes time stand still again.
   */
  flow(): () => void {
    let flowing = true;
    const loop = async (): Promise<void> => {
      while (flowing) {
        const quiet = await this.#quiet();
        if (!flowing) return;
        const next = quiet && this.#driven === 0 ? this.#next() : undefined;
        if (next) this.#fire(next);
        else if (quiet || this.#holds > 0) await this.#change();
      }
    };
    void loop();
    return () => {
      flowing = false;
      this.#onChange?.();
    };
  }

  /** Settles when a timer has been set, a hold has ended, or the clock is no longer driven. */
  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#onChange = () => {
        this.#onChange = undefined;
        resolve();
      };
    });
  }

  async #ready(): Promise<void> {
    for (let quiet = false; !quiet; ) quiet = await this.#quiet();
  }

  /** True if the clock was neither held nor released while all work without timers was done. */
  async #quiet(): Promise<boolean> {
    const before = this.#releases;
    await turns();
    return this.#holds === 0 && this.#releases === before;
  }

  #next(): Pending | undefined {
    let first: Pending | undefined;
    for (const timer of this.#pending) if (!first || timer.at < first.at) first = timer;
    return first;
  }

  #fire(timer: Pending): void {
    this.#pending.delete(timer);
    this.#now = Math.max(this.#now, timer.at);
    this.#fired.add(timer);
    timer.fire();
  }
}

/** Runs all work that does not wait for a timer of this clock: promises, streams, a mocked network. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await macrotask();
}

type NextTurn = (callback: () => void) => unknown;

/**
 * The platform's `setImmediate`, before a test replaces it: it opens no port for each turn, and does not let the
 * process sleep.
 */
const nextTurn = platformsOwn((globalThis as { setImmediate?: NextTurn }).setImmediate);

function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    if (nextTurn) {
      nextTurn(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** A function that a test library has put in its place would wait until the library's own time passes. */
function platformsOwn(given: NextTurn | undefined): NextTurn | undefined {
  return given && !('clock' in given) ? given : undefined;
}
