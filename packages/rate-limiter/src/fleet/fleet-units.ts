import type { Clock } from '@holdfast/core';
import type { SharedUnits, UnitGrant } from '../units/shared-units.ts';
import type { UnitSpec } from '../units/unit-options.ts';
import { freshMs, type UnitStore } from './store.ts';

/**
 * A waiting call asks again after this time at most, in milliseconds: other calls may have given back what they
 * reserved.
 */
const longestLookMs = 50;
/** How long a place in the queue of all processes is kept without being renewed, in milliseconds. */
const leaseMs = 1_000;

/** The part of the fleet that a limit in a unit needs. */
interface Fleet {
  readonly failure: Error | undefined;
  readonly isUp: boolean;
  start(): void;
  units(key: string, spec: UnitSpec): UnitStore | undefined;
  fail(error: Error): void;
}

/**
 * A limit in a unit that several processes keep together, as one of them sees it. The first call of a process's line
 * asks for its cost; the line in Redis consists of the first calls of all processes.
 */
export class FleetUnits implements SharedUnits {
  readonly #fleet: Fleet;
  readonly #key: string;
  readonly #spec: UnitSpec;
  readonly #clock: Clock;
  readonly #ready: () => void;
  /** The place of this process in the line, and whether a request to Redis is under way. */
  #claim: { readonly id: string; readonly cost: number } | undefined;
  #isAsking = false;
  #askAt = 0;
  #grant: (UnitGrant & { readonly cost: number }) | undefined;

  constructor(fleet: Fleet, key: string, spec: UnitSpec, { clock, ready }: { clock: Clock; ready: () => void }) {
    this.#fleet = fleet;
    this.#key = key;
    this.#spec = spec;
    this.#clock = clock;
    this.#ready = ready;
  }

  has(cost: number): boolean {
    if (this.#fleet.failure) return true;
    // In Redis a grant counts from its registration: a grant that is not taken soon after it is given back, and not
    // used late.
    if (this.#grant && this.#isLate(this.#grant)) this.#giveBackGrant();
    return this.#grant?.cost === cost;
  }

  #isLate({ at }: UnitGrant): boolean {
    return this.#clock.now() - at > freshMs(this.#spec.perMs);
  }

  ask(cost: number): void {
    this.#fleet.start();
    if (!this.#fleet.isUp || this.#isAsking || this.#clock.now() < this.#askAt) return;
    if (this.#grant) this.#giveBackGrant();
    if (this.#claim && this.#claim.cost !== cost) this.#leave(this.#claim.id);
    this.#claim ??= { id: crypto.randomUUID(), cost };
    this.#take(this.#claim);
  }

  #take(claim: { readonly id: string; readonly cost: number }): void {
    const store = this.#store();
    if (!store) return;
    this.#isAsking = true;
    const askedAt = this.#clock.now();
    // However late the answer is, the charge counts beyond its window by this delay, and not by a longer one.
    const { delayMs } = store;
    store.take(claim.id, claim.cost, leaseMs).then(
      (againMs) => {
        this.#isAsking = false;
        const isWanted = this.#claim === claim;
        if (againMs > 0 && isWanted) this.#askAt = this.#clock.now() + Math.min(againMs, longestLookMs);
        else if (againMs === 0 && isWanted) {
          this.#claim = undefined;
          // It counts from its registration: a process that was halted receives it late.
          this.#grant = { ...claim, at: Math.min(this.#clock.now(), askedAt + delayMs) };
        } else if (againMs === 0) this.settle(claim.id, 0);
        else this.#leave(claim.id);
        this.#ready();
      },
      (error: Error) => {
        this.#isAsking = false;
        this.#fleet.fail(error);
      },
    );
  }

  againInMs(): number | undefined {
    if (this.#isAsking || !this.#fleet.isUp) return undefined;
    return Math.max(0, this.#askAt - this.#clock.now());
  }

  take(): UnitGrant | undefined {
    const grant = this.#grant;
    this.#grant = undefined;
    return grant;
  }

  /** A process that was halted has sent the request late: it counts from now on. */
  sent(grant: UnitGrant, amount: number): void {
    if (this.#isLate(grant)) this.#charge(grant.id, amount, 'fromNow');
  }

  settle(id: string | undefined, amount: number): void {
    if (id !== undefined) this.#charge(id, amount);
    else if (amount > 0) this.#charge(crypto.randomUUID(), amount, 'fromNow');
  }

  #charge(id: string, amount: number, from?: 'fromNow'): void {
    this.#store()
      ?.settle(id, amount, from)
      .catch((error: Error) => this.#fleet.fail(error));
  }

  letGo(): void {
    this.#giveBackGrant();
    if (this.#claim && !this.#isAsking) this.#leave(this.#claim.id);
    this.#claim = undefined;
    this.#askAt = 0;
  }

  #giveBackGrant(): void {
    const { id } = this.#grant ?? {};
    this.#grant = undefined;
    if (id !== undefined) this.settle(id, 0);
  }

  #leave(id: string): void {
    this.#claim = undefined;
    this.#store()
      ?.leave(id)
      .catch((error: Error) => this.#fleet.fail(error));
  }

  #store(): UnitStore | undefined {
    return this.#fleet.units(this.#key, this.#spec);
  }
}
