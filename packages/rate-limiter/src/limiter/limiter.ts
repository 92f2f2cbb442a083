import type { CallContext, Clock, Outcome } from '@holdfast/core';
import { headersAt, passOutcome, type QueuedBecause } from '@holdfast/core/internal';
import type { Heard } from '../answers/may-tell.ts';
import type { Passage } from '../buckets/passage.ts';
import type { Limit, LimitEvents } from '../limits/limit.ts';
import { Charges } from '../units/charges.ts';
import type { UnitLimit } from '../units/unit-limit.ts';
import { type Gate, Queue } from '../waiting/queue.ts';
import { closedError, heldUp, type QueueLimits, rejection, whyFull } from '../waiting/rejections.ts';
import type { Patience, Refusal, Ticket, Waiting } from '../waiting/waiting-call.ts';
import type { Priority } from '../waiting/waiting-line.ts';
import type { AdaptiveLimit } from './adaptive.ts';
import { Continuations } from './continuations.ts';
import { HeldBodies } from './held-bodies.ts';
import { signOf, type Traits } from './sign.ts';

/**
 * While the server is in distress, nobody waits for longer, in milliseconds: who comes later would wait for all of them. But
 * where answers usually take long, it is twice as long as they do, or hardly anybody would see one of those before him end.
 */
const inDistressMs = 2_000;
/** When it answers again, who comes last is not to be turned away for the sake of those who waited before. */
const inRecoveryMs = 4_000;
const inDistress =
  'nearly all of the last calls got no answer, and only a few go at once until the server recovers; ' +
  '`rateLimit: { maxQueueMs }` allows longer waits, `{ adaptive: false }` removes the limit';

const none: readonly number[] = [];

/** What the limiters of all keys have in common. */
export interface LimiterParts {
  readonly clock: Clock;
  readonly maxQueue: number;
  readonly maxQueueMs: number;
  /** Does a limit count a call until its body has ended? */
  readonly heldByBody: boolean;
  /** A limit that is found out; none where that is not asked for. */
  adaptive(changed: () => void): AdaptiveLimit | undefined;
  limits(key: string, events: LimitEvents): readonly Limit[];
  units(key: string, ready: () => void): readonly UnitLimit[];
  /** How many of a key's calls wait for the end of a pause. */
  paused(key: string): number;
  /** The limit that is found out has begun, or has let go. */
  limited(limiter: Limiter): void;
  /** Why nobody is queued, if so. */
  refuses(): Error | undefined;
}

/** The limiter of one key: how many calls may go, and which wait. Pauses come before it. */
export class Limiter implements Gate {
  readonly key: string;
  /** A function of the user's may have made it from a URL, and events and errors tell no secrets. */
  readonly shownKey: string;
  readonly #parts: LimiterParts;
  readonly #limits: readonly Limit[];
  readonly units: readonly UnitLimit[];
  /** The costs of the first call in the line. */
  #next: readonly number[] = [];
  readonly #adaptive: AdaptiveLimit | undefined;
  readonly #queue: Queue;
  readonly queueLimits: QueueLimits;
  /** Requests that continue a body whose permit still holds. */
  readonly continuations: Continuations;
  readonly #bodies: HeldBodies | undefined;
  #running = 0;
  #inFlight = 0;
  #isClosed = false;
  /** When a call last took a permit, or asked for one. */
  usedAt: number = Number.NEGATIVE_INFINITY;

