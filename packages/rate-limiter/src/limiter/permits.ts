import type { Clock, Outcome } from '@holdfast/core';
import { headersAt, type QueuedBecause } from '@holdfast/core/internal/late';
import type { Limit } from '../limits/limit.ts';
import { Charges } from '../units/charges.ts';
import type { UnitLimit } from '../units/unit-limit.ts';
import type { Ticket } from '../waiting/waiting-call.ts';
import type { AdaptiveLimit } from './adaptive.ts';
import { signOf, type Traits } from './sign.ts';

/** The costs where no limit counts a unit. */
export const noCosts: readonly number[] = [];

/** The limits of one key. */
export interface PermitParts {
  readonly clock: Clock;
  readonly limits: readonly Limit[];
  readonly units: readonly UnitLimit[];
  readonly adaptive: AdaptiveLimit | undefined;
  /** Called when a charge was settled or given back, so that another call may fit. */
  readonly changed: () => void;
}

/** The permits of one key: which limit keeps the next call from starting, and how many calls are under way. */
export class Permits {
  readonly units: readonly UnitLimit[];
  readonly #clock: Clock;
  readonly #limits: readonly Limit[];
  readonly #adaptive: AdaptiveLimit | undefined;
  readonly #changed: () => void;
  #running = 0;
  #inFlight = 0;
  /** When a call last took a permit. */
  usedAt: number = Number.NEGATIVE_INFINITY;

  constructor({ clock, limits, units, adaptive, changed }: PermitParts) {
    this.units = units;
    this.#clock = clock;
    this.#limits = limits;
    this.#adaptive = adaptive;
    this.#changed = changed;
  }

  /** Permits that are held. */
  get running(): number {
    return this.#running;
  }

  /** How many calls may be under way, if the server shows that it can't take more. */
  get limitedTo(): number | undefined {
    const limit = this.#adaptive?.limit ?? Number.POSITIVE_INFINITY;
    return limit < Number.POSITIVE_INFINITY ? limit : undefined;
  }

  /** Is the server in distress, and not only slow after a pause? */
  get isInDistress(): boolean {
    return this.limitedTo !== undefined && this.#adaptive?.isAfterPause === false;
  }

  /** For how long calls have failed with no answer in between, in milliseconds. */
  get unansweredMs(): number {
    return this.#adaptive?.unansweredMs(this.#clock.now()) ?? 0;
  }

  /** How long answers usually take, in milliseconds. */
  get usualMs(): number {
    return this.#adaptive?.usualMs ?? 0;
  }

  /** True if no state has to be kept, and no call is under way. */
  get isIdle(): boolean {
    const isWell = this.#adaptive?.isIdle(this.#clock.now()) ?? true;
    return isWell && this.#limits.every((limit) => limit.isIdle()) && this.units.every((unit) => unit.isIdle());
  }

  /** The limit that keeps the next call from starting. */
  obstacle(costs: readonly number[] = noCosts): QueuedBecause | undefined {
    if (this.#adaptive && !this.#adaptive.admits(this.#inFlight, this.#clock.now())) {
      return this.isInDistress ? 'distress' : 'resuming';
    }
    for (const limit of this.#limits) if (!limit.atHand()) return 'limit';
    return this.units.length > 0 && this.unitFor(costs) >= 0 ? 'limit' : undefined;
  }

  /** The first unit that does not suffice for these costs; -1 if all suffice. */
  unitFor(costs: readonly number[]): number {
    return this.units.findIndex((unit, index) => !unit.fits(costs[index] ?? 0));
  }

  /** How many calls could start now. */
  room(): number {
    const obstacle = this.obstacle();
    if (obstacle !== undefined && obstacle !== 'limit') return 0;
    // Calls differ in what they cost, so only the first one knows whether there is room.
    return Math.min(this.units.length > 0 ? 1 : Number.POSITIVE_INFINITY, ...this.#limits.map((limit) => limit.room()));
  }

  /** Does only the distress of the server keep calls waiting? */
  get isDistressAlone(): boolean {
    return this.isInDistress && this.#limits.every((limit) => limit.room() > 0);
  }

  /** Asks the limit that keeps the first call waiting for a permit. */
  ask(costs: readonly number[], waiting: number): void {
    const limit = this.#limits.find((one) => !one.atHand());
    if (limit) limit.ask(waiting);
    else {
      const index = this.unitFor(costs);
      this.units[index]?.ask(costs[index] ?? 0);
    }
  }

  /** The time until a permit may be available that no call gives back, in milliseconds. */
  againInMs(costs: readonly number[]): number | undefined {
    const obstacle = this.obstacle(costs);
    // Even if no other call comes or ends by then, the first call probes.
    if (obstacle === 'distress' || obstacle === 'resuming') return this.#adaptive?.probeInMs(this.#clock.now());
    const limit = this.#limits.find((one) => !one.atHand());
    if (limit) return limit.againInMs?.();
    const index = this.unitFor(costs);
    return this.units[index]?.againInMs(costs[index] ?? 0);
  }

  /** No call waits any more: permits that were requested are free for other calls. */
  noneWaits(): void {
    for (const limit of this.#limits) limit.noneWaits?.();
    for (const unit of this.units) unit.noneWaits();
  }

  take(ticket?: Ticket): void {
    for (const limit of this.#limits) limit.take();
    ticket?.takeShares();
    if (ticket && this.units.length > 0) {
      ticket.charges = new Charges(this.units, ticket.costs, { now: () => this.#clock.now(), changed: this.#changed });
    }
    this.#running++;
    this.usedAt = this.#clock.now();
    this.#adaptive?.started(this.usedAt, this.#inFlight);
    this.#inFlight++;
  }

  /** Called when the request is sent. */
  started(): void {
    for (const limit of this.#limits) limit.started?.();
  }

  /** Called when a permit was taken for a call that has given up since: it costs nothing. */
  notNeeded(charges: Charges | undefined): void {
    const now = this.#clock.now();
    charges?.giveBack();
    this.started();
    this.#adaptive?.ended('none', now, now, this.#inFlight);
    this.#inFlight--;
    this.giveBack();
  }

  /** Called when the call has ended, or its headers have arrived. */
  ended(outcome: Outcome, startedAt: number, traits: Traits): void {
    if (this.#adaptive) {
      // A stream that waits for its first event is not slow.
      const cameAt = outcome.kind === 'response' ? headersAt(outcome.response) : undefined;
      const all = cameAt === undefined ? traits : { ...traits, cameAt };
      const sign = traits.isOfAnother ? 'none' : signOf(outcome);
      this.#adaptive.ended(sign, startedAt, this.#clock.now(), this.#inFlight, all);
    }
    this.#inFlight--;
  }

  /** Gives the permit of a call back. */
  giveBack(): void {
    this.#running--;
    for (const limit of this.#limits) limit.giveBack();
    this.#changed();
  }

  close(): void {
    for (const limit of this.#limits) limit.close();
  }
}
