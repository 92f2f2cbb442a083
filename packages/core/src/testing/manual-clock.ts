import type { Clock, Timer } from '../clock.ts';

interface Pending {
  readonly at: number;
  readonly callback: () => void;
}

/**
 * Time that passes when a test says so.
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
    const timer: Pending = { at: this.#now + Math.max(0, delayMs || 0), callback };
    this.#pending.add(timer);
    return timer;
  }

  clearTimer(timer: Timer): void {
    this.#pending.delete(timer as Pending);
  }

  /** How many timers wait; 0 when nothing was left behind. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Lets time pass, firing what falls due on the way, each at its own time. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await turns();
    for (let next = this.#next(); next && next.at <= end; next = this.#next()) {
      this.#fire(next);
      await turns();
    }
    this.#now = end;
  }

  /** Lets as much time pass as a promise needs, and gives what it comes to. Rejects where nothing is left to wait for. */
  async run<T>(promise: PromiseLike<T>): Promise<T> {
    let settled = false;
    const done = (): void => {
      settled = true;
    };
    promise.then(done, done);
    for (let idle = 0; idle < 50; idle++) {
      await turns();
      if (settled) return promise;
      const next = this.#next();
      if (!next) continue;
      this.#fire(next);
      idle = 0;
    }
    throw new Error('ManualClock: no timer is left to fire, and the promise is still pending');
  }

  #next(): Pending | undefined {
    let first: Pending | undefined;
    for (const timer of this.#pending) if (!first || timer.at < first.at) first = timer;
    return first;
  }

  #fire(timer: Pending): void {
    this.#pending.delete(timer);
    this.#now = Math.max(this.#now, timer.at);
    timer.callback();
  }
}

/** Lets everything happen that waits for no timer of ours: promises, streams, a mocked network. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await macrotask();
}

function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
