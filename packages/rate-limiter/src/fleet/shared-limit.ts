import type { Clock } from '@holdfast/core';
import type { Timer } from '@holdfast/core/internal';
import type { Limit, LimitSpec } from '../limits/limit.ts';
import { freshMs, type SharedSlots } from './store.ts';

/** The fleet, as one of its processes sees it. */
export interface LimitSharers {
  /** Why the fleet cannot be reached; absent while it can. */
  readonly failure: Error | undefined;
  readonly isUp: boolean;
  start(): void;
  slots(key: string, spec: LimitSpec): SharedSlots | undefined;
  fail(error: Error): void;
}

/** How many jobs are requested at once: one after the other, a process gets about 400 a second. */
const mostAsked = 8;

interface Permit {
  readonly at: number;
  readonly giveBack: () => void;
}

/**
 * A limit that several processes keep together: each permit is a job of Bottleneck in Redis. Each process also keeps
 * the limit on its own, so the limit continues when Redis cannot be reached, or has lost its data.
 */
export class SharedLimit implements Limit {
  readonly countsStarts: boolean;
  readonly #key: string;
  readonly #spec: LimitSpec;
  readonly #fleet: LimitSharers;
  readonly #local: Limit;
  readonly #clock: Clock;
  readonly #onReady: () => void;
  readonly #lookMs: number;
  readonly #block: number;
  #slots: SharedSlots | undefined;
  /** Permits that no call has taken yet. */
  readonly #free: Permit[] = [];
  readonly #held: (() => void)[] = [];
  #asked = 0;
  #isLooking = false;
  #timer: Timer;

  constructor(key: string, spec: LimitSpec, fleet: LimitSharers, local: Limit, clock: Clock, onReady: () => void) {
    this.countsStarts = spec.perMs !== undefined;
    this.#key = key;
    this.#spec = spec;
    this.#fleet = fleet;
    this.#local = local;
    this.#clock = clock;
    this.#onReady = onReady;
    // Redis does not announce that a start has left its window; the waiting process polls, often enough to lose at most
    // a hundredth.
    this.#block = blockOf(spec);
    this.#lookMs = Math.min(100, Math.max(5, (spec.perMs ?? Number.POSITIVE_INFINITY) / 100));
  }

  atHand(): boolean {
    if (!this.#local.atHand()) return false;
    this.#dropStale();
    return this.#free.length > 0 || this.#fleet.failure !== undefined;
  }

  room(): number {
    return this.#fleet.failure ? this.#local.room() : Math.min(this.#local.room(), mostAsked * this.#block);
  }

  take(): void {
    this.#local.take();
    const permit = this.#free.shift();
    if (permit) this.#held.push(permit.giveBack);
  }

  started(): void {
    this.#local.started?.();
  }

  giveBack(): void {
    this.#local.giveBack();
    this.#held.pop()?.();
  }

  ask(waiting: number): void {
    this.#fleet.start();
    // The process's own limit comes first: a permit from Redis that cannot be used yet would be missing in another
    // process.
    if (!this.#local.atHand()) this.#local.ask(waiting);
    // Permits for waiting calls are requested again when Redis can be reached.
    if (!this.#local.atHand() || !this.#fleet.isUp) return;
    this.#slots ??= this.#fleet.slots(this.#key, this.#spec);
    if (!this.#slots) return;
    const wanted = Math.min(waiting, mostAsked * this.#block, this.#local.room());
    while (this.#asked < wanted) this.#acquire(this.#slots, Math.min(this.#block, wanted - this.#asked));
    this.#look(this.#slots);
  }

  /** Concerns the process's own permits; `#look` checks whether Redis has some. */
  againInMs(): number | undefined {
    return this.#local.atHand() ? undefined : this.#local.againInMs?.();
  }

  noneWaits(): void {
    this.#local.noneWaits?.();
    for (const { giveBack } of this.#free.splice(0)) giveBack();
  }

  #dropStale(): void {
    const { perMs } = this.#spec;
    if (perMs === undefined) return;
    const oldest = this.#clock.now() - freshMs(perMs);
    while (this.#free[0] && this.#free[0].at < oldest) this.#free.shift();
  }

  #acquire(slots: SharedSlots, permits: number): void {
    this.#asked += permits;
    slots.acquire(permits).then(
      ({ ageMs, giveBack }) => {
        this.#asked -= permits;
        // A process that was halted may receive a permit when it counts already.
        const at = this.#clock.now() - ageMs;
        for (let count = 0; count < permits; count++) this.#free.push({ at, giveBack });
        this.#onReady();
      },
      (error: Error) => {
        this.#asked -= permits;
        this.#fleet.fail(error);
      },
    );
  }

  /** Repeated as long as a call waits, but never twice at once, since that would overload a Redis that hangs. */
  #look(slots: SharedSlots): void {
    if (this.#isLooking || this.#asked === 0 || !this.#fleet.isUp) return;
    this.#isLooking = true;
    const again = (): void => {
      this.#isLooking = false;
      this.#look(slots);
    };
    this.#timer = this.#clock.setTimer(() => void slots.look().then(again, again), this.#lookMs);
  }

  isIdle(): boolean {
    return this.#asked === 0 && this.#held.length === 0 && this.#local.isIdle();
  }

  close(): void {
    this.#clock.clearTimer(this.#timer);
    this.noneWaits();
    this.#slots?.close();
    this.#local.close();
  }
}

/**
 * This many starts are one job, so that Redis is asked less often; all of them count from its registration. The block
 * is so small that a call that waits for a whole block loses almost nothing, and that the rest into which no block fits
 * is at most a quarter of a hundredth.
 */
function blockOf({ size, perMs }: LimitSpec): number {
  if (perMs === undefined) return 1;
  let block = Math.max(1, Math.floor(size / 64));
  while (size % block > size / 400) block--;
  return block;
}
