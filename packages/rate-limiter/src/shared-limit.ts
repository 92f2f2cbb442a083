import type { Clock, Timer } from '@holdfast/core';
import type { Fleet } from './fleet.ts';
import type { Limit, LimitSpec } from './limit.ts';
import type { SharedSlots } from './store.ts';

/** So many permits are asked for at once: a process that waits for one after the other gets some 400 a second. */
const mostAsked = 8;

/** A start that is taken so much later, in milliseconds, would not be in the window that Redis has counted it in. */
const freshMs = 100;

interface Permit {
  readonly at: number;
  readonly giveBack: () => void;
}

/**
 * A limit that several processes keep together: each permit is a job of Bottleneck's in Redis. While that is out of
 * reach, the limit is this process's own.
 */
export class SharedLimit implements Limit {
  readonly #id: string;
  readonly #spec: LimitSpec;
  readonly #fleet: Fleet;
  readonly #local: Limit;
  readonly #clock: Clock;
  readonly #onReady: () => void;
  readonly #nudgeMs: number;
  #slots: SharedSlots | undefined;
  /** Permits that nobody has taken yet. */
  readonly #free: Permit[] = [];
  readonly #held: (() => void)[] = [];
  #asked = 0;
  #timer: Timer;

  constructor(id: string, spec: LimitSpec, fleet: Fleet, local: Limit, clock: Clock, onReady: () => void) {
    this.#id = id;
    this.#spec = spec;
    this.#fleet = fleet;
    this.#local = local;
    this.#clock = clock;
    this.#onReady = onReady;
    // Redis tells nobody that a start is out of its window; whoever waits looks, often enough to lose a hundredth.
    this.#nudgeMs = Math.min(100, Math.max(5, (spec.perMs ?? Number.POSITIVE_INFINITY) / 100));
  }

  atHand(): boolean {
    this.#dropStale();
    return this.#free.length > 0 || (this.#fleet.failure !== undefined && this.#local.atHand());
  }

  room(): number {
    return this.#fleet.failure ? this.#local.room() : mostAsked;
  }

  take(): void {
    const permit = this.#free.shift();
    if (permit) this.#held.push(permit.giveBack);
    else this.#local.take();
  }

  started(): void {
    this.#local.started?.();
  }

  giveBack(): void {
    const giveBack = this.#held.pop();
    if (giveBack) giveBack();
    else this.#local.giveBack();
  }

  ask(waiting: number): void {
    this.#fleet.start();
    if (this.#fleet.failure) {
      this.#local.ask(waiting);
      return;
    }
    // Whoever waits is asked for when it is up.
    if (!this.#fleet.isUp) return;
    this.#slots ??= this.#fleet.slots(this.#id, this.#spec);
    for (; this.#slots && this.#asked < Math.min(waiting, mostAsked); this.#asked++) this.#acquire(this.#slots);
  }

  nobodyWaits(): void {
    for (const { giveBack } of this.#free.splice(0)) giveBack();
  }

  #dropStale(): void {
    if (this.#spec.perMs === undefined) return;
    const oldest = this.#clock.now() - freshMs;
    while (this.#free[0] && this.#free[0].at < oldest) this.#free.shift();
  }

  #acquire(slots: SharedSlots): void {
    slots.acquire().then(
      (giveBack) => {
        this.#asked--;
        this.#free.push({ at: this.#clock.now(), giveBack });
        this.#onReady();
      },
      (error: Error) => {
        this.#asked--;
        this.#fleet.fail(error);
      },
    );
    this.#nudge(slots);
  }

  #nudge(slots: SharedSlots): void {
    if (this.#timer !== undefined) return;
    this.#timer = this.#clock.setTimer(() => {
      this.#timer = undefined;
      if (this.#asked === 0 || !this.#fleet.isUp) return;
      slots.nudge();
      this.#nudge(slots);
    }, this.#nudgeMs);
  }

  isIdle(): boolean {
    return this.#asked === 0 && this.#held.length === 0 && this.#local.isIdle();
  }

  close(): void {
    this.#clock.clearTimer(this.#timer);
    this.#local.close();
  }
}
