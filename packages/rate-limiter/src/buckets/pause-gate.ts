import type { Clock } from '@holdfast/core';
import { type Gate, Queue } from '../waiting/queue.ts';
import type { QueueLimits } from '../waiting/queue-limits.ts';
import { whyClosed, whyTooLong } from '../waiting/rejections.ts';
import type { Refusal, Waiting } from '../waiting/waiting-call.ts';
import { Pause } from './pause.ts';
import type { Scope } from './scope.ts';
import { shownBucket } from './shown-bucket.ts';

/** The inputs of a gate. */
export interface PauseGateParts {
  readonly clock: Clock;
  readonly limits: QueueLimits;
  /** Called when a call finds that the pause is over. */
  resumed(gate: PauseGate): void;
}

/**
 * A pause that a server asked for, and the calls that it concerns, which wait for its end.
 *
 * The gate counts the calls under way that it has let through, so that at first a single call goes, and more with each
 * answer.
 */
export class PauseGate implements Gate {
  readonly scope: Scope;
  readonly limits: QueueLimits;
  readonly queue: Queue;
  /** True if a server refused a request because of this pause; a quota that a success has used up is not a refusal. */
  isRefused = false;
  /** The header that asked for the pause, or `quota`. */
  source = '';
  readonly #pause: Pause;
  #inFlight = 0;
  #isClosed = false;

  constructor(scope: Scope, { clock, limits, resumed }: PauseGateParts) {
    this.scope = scope;
    this.limits = limits;
    this.#pause = new Pause(clock, () => resumed(this));
    this.queue = new Queue(clock, this, () => undefined);
  }

  /** A name for people: the server's own, or the method and the path; absent if the pause concerns all requests. */
  get bucket(): string | undefined {
    return shownBucket(this.scope);
  }

  get pausedMs(): number {
    return this.#pause.leftMs;
  }

  get isResuming(): boolean {
    return this.#pause.isResuming;
  }

  /** True if it holds back no call any more. */
  get isOver(): boolean {
    return this.queue.length === 0 && this.#pause.admits(0) && !this.#pause.isResuming;
  }

  /** May one more call go? */
  isOpen(): boolean {
    return this.#pause.admits(this.#inFlight);
  }

  /** Records that a call goes through. */
  enter(): void {
    this.#inFlight++;
  }

  admit(): boolean {
    if (!this.isOpen()) return false;
    this.enter();
    return true;
  }

  /** A call that went through has ended, or will not be sent. */
  left(): void {
    this.#inFlight--;
    if (this.queue.length > 0) this.queue.letGo();
  }

  /** A call that went through was answered, and the answer asks for no pause of this scope. */
  answered(): void {
    this.#pause.answered(this.queue.length);
  }

  room(): number {
    return this.isOpen() ? 1 : 0;
  }

  refusal(waiting: Waiting): Refusal | undefined {
    if (this.#isClosed) return whyClosed(waiting);
    const { pausedMs, source, scope } = this;
    return whyTooLong(this.limits, waiting, { pausedMs, source, bucket: scope.bucket && this.bucket });
  }

  againInMs(): number | undefined {
    return this.#pause.againInMs();
  }

  /** @returns false if a longer pause is set already. */
  extend(ms: number, spreadMs: number, source: string): boolean {
    if (!this.#pause.extend(ms, spreadMs)) return false;
    this.source = source;
    this.queue.refuse();
    this.queue.letGo();
    return true;
  }

  /** There is no room to keep the pause: its calls do not wait. */
  open(): void {
    this.#pause.close();
    this.queue.letGo();
  }

  close(): void {
    this.#isClosed = true;
    this.queue.refuse();
    this.#pause.close();
  }
}
