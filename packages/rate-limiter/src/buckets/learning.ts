import type { Clock } from '@holdfast/core';
import { type ApiQuota, RecentMap } from '@holdfast/core/internal/late';
import type { UnitSpec } from '../units/unit-options.ts';
import { LearnedGate } from './learned-gate.ts';

/** How many senders a key remembers; beyond this number, the least recently used one is removed. */
const mostSenders = 10_000;

interface Unit {
  readonly spec: UnitSpec;
}

/** What servers reported to one sender, for each unit that is learned. */
export type Lesson = readonly (LearnedGate | undefined)[];

/**
 * What servers reported of their quotas, for the units of one key. A quota belongs to the credentials that were sent, so each
 * sender has its own. If `rateLimit.key` is given, the key is the whole scope.
 */
export class Learning {
  readonly #bySender = new RecentMap<string, Lesson>(mostSenders, (lesson) => lesson.every((gate) => !gate?.isInUse));
  /** Gates at which calls wait. */
  readonly #waiting = new Set<LearnedGate>();
  readonly #units: readonly Unit[];
  readonly #clock: Clock;
  #last: Lesson = [];

  constructor(units: readonly Unit[], clock: Clock) {
    this.#units = units;
    this.#clock = clock;
  }

  /** False if no limit learns. */
  get isOn(): boolean {
    return this.#units.some(({ spec }) => spec.learn);
  }

  /** @param sender Empty if a key is the whole scope. */
  of(sender: string): Lesson {
    const known = this.#bySender.get(sender);
    if (known) return known;
    const changed = (gate: LearnedGate): void => {
      if (gate.queue.length > 0) this.#waiting.add(gate);
      else this.#waiting.delete(gate);
    };
    const lesson = this.#units.map(({ spec }, index) =>
      spec.learn ? new LearnedGate(this.#clock, index, changed) : undefined,
    );
    this.#bySender.set(sender, lesson);
    return lesson;
  }

  /** Takes the quotas of an answer to this sender. */
  noteQuotas(sender: string, quotas: readonly ApiQuota[], wallNow: number): void {
    this.#last = this.of(sender);
    for (const [index, { spec }] of this.#units.entries()) this.#last[index]?.noteQuotas(spec.unit, quotas, wallNow);
  }

  /** What a window grants, by the last report to any sender. */
  amountOf(index: number): number {
    const { amount = Number.POSITIVE_INFINITY } = this.#units[index]?.spec ?? {};
    return Math.min(amount, this.#last[index]?.quota.amount ?? Number.POSITIVE_INFINITY);
  }

  /** The unit whose next share comes last, by the reports to all senders; `undefined` if a call would have its share now. */
  heldUp(): { bucket: string; ms: number; queued: number } | undefined {
    let found: { bucket: string; ms: number; queued: number } | undefined;
    for (const lesson of this.#bySender.values()) {
      for (const [index, gate] of lesson.entries()) {
        const ms = gate?.againInMs() ?? 0;
        const bucket = this.#units[index]?.spec.unit ?? '';
        if (ms > (found?.ms ?? 0)) found = { bucket, ms, queued: gate?.queue.length ?? 0 };
      }
    }
    return found;
  }

  /** How many calls wait for their share of a quota. */
  get queued(): number {
    let count = 0;
    for (const { queue } of this.#waiting) count += queue.length;
    return count;
  }

  /** False while a report still holds. */
  get isIdle(): boolean {
    if (!this.isOn) return true;
    for (const lesson of this.#bySender.values()) if (lesson.some((gate) => gate?.isIdle === false)) return false;
    return true;
  }

  close(): void {
    for (const lesson of this.#bySender.values()) for (const gate of lesson) gate?.close();
  }
}
