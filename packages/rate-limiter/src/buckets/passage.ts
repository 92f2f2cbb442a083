import type { CallContext } from '@holdfast/core';
import { type CredentialsIdentity, given, type QueuedBecause, show } from '@holdfast/core/internal';
import type { Charges } from '../units/charges.ts';
import type { QueueLimits } from '../waiting/queue-limits.ts';
import { plainPatience, whyFull } from '../waiting/rejections.ts';
import type { Ticket } from '../waiting/waiting-call.ts';
import type { Priority } from '../waiting/waiting-line.ts';
import type { Buckets } from './buckets.ts';
import type { LearnedGate } from './learned-gate.ts';
import type { Learning, Lesson } from './learning.ts';
import type { PauseGate } from './pause-gate.ts';
import { expectedSender, type RequestSender } from './request-sender.ts';

/** The inputs of a passage. */
export interface PassageParts {
  readonly buckets: Buckets;
  readonly identity: CredentialsIdentity | undefined;
  readonly limits: QueueLimits;
  readonly request: Request;
  readonly context: CallContext;
  readonly priority: Priority;
}

/**
 * One call's way through the pauses that concern it. It waits at one gate after the other until none is closed; it
 * enters the limiter's queue after that, so that a paused call does not delay others.
 */
export class Passage implements Ticket {
  /** By the monotonic clock. */
  readonly queuedAt: number;
  costs: readonly number[] = [];
  charges: Charges | undefined;
  readonly #parts: PassageParts;
  /** The gates that it has passed. */
  #gates: PauseGate[] = [];
  #sender: RequestSender | undefined;
  #isSenderKnown = false;
  #isReported = false;
  /** What the server reported to its sender of the quota of each unit. */
  lesson: Lesson = [];

  constructor(parts: PassageParts) {
    this.#parts = parts;
    this.queuedAt = parts.limits.clock.now();
  }

  /** Has it passed a gate whose pause has just ended? */
  get isResuming(): boolean {
    return this.#gates.some((gate) => gate.isResuming);
  }

  /** Has an event reported that it waits? */
  get isReported(): boolean {
    return this.#isReported;
  }