  constructor(key: string, shownKey: string, parts: LimiterParts) {
    this.key = key;
    this.shownKey = shownKey;
    this.#parts = parts;
    const { clock, maxQueue, maxQueueMs } = parts;
    this.#queue = new Queue(clock, this, () => this.#queueChanged());
    this.queueLimits = { key, shownKey: this.shownKey, clock, maxQueue, maxQueueMs, queued: () => this.queued };
    this.#limits = parts.limits(key, {
      ready: () => this.#letGo(),
      failed: (error) => {
        const refusal = ({ context }: Waiting): Refusal => this.#notQueued(context, error);
        this.continuations.refuseAll(refusal);
        this.#queue.refuseAll(refusal);
      },
    });
    this.units = parts.units(key, () => this.#letGo());
    this.continuations = new Continuations({
      ...{ clock, queueLimits: this.queueLimits, units: this.units },
      windows: this.#limits.filter(({ countsStarts }) => countsStarts),
      refusal: (waiting) => this.refusal(waiting),
      changed: () => this.#queueChanged(),
      released: () => this.#letGo(),
    });
    this.#adaptive = parts.adaptive(() => parts.limited(this));
    const giveBack = (): void => this.#giveBack();
    this.#bodies = parts.heldByBody ? new HeldBodies(clock, () => this.#queue.length > 0, giveBack) : undefined;
  }

  /** Permits that are held. */
  get running(): number {
    return this.#running;
  }

  /** Calls that wait for a permit, or for the end of a pause. */
  get queued(): number {
    return this.#queue.length + this.continuations.length + this.#parts.paused(this.key);
  }

  /** Are calls on their way, or waiting? */
  get isInUse(): boolean {
    return this.#running > 0 || this.queued > 0;
  }

  /** How many may be on their way, where the server shows that it can't take more. */
  get limitedTo(): number | undefined {
    const limit = this.#adaptive?.limit ?? Number.POSITIVE_INFINITY;
    return limit < Number.POSITIVE_INFINITY ? limit : undefined;
  }

  /** Is it so, and not just slow after a pause? */
  get isInDistress(): boolean {
    return this.limitedTo !== undefined && this.#adaptive?.isAfterPause === false;
  }

  get isIdle(): boolean {
    const isWell = !this.isInUse && (this.#adaptive?.isIdle(this.#parts.clock.now()) ?? true);
    return isWell && this.#limits.every((limit) => limit.isIdle()) && this.units.every((unit) => unit.isIdle());
  }

  /** Takes a permit, if there is one for the asking and no call waits. */
  tryTake(ticket?: Ticket): boolean {
    if (this.#queue.length > 0 || this.#obstacle(ticket?.costs) !== undefined || this.#parts.refuses()) return false;
    this.#take(ticket);
    return true;
  }

  /**
   * Waits for a permit. It is taken when this resolves.
   *
   * @returns false where a pause has begun meanwhile that concerns the call: no permit was taken.
   * @throws QueueRejectedError, ClientClosedError, or the caller's reason for giving up.
   */
  async turn(context: CallContext, priority: Priority, passage: Passage): Promise<boolean> {
    if (this.tryTake(passage)) return this.#granted(context, passage);
    const { clock } = this.#parts;
    const { queuedAt } = passage;
    // Permits are handed out a moment later: a call that will get one of them does not wait. The first in the line may
    // lack units, and then all behind it wait as well.
    const waitsForUnits = this.units.length > 0 && (this.#queue.length > 0 || this.#unitFor(passage.costs) >= 0);
    const waiting = this.#queue.length + 1 - (waitsForUnits ? 0 : this.room());
    const further = this.queued - this.#queue.length;
    const refusal = whyFull(this.queueLimits, context, waiting + further) ?? this.refusal({ context, queuedAt });
    if (refusal) throw refusal();
    const isHeldUp = (): boolean => passage.isHeldUp();
    const patience = this.#patience(context, queuedAt);
    const turn = this.#queue.wait(context, priority, { queuedAt, isHeldUp, patience, ticket: passage });
    if (waiting > 0) {
      passage.tell(waiting + further, this.#obstacle(passage.costs) ?? 'limit');
      this.#bodies?.look();
    }
    try {
      await turn;
    } catch (reason) {
      if (reason === heldUp) return false;
      throw reason;
    }
    if (!context.signal.aborted) return this.#granted(context, passage);
    passage.charges?.giveBack();
    this.#notNeeded(clock.now());
    throw context.signal.reason;
  }

  #granted(context: CallContext, passage: Passage): true {
    if (passage.isTold) {
      const waitMs = this.#parts.clock.now() - passage.queuedAt;
      context.emit['permit.granted']?.(context, { key: this.shownKey, waitMs });
    }
    return true;
  }

  /** How long a call may wait; of its own accord the limiter is patient, but for a server in distress. */
  #patience(context: CallContext, queuedAt: number): Patience {
    const { maxQueueMs, clock } = this.#parts;
    // A retry had to wait for leave already: few of them go, and calls in line depend on what they come to.
    const isImpatient = maxQueueMs === Number.POSITIVE_INFINITY && this.isInDistress && context.attempt === 1;
    const ms = isImpatient ? this.#distressMs() : maxQueueMs;
    return {
      ms: isImpatient ? ms : Math.max(0, queuedAt + ms - clock.now()),
      isOver: () => {
        const holds = this.isInDistress && this.#isDistressAlone();
        // What it would have been too long for is over.
        if (isImpatient && !holds) return undefined;
        const why = `no permit became free within ${ms} ms${holds ? `, since ${inDistress}` : '; see `rateLimit: { maxQueueMs }`'}`;
        return () => rejection(this.queueLimits, context, { code: 'QUEUE_TIMEOUT', why });
      },
    };
  }

  #distressMs(): number {
    const least = this.#adaptive?.isAnswered ? inRecoveryMs : inDistressMs;
    return Math.max(least, Math.ceil(2 * (this.#adaptive?.usualMs ?? 0)));
  }

  /** How many could go now, if they asked. */
  room(): number {
    const obstacle = this.#obstacle();
    if (obstacle !== undefined && obstacle !== 'limit') return 0;
    return Math.min(...this.#limits.map((limit) => limit.room()));
  }

  /** Why a call must not wait here: the limiter is closed, the store of its limits is gone, or a pause has begun for it. */
  refusal({ context, isHeldUp }: Waiting): Refusal | undefined {
    if (this.#isClosed) return () => closedError(context, 'was rejected in the queue, since its limiter was closed');
    const cause = this.#parts.refuses();
    if (cause) return this.#notQueued(context, cause);
    return isHeldUp?.() ? () => heldUp : undefined;
  }

  #notQueued(context: CallContext, cause: Error): Refusal {
    return () => rejection(this.queueLimits, context, { code: 'QUEUE_FULL', why: cause.message, cause });
  }

  /** The store of the limits is gone or is back, or a pause has begun: the calls in the line may have to leave it. */
  lookAgain(): void {
    this.continuations.lookAgain();
    this.#queue.refuse();
    this.#queue.letGo();
  }

  #letGo(): void {
    this.continuations.letGo();
    if (this.#queue.length > 0) this.#queue.letGo();
  }

  /** Nothing else keeps them waiting. */
  #isDistressAlone(): boolean {
    return this.isInDistress && this.#limits.every((limit) => limit.room() > 0);
  }

  #queueChanged(): void {
    // One that gave up may have needed more units than the next one.
    if (this.units.length > 0 && this.#queue.length > 0) this.#queue.letGo();
    if (this.#queue.length + this.continuations.length > 0) return;
    for (const limit of this.#limits) limit.nobodyWaits?.();
    for (const unit of this.units) unit.noneWaits();
  }

  /** Takes a permit for the first in the line, if there is one; else asks for one. */
  admit({ ticket }: Waiting): boolean {
    this.#next = ticket?.costs ?? none;
    if (this.#obstacle(this.#next) === 'limit') this.#bodies?.sweep();
    const obstacle = this.#obstacle(this.#next);
    // One after the other: a permit that waits for another one would be one that others lack.
    if (obstacle === 'limit') this.#ask(this.#next);
    if (obstacle !== undefined) return false;
    this.#take(ticket);
    return true;
  }

  #ask(costs: readonly number[]): void {
    const limit = this.#limits.find((one) => !one.atHand());
    if (limit) limit.ask(this.#queue.length);
    else {
      const index = this.#unitFor(costs);
      this.units[index]?.ask(costs[index] ?? 0);
    }
  }

  againInMs(): number | undefined {
    const obstacle = this.#obstacle(this.#next);
    // Though no other call may come or end by then, the first one goes and looks.
    if (obstacle === 'distress' || obstacle === 'resuming') return this.#adaptive?.probeInMs(this.#parts.clock.now());
    const limit = this.#limits.find((one) => !one.atHand());
    if (limit) return limit.againInMs?.();
    const index = this.#unitFor(this.#next);
    return this.units[index]?.againInMs(this.#next[index] ?? 0);
  }

  /** The first unit of which there is not enough for these costs; -1 where there is enough of all. */
  #unitFor(costs: readonly number[]): number {
    return this.units.findIndex((unit, index) => !unit.fits(costs[index] ?? 0));
  }

  /** What keeps the next one from going. */
  #obstacle(costs: readonly number[] = none): QueuedBecause | undefined {
    if (this.#adaptive && !this.#adaptive.admits(this.#inFlight, this.#parts.clock.now())) {
      return this.isInDistress ? 'distress' : 'resuming';
    }
    for (const limit of this.#limits) if (!limit.atHand()) return 'limit';
    return this.units.length > 0 && this.#unitFor(costs) >= 0 ? 'limit' : undefined;
  }

  /** A permit was taken for a call that has given up since. */
  #notNeeded(startedAt: number): void {
    this.started();
    this.#adaptive?.ended('none', startedAt, startedAt, this.#inFlight);
    this.#inFlight--;
    this.#giveBack();
  }

  #take(ticket?: Ticket): void {
    for (const limit of this.#limits) limit.take();
    if (ticket && this.units.length > 0) {
      const changed = (): void => this.#letGo();
      ticket.charges = new Charges(this.units, ticket.costs, { now: () => this.#parts.clock.now(), changed });
    }
    this.#running++;
    this.usedAt = this.#parts.clock.now();
    this.#adaptive?.started(this.usedAt, this.#inFlight);
    this.#inFlight++;
  }

  /** The request is on its way. */
  started(): void {
    for (const limit of this.#limits) limit.started?.();
  }

  /**
   * There is an answer. The permit is given back, at the end of the body where that counts.
   *
   * @param traits Did it go through a pause that has just ended? Is it a retry?
   * @returns the response for the caller.
   */
  answered(heard: Heard, startedAt: number, traits: Traits): Response {
    const { response } = heard;
    this.#ended(heard, startedAt, traits);
    if (!this.#bodies) {
      this.#giveBack();
      return response;
    }
    const held = this.#bodies.hold(response);
    if (held !== response) passOutcome(heard, held);
    // Its body may hold the permit for long; the adaptive limit may let others go.
    if (this.#queue.length > 0) this.#queue.letGo();
    return held;
  }

  /** There is no answer. The permit is given back. */
  failed(outcome: Outcome, startedAt: number, traits: Traits): void {
    this.#ended(outcome, startedAt, traits);
    this.#giveBack();
  }

  #ended(outcome: Outcome, startedAt: number, traits: Traits): void {
    // A stream that is quiet until its first event is not slow.
    const cameAt = outcome.kind === 'response' ? headersAt(outcome.response) : undefined;
    const all = cameAt === undefined ? traits : { ...traits, cameAt };
    this.#adaptive?.ended(signOf(outcome), startedAt, this.#parts.clock.now(), this.#inFlight, all);
    this.#inFlight--;
  }

  #giveBack(): void {
    this.#running--;
    for (const limit of this.#limits) limit.giveBack();
    this.#letGo();
  }

  close(): void {
    this.#isClosed = true;
    this.continuations.lookAgain();
    this.#queue.refuse();
    this.#bodies?.close();
    for (const limit of this.#limits) limit.close();
  }
}