  /** Has a pause begun that concerns it, or may concern it? Or has a report left it no share of its sender's quotas? */
  isHeldUp(): boolean {
    const { buckets, limits } = this.#parts;
    if (this.lesson.some((gate) => gate?.admits(this) === false)) return true;
    if (!buckets.pauses.has(limits.key)) return false;
    if (!this.#isSenderKnown && this.#needsSender()) return true;
    return this.#concerned().some((gate) => gate.pausedMs > 0);
  }

  /** The call keeps to the quotas that the server reported to its sender. */
  async learnFrom(learning: Learning): Promise<void> {
    if (!this.#isSenderKnown && !this.#parts.buckets.isKeyWhole) await this.#findSender();
    this.lesson = learning.of(this.#sender?.id ?? '');
  }

  /**
   * Waits until no gate is closed, and the quotas of its sender have a share for it.
   *
   * @throws QueueRejectedError, ClientClosedError, or the caller's reason for giving up.
   */
  async pass(): Promise<void> {
    await this.#passPauses();
    for (const gate of this.lesson) {
      if (!gate || gate.tryTake(this)) continue;
      await this.#waitForShare(gate);
      await this.#passPauses();
    }
  }

  async #passPauses(): Promise<void> {
    const { buckets, limits } = this.#parts;
    while (buckets.pauses.has(limits.key)) {
      if (!this.#isSenderKnown && this.#needsSender()) await this.#findSender();
      const concerned = this.#concerned();
      const closed = concerned.find((gate) => (this.#gates.includes(gate) ? gate.pausedMs > 0 : !gate.isOpen()));
      if (closed) await this.#waitAt(closed);
      else {
        for (const gate of concerned) if (!this.#gates.includes(gate)) this.#enter(gate);
        return;
      }
    }
  }

  /** Called when it gets its permit. */
  takeShares(): void {
    for (const gate of this.lesson) gate?.take(this);
  }

  /** The request is sent. */
  sent(): void {
    for (const gate of this.lesson) gate?.sent(this);
    this.charges?.started();
  }

  /** The attempt has failed; what it did not use of its sender's quotas is given back. */
  failed(wasSent: boolean): void {
    for (const gate of this.lesson) gate?.ended(this, wasSent);
    this.leave();
  }

  /** The call was answered, has failed, or will not be sent. */
  leave(isAnswered = false): void {
    this.#leaveGates(isAnswered);
    for (const gate of this.lesson) {
      gate?.giveBack(this);
      if (isAnswered) gate?.ended(this, true);
    }
  }

  #leaveGates(isAnswered: boolean): void {
    const gates = this.#gates;
    this.#gates = [];
    for (const gate of gates) {
      if (isAnswered) gate.answered();
      gate.left();
    }
  }

  /** Emits that the call waits: once, whatever it waits for after that. */
  emitQueued(queued: number, because: QueuedBecause, bucket?: string): void {
    if (this.#isReported) return;
    const { context, limits } = this.#parts;
    this.#isReported = true;
    const key = limits.shownKey;
    context.emit['permit.queued']?.(context, given({ key, queued, because, bucket }));
  }

  #enter(gate: PauseGate): void {
    gate.enter();
    this.#gates.push(gate);
  }

  #needsSender(): boolean {
    const { buckets, limits } = this.#parts;
    return !buckets.isKeyWhole && buckets.pauses.needsSender(limits.key);
  }

  async #findSender(): Promise<void> {
    const { buckets, identity, request, context } = this.#parts;
    const expected = expectedSender(buckets.senders, identity, request, context);
    this.#sender = expected instanceof Promise ? await expected : expected;
    this.#isSenderKnown = true;
    context.signal.throwIfAborted();
  }

  #concerned(): readonly PauseGate[] {
    const { buckets, request, limits } = this.#parts;
    return buckets.pauses.gatesOf(buckets.scopesOf(limits.key, request, this.#sender));
  }

  async #waitAt(gate: PauseGate): Promise<void> {
    this.leave();
    const { context, limits, priority } = this.#parts;
    const { queuedAt } = this;
    this.#beginWait(gate.pausedMs > 0 ? 'paused' : 'resuming', gate);
    const what = 'the pause that the server asked for was not over';
    const patience = plainPatience(limits, { context, queuedAt }, { what, bucket: gate.bucket });
    try {
      await gate.queue.wait(context, priority, { queuedAt, patience });
    } finally {
      this.#noteWait(gate);
    }
    this.#gates.push(gate);
    if (!context.signal.aborted) return;
    this.leave();
    throw context.signal.reason;
  }

  async #waitForShare({ queue }: LearnedGate): Promise<void> {
    this.#leaveGates(false);
    const { context, limits, priority } = this.#parts;
    const { queuedAt } = this;
    this.#beginWait('limit');
    const patience = plainPatience(limits, { context, queuedAt });
    await queue.wait(context, priority, { queuedAt, patience, ticket: this });
    context.signal.throwIfAborted();
  }

  /** @throws the error of a call that must not wait, as at a gate whose pause is too long. */
  #beginWait(because: QueuedBecause, gate?: PauseGate): void {
    const { context, limits } = this.#parts;
    const waiting = limits.queued() + 1;
    const refusal = whyFull(limits, context, waiting) ?? gate?.refusal({ context, queuedAt: this.queuedAt });
    if (refusal) throw refusal();
    this.emitQueued(waiting, because, gate?.bucket);
  }

  /** The timeline of an error shows what delayed the call. */
  #noteWait({ bucket }: PauseGate): void {
    const { context, limits } = this.#parts;
    const { call } = context;
    const waited = `waited ${Math.round(limits.clock.now() - this.queuedAt)} ms for the end of a pause`;
    call.notes ??= [];
    call.notes.push({
      startedMs: this.queuedAt - call.startedAt,
      text: bucket === undefined ? waited : `${waited} of bucket ${show(bucket)}`,
    });
  }
}
